"""The wheel in an environment that holds nothing but its locked requirements."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROXY = Path(__file__).parents[1]
REQUIREMENTS = PROXY / "requirements.txt"
QUIET = ["--quiet", "--disable-pip-version-check"]


def run(*command: str | Path, cwd: Path) -> str:
    """What a program prints; away from the repository, so that nothing is found by the current folder."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # A copy: setuptools writes its intermediate files next to the sources.
    source = shutil.copytree(PROXY, folder / "source", ignore=shutil.ignore_patterns("tests", "__pycache__", ".*"))
    run(sys.executable, "-m", "pip", "wheel", *QUIET, "--no-deps", "--wheel-dir", folder, source, cwd=folder)
    (found,) = folder.glob("quilt_mcp_proxy-*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path) -> Path:
    """The Python of an environment with the wheel and its locked requirements."""
    environment = wheel.parent / "environment"
    run(sys.executable, "-m", "venv", environment, cwd=wheel.parent)
    found = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(found, "-m", "pip", "install", *QUIET, "--require-hashes", "-r", REQUIREMENTS, cwd=wheel.parent)
    run(found, "-m", "pip", "install", *QUIET, "--no-deps", wheel, cwd=wheel.parent)
    return found


def test_the_wheel_holds_the_proxy_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        folders = {name.partition("/")[0] for name in archive.namelist()}
    assert {name for name in folders if not name.endswith(".dist-info")} == {"quilt_mcp_proxy"}


def test_the_locked_requirements_are_what_it_needs(python: Path, tmp_path: Path) -> None:
    assert "No broken requirements" in run(python, "-m", "pip", "check", cwd=tmp_path)


@pytest.mark.parametrize("how", ["command", "module"])
def test_it_starts_without_the_server(python: Path, tmp_path: Path, how: str) -> None:
    command = [python.parent / "quilt-mcp-proxy"] if how == "command" else [python, "-m", "quilt_mcp_proxy"]
    assert "--token-command" in run(*command, "--help", cwd=tmp_path)
    look = "import importlib.util as util, json; print(json.dumps([util.find_spec(name) is not None for name in {}]))"
    names = ["quilt_mcp_proxy", "mcp", "quilt_mcp_server", "aiobotocore", "boto3"]
    assert json.loads(run(python, "-c", look.format(names), cwd=tmp_path)) == [True, True, False, False, False]


def test_uvx_starts_the_wheel(wheel: Path, tmp_path: Path) -> None:
    options = ["--python", sys.executable, "--from", str(wheel)]
    assert "--token-command" in run(
        Path(sys.executable).with_name("uvx"), *options, "quilt-mcp-proxy", "--help", cwd=tmp_path
    )
