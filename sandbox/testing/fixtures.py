"""pytest fixtures of the sandbox: import them into a conftest.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.emulator.faults import Fault, Faults


class Client(Protocol):
    """Makes boto3 clients; typed as Any because the tests also pass what the stubs forbid."""

    def __call__(self, service: str, access_key: str = "sandbox") -> Any: ...


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """The AWS APIs of the sandbox; moto's state is the process's, so there is one, and tests reset it."""
    with ControlPlane() as plane:
        yield plane


@pytest.fixture(autouse=True)
def every_fault_fires(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
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
