"""tools/find-python takes the first Python that really runs, in the documented order."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "find-python"


def python_at(path: Path, runs: bool = True) -> Path:
    """A stand-in of that name: the real interpreter, or a shim that refuses as pyenv's do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = f'exec {sys.executable} "$@"' if runs else "echo 'pyenv: command not found' >&2; exit 127"
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)
    return path


def find(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": f"{tmp_path / 'bin'}:{os.defpath}", "HOME": str(tmp_path / "home"), **environment}
    return subprocess.run([SCRIPT], env=env, text=True, capture_output=True, check=False)


def test_the_newest_on_path_comes_first(tmp_path: Path) -> None:
    python_at(tmp_path / "bin" / "python3.12")
    newest = python_at(tmp_path / "bin" / "python3.13")
    assert find(tmp_path).stdout.strip() == str(newest)


def test_one_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    python_at(tmp_path / "bin" / "python3.14", runs=False)
    working = python_at(tmp_path / "bin" / "python3.12")
    assert find(tmp_path).stdout.strip() == str(working)


def test_the_one_that_is_named_wins(tmp_path: Path) -> None:
    python_at(tmp_path / "bin" / "python3.14")
    named = python_at(tmp_path / "own" / "python")
    assert find(tmp_path, PYTHON=str(named)).stdout.strip() == str(named)


def test_a_named_one_that_does_not_run_is_an_error_and_not_replaced(tmp_path: Path) -> None:
    python_at(tmp_path / "bin" / "python3.14")
    named = python_at(tmp_path / "own" / "python", runs=False)
    done = find(tmp_path, PYTHON=str(named))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"PYTHON={named}" in done.stderr


def test_pyenv_is_the_last_resort(tmp_path: Path) -> None:
    python_at(tmp_path / "bin" / "python3", runs=False)
    versions = tmp_path / "home" / ".pyenv" / "versions"
    python_at(versions / "3.12.1" / "bin" / "python3")
    newest = python_at(versions / "3.13.0" / "bin" / "python3")
    assert find(tmp_path).stdout.strip() == str(newest)


@pytest.mark.parametrize("present", [False, True], ids=["nothing", "only one that refuses"])
def test_none_is_an_error_that_says_what_to_install(tmp_path: Path, present: bool) -> None:
    for name in ("python3.14", "python3.13", "python3.12", "python3"):
        # Ahead of whatever this machine has on the default path.
        python_at(tmp_path / "bin" / name, runs=False)
    if present:
        python_at(tmp_path / "home" / ".pyenv" / "versions" / "3.13.0" / "bin" / "python3", runs=False)
    done = find(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Wanted a Python 3.12 or newer" in done.stderr
    assert "Install one" in done.stderr
