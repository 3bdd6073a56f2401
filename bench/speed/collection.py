"""The collection as its artifact is installed: of this clone as it is, and of an earlier commit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools import build_artifact

ROOT = Path(__file__).parents[2]


def install(source: Path, folder: Path) -> Path:
    """Build the artifact of a clone and install it below a folder; returns the folder of collections."""
    artifact = build_artifact.build(source, folder)
    collections = folder / "collections"
    # The collections that it needs come with the ansible package, where ansible-playbook finds them.
    _galaxy(folder, "install", str(artifact), "--no-deps", "--collections-path", str(collections))
    return collections


def clone(commit: str, folder: Path) -> Path | None:
    """A clone at an earlier commit, or None where this clone does not have it."""
    known = subprocess.run(
        ["git", "cat-file", "-e", f"{commit}^{{commit}}"], cwd=ROOT, capture_output=True, check=False
    )
    if known.returncode:
        return None
    for command in (["clone", "--quiet", "--no-checkout", str(ROOT), str(folder)], ["checkout", "--quiet", commit]):
        subprocess.run(["git", *command], cwd=folder if folder.exists() else ROOT, check=True)
    return folder


def no_settings(folder: Path) -> str:
    """ANSIBLE_CONFIG for a run without settings: /dev/null, which ansible-core does not take for its missing suffix."""
    path = folder / "none.cfg"
    path.touch()
    return str(path)


def _galaxy(folder: Path, *arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("ansible-galaxy")), "collection", *arguments]
    environment = os.environ | {"ANSIBLE_CONFIG": no_settings(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")
