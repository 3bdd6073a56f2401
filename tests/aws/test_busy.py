"""What passes by itself is waited for: somebody else writes at this moment, or a new service is not seen everywhere."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils import cloud

from sandbox.control import ControlPlane

GROUP = {"log_group_name": "/ecs/ours"}
ALARM = {
    "alarm_name": "ours",
    "namespace": "AWS/ECS",
    "metric_name": "CPUUtilization",
    "statistic": "Average",
    "period": 60,
    "evaluation_periods": 1,
    "threshold": 5.0,
    "comparison_operator": "GreaterThanThreshold",
}
TARGET = {"resource_id": "service/sales-prod/sales-prod-catalog", "min_capacity": 1, "max_capacity": 4}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "time", SimpleNamespace(sleep=lambda seconds: None))


@pytest.mark.parametrize(
    ("service", "code", "module", "runs"),
    [
        (
            "logs",
            "OperationAbortedException",
            "cloudwatch_log_group",
            [
                {**GROUP, "retention_in_days": 7, "kms_key_id": "arn:aws:kms:us-east-1:850787717197:key/1"},
                {**GROUP, "retention_in_days": 0, "kms_key_id": ""},
                {**GROUP, "kms_key_id": "arn:aws:kms:us-east-1:850787717197:key/2"},
                {**GROUP, "state": "absent"},
            ],
        ),
        (
            "cloudwatch",
            "ConcurrentModificationException",
            "cloudwatch_alarm",
            [ALARM, {**ALARM, "tags": {"team": "x"}}, {**ALARM, "tags": {}, "purge_tags": True}],
        ),
    ],
    ids=["logs", "alarm"],
)
def test_a_conflicting_operation_is_waited_for(
    aws: ControlPlane, run_module: Any, service: str, code: str, module: str, runs: list[dict[str, Any]]
) -> None:
    unaware = {"PutMetricAlarm"}  # it documents no such error
    calm = [run_module(module, **parameters)["writes"] for parameters in runs]
    aws.reset()
    for operation in {name for writes in calm for name in writes} - unaware:
        aws.faults.add(service, operation, "error", code=code, status=400, times=1)
    for parameters, writes in zip(runs, calm, strict=True):
        result = run_module(module, **parameters)
        assert not result.get("failed"), result["msg"]
        assert set(result["writes"]) == set(writes)
    assert all(fault["fired"] == 1 for fault in aws.faults.describe())


def test_a_service_that_autoscaling_does_not_see_yet_is_waited_for(aws: ControlPlane, run_module: Any) -> None:
    said = "ECS service doesn't exist: service/sales-prod/sales-prod-catalog"
    place = ("application-autoscaling", "RegisterScalableTarget", "error")
    aws.faults.add(*place, code="ValidationException", status=400, message=said, times=2)
    result = run_module("scalable_target", **TARGET)
    assert not result.get("failed"), result["msg"]
    assert result["writes"] == ["RegisterScalableTarget"] * 3


def test_what_waiting_cannot_mend_is_said_at_once(aws: ControlPlane, run_module: Any) -> None:
    place = ("application-autoscaling", "RegisterScalableTarget", "error")
    aws.faults.add(*place, code="ValidationException", status=400, message="no such dimension", times=None)
    result = run_module("scalable_target", **TARGET)
    assert "no such dimension" in result["msg"]
    assert result["writes"] == ["RegisterScalableTarget"]
