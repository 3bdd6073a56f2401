"""What build.yml pushes, with a real engine and registry: two builds of one source on one base are one image."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataplane.registry.registry import Registry
from sandbox.network import free_port

if TYPE_CHECKING:
    from conftest import Play, Run

    from sandbox.emulator.control_plane import ControlPlane

ROOT = Path(__file__).parents[3]
BASE = "python:3.13-slim-trixie"
REPOSITORY = "quilt-mcp-server"


def docker(*arguments: str) -> str:
    """What the docker command prints."""
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def hosts(aws: ControlPlane, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The host of a registry behind ECR's API and of another one, and nothing left of their images in the engine."""
    programs = [name for name in ("docker", "docker-registry") if not shutil.which(name)]
    if programs:
        pytest.skip(f"needs {' and '.join(programs)}")
    try:
        docker("image", "inspect", BASE)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"needs a Docker engine with the image {BASE}: {error.stderr.strip()[:150]}")
    registry = Registry(tmp_path / "registry", free_port(), aws.account_id, aws.region)
    registry.start()
    assert registry.host and registry._front, registry.note
    hosts = (registry.host, f"127.0.0.1:{registry._front.upstream}")
    yield hosts
    for host in hosts:
        shown = "{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}"
        listed = docker("image", "ls", "--digests", "--format", shown, "--filter", f"reference={host}/*").split()
        # By their names here: another name of the same image is not the test's.
        for name in {one for one in listed if not one.endswith("<none>")}:
            subprocess.run(["docker", "image", "rm", name], capture_output=True, check=False)
    registry.stop()


def checkout(folder: Path, when: int, umask: int) -> Path:
    """Another checkout of the files that are built into the image, of another time and by another user."""
    for name in subprocess.run(
        ["git", "ls-files", "Dockerfile", ".dockerignore", "server"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines():  # fmt: skip
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy)
    for path in [folder, *folder.rglob("*")]:
        path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)
        os.utime(path, (when, when))
    return folder


def pushed(ecr: Any) -> dict[str, str]:
    """Tag to digest of the images in the repository."""
    images = ecr.describe_images(repositoryName=REPOSITORY)["imageDetails"]
    return {tag: image["imageDigest"] for image in images for tag in image.get("imageTags", [])}


def test_two_builds_of_one_source_on_one_base_have_one_digest(
    hosts: tuple[str, str], play: Play, client: Callable[[str], Any], tmp_path: Path
) -> None:
    ecr = client("ecr")
    found = []
    for name, when, umask in (("one", 1_700_000_000, 0o022), ("elsewhere/two", 1_750_000_000, 0o077)):
        context = checkout(tmp_path / name, when, umask)
        run: Run = play("build.yml", image_source="build", image_context=str(context), image_build_cache=False)
        assert run.status == 0, run.failures
        images = pushed(ecr)
        (digest,) = set(images.values())
        found.append(images)
        again = play("build.yml", image_source="build", image_context=str(context))
        assert (again.status, again.stats["changed"], again.writes) == (0, 0, [])
        ecr.batch_delete_image(repositoryName=REPOSITORY, imageIds=[{"imageDigest": digest}])
        time.sleep(1)  # another second of the clock
    assert found[0] == found[1]
    assert len(found[0]) == 1


def push_base(name: str, label: str) -> str:
    """Push a base of that name; returns its digest."""
    dockerfile = f"FROM {BASE}\nLABEL test={label}\n"
    subprocess.run(["docker", "build", "--quiet", "--tag", name, "-"], input=dockerfile, text=True, check=True)
    docker("push", "--quiet", name)
    return docker("image", "inspect", name, "--format", "{{index .RepoDigests 0}}").rpartition("@")[2]


def test_the_list_of_packages_is_valid_the_same_every_time_and_what_the_image_has(
    hosts: tuple[str, str], play: Play, client: Callable[[str], Any], tmp_path: Path
) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    written = []
    for name, when, umask in (("one", 1_700_000_000, 0o022), ("elsewhere/two", 1_750_000_000, 0o077)):
        context = checkout(tmp_path / name, when, umask)
        given = {
            "image_source": "build",
            "image_context": str(context),
            "image_sbom_folder": str(tmp_path / name / "l"),
        }
        run: Run = play("build.yml", **given)
        assert run.status == 0, run.failures
        again = play("build.yml", **given)
        assert (again.status, again.stats["changed"], again.writes) == (0, 0, [])
        (tag,) = pushed(client("ecr"))
        (file,) = (tmp_path / name / "l").iterdir()
        assert file.name == f"{REPOSITORY}-{tag}.cdx.json"
        written.append(file.read_text())
    assert written[0] == written[1]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written[0]) is None
    listed = json.loads(written[0])
    assert listed["metadata"]["component"]["name"] == "quilt-mcp-server"
    assert listed["metadata"]["component"]["version"]
    code = (
        "from importlib import metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()), sep='\\n')"
    )
    image = f"{hosts[0]}/{REPOSITORY}:{tag}"
    there = docker("run", "--rm", "--entrypoint", "python3", image, "-c", code)
    assert {f"{one['name']}=={one['version']}" for one in listed["components"]} == set(there.splitlines())


def test_a_new_base_of_the_same_name_is_a_new_image(
    hosts: tuple[str, str], play: Play, client: Callable[[str], Any], tmp_path: Path
) -> None:
    ecr_host, other = hosts
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("ARG BASE=python\nFROM ${BASE}\nCOPY Dockerfile /\n")
    (context / ".dockerignore").write_text("*\n!Dockerfile\n")
    base = f"{other}/base:1"
    digests, tags = [], []
    for label in ("old", "new"):
        digests.append(push_base(base, label))
        run: Run = play("build.yml", image_source="build", image_base=base, image_context=str(context))
        assert run.status == 0, run.failures
        (tag,) = set(pushed(client("ecr"))) - set(tags)
        tags.append(tag)
        assert tag.endswith("-" + digests[-1].removeprefix("sha256:")[:12])
        config = json.loads(docker("image", "inspect", f"{ecr_host}/{REPOSITORY}:{tag}"))[0]["Config"]
        assert config["Labels"]["org.opencontainers.image.base.name"] == base
        assert config["Labels"]["org.opencontainers.image.base.digest"] == digests[-1]
        assert config["Labels"]["test"] == label
    for given in (base, f"{base}@{digests[0]}", f"{other}/base:1@{digests[1]}"):
        run = play("build.yml", image_source="build", image_base=given, image_context=str(context))
        assert (run.status, run.stats["changed"], run.writes) == (0, 0, []), given
