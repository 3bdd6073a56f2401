"""Periods, windows, statistics and actions of alarms."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import code
from sandbox.tests.emulator.facts.tagged import METRIC

TOPIC = "arn:aws:sns:us-east-1:850787717197:alarms"


@pytest.fixture
def cloudwatch(empty: ControlPlane, client: Client) -> Any:
    return client("cloudwatch")


def put(cloudwatch: Any, changed: dict[str, Any]) -> None:
    alarm = {name: value for name, value in (METRIC | changed).items() if value is not None}
    cloudwatch.put_metric_alarm(**alarm)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"Period": 1}, "Period must be 10, 20, 30 or a multiple of 60"),
        ({"Period": 90}, "Period must be 10, 20, 30 or a multiple of 60"),
        ({"AlarmActions": ["page-me"]}, "Invalid arn syntax: page-me"),
        ({"OKActions": [TOPIC, "alarms"]}, "Invalid arn syntax: alarms"),
        ({"InsufficientDataActions": ["arn:aws:sns"]}, "Invalid arn syntax: arn:aws:sns"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        ({"EvaluationPeriods": 1441}, "must be <= 86400"),
        ({"Period": 3600, "EvaluationPeriods": 169}, "must be <= 604800"),
        ({"TreatMissingData": "Missing"}, "Option Missing is not supported for TreatMissingData"),
        ({"ExtendedStatistic": "p90"}, "Exactly one of Statistic and ExtendedStatistic"),
        ({"Statistic": None}, "Exactly one of Statistic and ExtendedStatistic"),
    ],
    ids=str,
)
def test_an_impossible_alarm_is_refused(cloudwatch: Any, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        put(cloudwatch, changed)
    assert code(caught) == "ValidationError"
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


@pytest.mark.parametrize(
    "changed",
    [
        {"Period": 10},
        {"Period": 20},
        {"Period": 120, "EvaluationPeriods": 3, "DatapointsToAlarm": 3},
        {"EvaluationPeriods": 1440},
        {"Period": 3600, "EvaluationPeriods": 168},
        {"AlarmActions": [TOPIC, "arn:aws:automate:us-east-1:ec2:stop"]},
        {"Statistic": None, "ExtendedStatistic": "p90"},
        {"TreatMissingData": "notBreaching"},
    ],
    ids=str,
)
def test_a_possible_alarm_is_made(cloudwatch: Any, changed: dict[str, Any]) -> None:
    put(cloudwatch, changed)
    (alarm,) = cloudwatch.describe_alarms()["MetricAlarms"]
    assert alarm["AlarmName"] == METRIC["AlarmName"]
