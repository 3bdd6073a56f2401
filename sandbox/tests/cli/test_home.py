"""The folder of one sandbox."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sandbox.cli.home import ForeignFolder, Home


def test_home_is_a_sandboxs_or_it_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    home.write_state({"a": 1})
    assert home.read_state() == {"a": 1}
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    home.create()
    home.remove()
    assert not home.path.exists()

    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").touch()
    with pytest.raises(ForeignFolder, match="holds other files"):
        Home(foreign).create()
    Home(foreign).remove()
    assert (foreign / "thesis.txt").exists()


def test_damaged_state_is_no_state(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.read_state() is None
    home.state_file.write_text("{")
    assert home.read_state() is None


def test_a_held_home_has_a_living_daemon(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert not home.daemon_lives()
    held = home.hold()
    assert home.daemon_lives()
    with pytest.raises(RuntimeError, match="another daemon holds"):
        home.hold()
    os.close(held)
    assert not home.daemon_lives()


def test_homes_have_their_own_identity(tmp_path: Path) -> None:
    assert Home(tmp_path / "a").id != Home(tmp_path / "b").id == Home(tmp_path / "b").id
