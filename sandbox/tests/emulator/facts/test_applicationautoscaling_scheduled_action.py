"""An impossible scheduled action is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.scaling import NIGHT, SERVICE


@pytest.fixture
def target(scaling: Any) -> Any:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4)
    return scaling


@pytest.mark.parametrize(
    "wrong",
    [
        {"ScalableTargetAction": {"MinCapacity": 2, "MaxCapacity": 1}},
        {"ScalableTargetAction": {}},
        {"Timezone": "Europe/Nowhere"},
        {"Timezone": "+02:00"},
        {"StartTime": datetime(2030, 1, 2, tzinfo=UTC), "EndTime": datetime(2030, 1, 1, tzinfo=UTC)},
    ],
    ids=str,
)
def test_an_impossible_scheduled_action_is_refused(target: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        target.put_scheduled_action(**SERVICE, **{**NIGHT, **wrong})
    assert target.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []


@pytest.mark.parametrize(
    "schedule",
    [
        "every evening",
        "0 20 * * *",
        "cron(0 20 * * *)",
        "cron(0 20 * * * *)",
        "cron(0 20 ? * ? *)",
        "cron(0 20 1 * MON *)",
        "cron(60 20 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 20 32 * ? *)",
        "cron(0 20 * 13 ? *)",
        "cron(0 20 ? * 8 *)",
        "cron(0 20 ? * MON#6 *)",
        "cron(0 20 * * ? 1969)",
        "cron(*/0 * * * ? *)",
        "cron(0 20 * * ? * *)",
        "rate(5)",
        "rate(0 minutes)",
        "rate(-1 minutes)",
        "rate(5 weeks)",
        "rate(1.5 hours)",
        "at(2030-01-01 20:00:00)",
        "at(2030-01-01T20:00)",
        "at(2030-02-30T20:00:00)",
        "at(tomorrow)",
        " cron(0 20 * * ? *)",
    ],
)
def test_a_schedule_that_cannot_be_read_is_refused(target: Any, schedule: str) -> None:
    with pytest.raises(ClientError, match="Invalid schedule expression") as caught:
        target.put_scheduled_action(**SERVICE, **{**NIGHT, "Schedule": schedule})
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(0 20 * * ? *)",
        "cron(0 20 ? * MON-FRI *)",
        "cron(0/15 8-18 ? * mon,wed,FRI 2030-2031)",
        "cron(*/5 * 1,15 JAN-MAR ? *)",
        "cron(0 8 L * ? *)",
        "cron(0 8 15W * ? *)",
        "cron(0 8 ? * 2#1 *)",
        "cron(0 8 ? * FRIL *)",
        "rate(1 minute)",
        "rate(12 hours)",
        "rate(7 days)",
        "at(2030-01-31T20:00:00)",
    ],
)
def test_a_schedule_is_kept(target: Any, schedule: str) -> None:
    target.put_scheduled_action(**SERVICE, **{**NIGHT, "Schedule": schedule, "Timezone": "Europe/Berlin"})
    (kept,) = target.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    assert (kept["Schedule"], kept["Timezone"]) == (schedule, "Europe/Berlin")
