"""Make `ansible_collections.quilt.mcp_server` importable from a bare checkout, as ansible-playbook does.

ansible-test has its own way and does not read this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

from sandbox.control import ControlPlane
from sandbox.control.faults import Fault, Faults

_AnsibleCollectionFinder(paths=[str(Path(__file__).parents[1] / "collections")])._install()


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """The AWS APIs of the sandbox; moto's state is the process's, so there is one, and tests reset it."""
    with ControlPlane() as plane:
        yield plane


@pytest.fixture(autouse=True)
def _every_fault_fires(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fault that a test asks for must have happened, or what the test shows was shown without it."""
    asked: list[Fault] = []
    add = Faults.add

    def noted(self: Faults, *args: Any, **options: Any) -> Fault:
        asked.append(add(self, *args, **options))
        return asked[-1]

    monkeypatch.setattr(Faults, "add", noted)
    yield
    unfired = [f"{fault.kind} at {fault.service}:{fault.operation}" for fault in asked if not fault.fired]
    assert not unfired, f"never fired: {', '.join(unfired)}"
