"""The sandbox is a distribution of its own: its wheel holds the package, and starts where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

SANDBOX = Path(__file__).parents[1]


def test_every_folder_of_the_package_is_named() -> None:
    settings = tomllib.loads((SANDBOX / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {path.parent.relative_to(SANDBOX.parent) for path in SANDBOX.rglob("__init__.py")}
    assert settings["packages"] == sorted(".".join(folder.parts) for folder in folders)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, because setuptools leaves its own files next to the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(SANDBOX, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(folder / "source")]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (found,) = folder.glob("quilt_aws_sandbox-*.whl")
    return found


def test_the_wheel_holds_every_file_of_the_package_and_no_test(wheel: Path) -> None:
    files = {str(path.relative_to(SANDBOX.parent)) for path in SANDBOX.rglob("*.py")}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")}
    assert packed == {name for name in files if not name.startswith("sandbox/tests/")}


def test_it_starts_where_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own; what it depends on is this environment's, so that nothing is downloaded."""
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv/bin/python"
    pip = [sys.executable, "-m", "pip", "-q", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True, text=True)
    (packages,) = (tmp_path / "venv/lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    for command in ([str(python), "-m", "sandbox"], [str(python.parent / "quilt-aws-sandbox")]):
        done = subprocess.run(
            [*command, "--help"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "corrections" in done.stdout
    where = [str(python), "-c", "from sandbox.cli.home import Home; print(Home.from_environment().path)"]
    done = subprocess.run(where, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path / ".sandbox")
