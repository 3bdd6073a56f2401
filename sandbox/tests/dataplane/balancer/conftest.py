"""Balancers for the tests here, a hundred times as fast as AWS's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import tls
from sandbox.emulator.control_plane import ControlPlane
from sandbox.tests.dataplane.balancer.world import HOST, World, world_of
from sandbox.tls import Certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return tls.write(tmp_path_factory.mktemp("tls"), [HOST])


@pytest.fixture
def world(
    empty: ControlPlane, certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    monkeypatch.setenv("SANDBOX_SPEED", "100")
    with world_of(empty, certificates, tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def module_world(
    control_plane: ControlPlane, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One for all tests of a module, which leave its rules alone."""
    control_plane.reset(seed=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_SPEED", "100")
        with world_of(control_plane, certificates, tmp_path_factory.mktemp("balancer")) as found:
            yield found
