"""One control plane for all sandbox tests, seeded once; tests that change the account ask for `fresh`."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client, control_plane, every_fault_fires

__all__ = ["control_plane", "every_fault_fires"]


@pytest.fixture(scope="session", autouse=True)
def _no_ambient_aws() -> Iterator[None]:
    """Neither the machine's AWS configuration nor its CA bundle or proxies may reach these tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "HTTP_PROXY", "http_proxy"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def empty(control_plane: ControlPlane) -> ControlPlane:
    """A control plane with an empty account and nothing recorded."""
    control_plane.reset(seed=False)
    return control_plane


@pytest.fixture
def seeded(control_plane: ControlPlane) -> ControlPlane:
    """A control plane with the stack sales-prod and nothing recorded."""
    control_plane.reset(seed=True)
    return control_plane


@pytest.fixture(scope="session")
def client(control_plane: ControlPlane) -> Client:
    """boto3 clients of the deployer, each made once: making one costs more than a test."""
    session: Any = boto3

    @functools.cache
    def make(service: str, access_key: str = "sandbox") -> Any:
        return session.client(
            service,
            endpoint_url=control_plane.url,
            region_name=control_plane.region,
            aws_access_key_id=access_key,
            aws_secret_access_key="sandbox",
        )

    return make
