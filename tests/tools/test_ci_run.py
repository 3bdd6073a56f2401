""".ci/run says in one sentence what it lacks, before it installs anything."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_without_a_python_it_says_so_and_installs_nothing(tmp_path: Path) -> None:
    for name in ("python3", "python3.12", "python3.13", "python3.14"):
        # As Debian 12's own: it shows its version and refuses what find-python asks.
        _program(tmp_path / name, '[ "$1" = --version ] && echo Python 3.11.2 && exit; exit 1')
    for name in ("apt-get", "docker", "make"):
        _program(tmp_path / name, f"echo {name} >> {tmp_path}/asked; exit 1")
    env = {"PATH": f"{tmp_path}:{os.defpath}", "HOME": str(tmp_path)}
    done = subprocess.run([ROOT / ".ci" / "run"], env=env, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (sentence,) = done.stderr.splitlines()
    assert "wanted a Python 3.12 or newer with venv; found Python 3.11.2; install one" in sentence
    assert not (tmp_path / "asked").exists()


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
