"""Temporary errors are retried: a concurrent write, or a new service that is not visible everywhere."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils import cloud

from sandbox.emulator.control_plane import ControlPlane
from sandbox.emulator.snapshot import Snapshot
from tests.kinds import Kind, kinds_of

TARGET = {"resource_id": "service/sales-prod/sales-prod-catalog", "min_capacity": 1, "max_capacity": 4}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "time", SimpleNamespace(sleep=lambda seconds: None))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", [row for row in kinds_of("", "test_busy") if row.values[0].conflict])


def test_a_conflicting_operation_is_waited_for(aws: ControlPlane, run_module: Any, kind: Kind) -> None:
    conflict = kind.conflict
    assert conflict
    runs = [{**kind.identity, **parameters} for parameters in conflict.runs]
    empty = Snapshot()
    calm = [run_module(kind.module, **parameters)["writes"] for parameters in runs]
    empty.restore()
    for operation in {name for writes in calm for name in writes} - conflict.unaware:
        aws.faults.add(kind.resource.service, operation, "error", code=conflict.code, status=400, times=1)
    for parameters, writes in zip(runs, calm, strict=True):
        result = run_module(kind.module, **parameters)
        assert not result.get("failed"), result["msg"]
        assert set(result["writes"]) == set(writes)
    assert all(fault["fired"] == 1 for fault in aws.faults.describe())


def test_a_service_that_autoscaling_does_not_see_yet_is_waited_for(aws: ControlPlane, run_module: Any) -> None:
    said = "ECS service doesn't exist: service/sales-prod/sales-prod-catalog"
    place = ("application-autoscaling", "RegisterScalableTarget", "error")
    aws.faults.add(*place, code="ValidationException", status=400, message=said, times=2)
    result = run_module("application_autoscaling_target", **TARGET)
    assert not result.get("failed"), result["msg"]
    assert result["writes"] == ["RegisterScalableTarget"] * 3


def test_what_waiting_cannot_resolve_is_reported_at_once(aws: ControlPlane, run_module: Any) -> None:
    place = ("application-autoscaling", "RegisterScalableTarget", "error")
    aws.faults.add(*place, code="ValidationException", status=400, message="no such dimension", times=None)
    result = run_module("application_autoscaling_target", **TARGET)
    assert "no such dimension" in result["msg"]
    assert result["writes"] == ["RegisterScalableTarget"]
