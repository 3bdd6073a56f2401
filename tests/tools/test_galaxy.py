"""The artifact for Galaxy: what an operator uses is in it, what only a clone can use is not, nor is a stray file."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._image.build_context import content_tag
from docker.utils.build import exclude_paths

from tools import build_artifact

ROOT = Path(__file__).parents[2]
# Of what git tracks, what only a clone can use. Whatever else it tracks is delivered.
ONLY_IN_A_CLONE = [
    ".ansible-lint", ".ci", ".gitignore", ".pre-commit-config.yaml", ".yamllint", "Makefile", "ansible.cfg", "awx",
    "bench", "collections", "execution-environment.yml", "galaxy.yml", "inventories/local", "molecule",
    "pyproject.toml", "requirements-dev.in", "requirements-dev.txt", "requirements.in", "requirements.txt", "sandbox",
    "server/proxy", "server/requirements-dev.in", "server/requirements-dev.txt", "server/tests",
    "server/tools", "tests", "tools",
]  # fmt: skip
TOOLS = {"tools/deployer_policy.py"}
# What may lie in any folder, and files that git does not track under names that fit their folders.
STRAY = ["notes.txt", ".env", "id_rsa", "key.pem", "main.py.orig", "main.yml~", ".main.yml.swp", ".hidden.py", "a.json"]
FITTING = ["roles/logs/tasks/stray.yml", "playbooks/stray.yml", "plugins/modules/stray.py", "docs/stray.md"]
CACHES = ["__pycache__/main.cpython-313.pyc", ".mypy_cache/cache.json", ".pytest_cache/README.md"]


def built(artifact: Path) -> list[str]:
    """The files of an artifact, without the two that ansible-galaxy writes."""
    with tarfile.open(artifact) as archive:
        names = [member.name for member in archive if not member.isdir()]
    return sorted(set(names) - {"FILES.json", "MANIFEST.json"})


def delivered(names: Iterable[str]) -> list[str]:
    """Those of the tracked files that are not for a clone alone."""
    clone = {Path(name) for name in ONLY_IN_A_CLONE}
    return sorted(name for name in names if name in TOOLS or not clone & {Path(name), *Path(name).parents})


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_artifact.build(ROOT, tmp_path_factory.mktemp("galaxy"))


@pytest.fixture(scope="module")
def installed(artifact: Path) -> Path:
    with tarfile.open(artifact) as archive:
        archive.extractall(artifact.parent / "installed", filter="data")
    return artifact.parent / "installed"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The tracked files in a git repository of their own."""
    folder = tmp_path / "clone"
    for name in build_artifact.tracked(ROOT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for command in (["init", "--quiet"], ["add", "--all", "--force"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def scatter(clone: Path, names: Iterable[str]) -> None:
    """Put files of these names into the clone."""
    for name in names:
        path = clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert not path.exists(), f"{name} is tracked"
        path.write_text("stray\n")


def test_the_artifact_holds_all_that_is_not_for_a_clone_alone(artifact: Path) -> None:
    """A new file fails here until the allow-list of galaxy.yml or ONLY_IN_A_CLONE says where it belongs."""
    tracked = build_artifact.tracked(ROOT)
    assert built(artifact) == delivered(tracked)
    assert [name for name in ONLY_IN_A_CLONE if not (ROOT / name).exists()] == []


def test_no_stray_file_gets_in_whatever_folder_it_lies_in(clone: Path, tmp_path: Path) -> None:
    """Not by ansible-galaxy alone either, which does not know what git tracks."""
    expected = delivered(build_artifact.tracked(clone))
    folders = {folder for name in build_artifact.tracked(clone) for folder in Path(name).parents}
    folders |= {Path("secrets"), Path("roles/logs/files")}
    assert {Path(), Path("inventories/sales-prod/group_vars"), Path("server/src/quilt_mcp_server")} <= folders
    scatter(clone, (str(folder / name) for folder in folders for name in [*STRAY, *CACHES]))
    scatter(
        clone, ["inventories/sales-prod/vault.yml", "inventories/sales-prod/group_vars/secret.yml", "docs/data.yml"]
    )
    command = [
        sys.executable,
        "-m",
        "ansible",
        "galaxy",
        "collection",
        "build",
        "--output-path",
        str(tmp_path),
        str(clone),
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (artifact,) = tmp_path.glob("*.tar.gz")
    assert built(artifact) == expected


def test_a_file_that_git_does_not_track_is_not_built_under_a_fitting_name_either(clone: Path, tmp_path: Path) -> None:
    expected = delivered(build_artifact.tracked(clone))
    scatter(clone, FITTING)
    assert built(build_artifact.build(clone, tmp_path)) == expected


def test_neither_the_proxy_nor_the_sandbox_is_in_it_or_in_the_image(installed: Path) -> None:
    """What is delivered is listed in full: a new folder fails here until somebody decides where it belongs."""
    shipped = {str(path.relative_to(installed)) for path in installed.glob("server/*")}
    assert shipped == {
        "server/CHANGELOG.md",
        "server/README.md",
        "server/pyproject.toml",
        "server/requirements-sbom.in",
        "server/requirements-sbom.txt",
        "server/requirements.in",
        "server/requirements.txt",
        "server/src",
    }
    _, context = content_tag(str(ROOT), "linux/amd64", {}, exclude_paths)
    outside = [name for name in context if not name.startswith("server/src/quilt_mcp_server/")]
    assert outside == [
        ".dockerignore",
        "Dockerfile",
        "server/pyproject.toml",
        "server/requirements-sbom.txt",
        "server/requirements.txt",
    ]
    assert [path for path in installed.rglob("*") if {"quilt_mcp_proxy", "sandbox"} & {path.name}] == []


def test_the_image_is_the_clones(installed: Path) -> None:
    """Where a file of the server was added, `git add` it first: the artifact holds what git tracks."""
    of_clone, of_installed = (content_tag(str(root), "linux/amd64", {}, exclude_paths) for root in (ROOT, installed))
    assert of_installed == of_clone
    assert len(of_clone[1]) > 10


def test_the_sandbox_is_neither_in_the_image_nor_in_the_artifact(installed: Path) -> None:
    _, sources = content_tag(str(ROOT), "linux/amd64", {}, exclude_paths)
    assert sources and not [name for name in map(str, sources) if "sandbox" in name.lower()]
    assert not [path for path in installed.rglob("*") if path.name == "sandbox"]


def test_the_license_that_every_header_names_is_in_it(installed: Path) -> None:
    assert "GNU GENERAL PUBLIC LICENSE" in (installed / "LICENSES" / "GPL-3.0-or-later.txt").read_text()
