"""pytest fixtures of the sandbox: import them into a conftest.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.emulator.faults import Fault, Faults
from sandbox.seed.lay import Seed
from sandbox.seed.sales_prod import SALES_PROD


class Client(Protocol):
    """Makes boto3 clients; typed as Any because the tests also pass what the stubs forbid."""

    def __call__(self, service: str, access_key: str = "sandbox") -> Any: ...


_PLANE = pytest.StashKey[ControlPlane]()


@pytest.fixture(scope="session")
def control_plane(pytestconfig: pytest.Config) -> ControlPlane:
    """The AWS APIs of the sandbox; moto's state is the process's, so there is one, and tests reset it.

    It is kept with the run: each conftest.py that imports this fixture has one of its own, and all mean the same plane.
    """
    if _PLANE not in pytestconfig.stash:
        plane = ControlPlane(Seed(SALES_PROD))
        plane.start()
        pytestconfig.add_cleanup(plane.stop)
        pytestconfig.stash[_PLANE] = plane
    return pytestconfig.stash[_PLANE]


@pytest.fixture(autouse=True)
def every_fault_fires(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fault that a test injects must have fired, or the test shows nothing about it."""
    asked: list[Fault] = []
    add = Faults.add

    def noted(self: Faults, *args: Any, **options: Any) -> Fault:
        asked.append(add(self, *args, **options))
        return asked[-1]

    monkeypatch.setattr(Faults, "add", noted)
    yield
    unfired = [f"{fault.kind} at {fault.service}:{fault.operation}" for fault in asked if not fault.fired]
    assert not unfired, f"never fired: {', '.join(unfired)}"
