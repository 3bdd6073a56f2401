"""How tasks run where an engine answers, and where none does."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.dataplane import engine_choice as engine
from sandbox.dataplane import leftovers


@pytest.mark.parametrize(
    ("wanted", "error"), [("podman", "must be docker or process"), ("docker", "no Docker engine answers")]
)
def test_engine_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wanted: str, error: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setenv("SANDBOX_ENGINE", wanted)
    with pytest.raises((ValueError, engine.NoEngine), match=error):
        engine.choose()


def test_without_an_engine_tasks_are_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.delenv("SANDBOX_ENGINE", raising=False)
    kind, text = engine.choose()
    assert kind == "process"
    assert "no Docker engine answers" in text
    assert leftovers.remove_containers("none") == []
