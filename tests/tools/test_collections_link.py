"""The link in collections/, with which a bare clone runs as it is. collections/README.md has the reason for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = "collections/ansible_collections/quilt/mcp_server"
PLAYBOOKS_LINK = "playbooks/collections"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of what is committed, in a folder named as AWX names those of projects."""
    folder = tmp_path / "_8__quilt"
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", str(folder)], check=True)
    return folder


def checked(clone: Path) -> subprocess.CompletedProcess[str]:
    """A look at the syntax of every playbook, with the settings of the clone alone."""
    return checked_from(clone, clone)


def checked_from(folder: Path, clone: Path) -> subprocess.CompletedProcess[str]:
    """The same from another folder, without the settings of the clone."""
    playbooks = sorted(str(path) for path in clone.glob("playbooks/*.yml"))
    assert playbooks
    command = [sys.executable, "-m", "ansible", "playbook", "--syntax-check", *playbooks]
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_bare_clone_finds_the_collection_by_the_link_alone(clone: Path) -> None:
    with_link = checked(clone)
    assert with_link.returncode == 0, with_link.stderr
    (clone / LINK).unlink()
    without = checked(clone)
    assert without.returncode != 0, "ansible-core finds the collection otherwise: the link can go"
    assert "quilt.mcp_server" in without.stderr


def test_a_clone_finds_the_collection_from_another_folder_by_the_link_next_to_the_playbooks(
    clone: Path, tmp_path: Path
) -> None:
    with_link = checked_from(tmp_path, clone)
    assert with_link.returncode == 0, with_link.stderr
    (clone / PLAYBOOKS_LINK).unlink()
    without = checked_from(tmp_path, clone)
    assert without.returncode != 0, "ansible-core finds the collection otherwise: the link can go"
