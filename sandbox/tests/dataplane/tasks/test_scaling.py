"""Application Auto Scaling: by schedule, by the alarms of its policies, within its limits, unless suspended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.schedule import is_due
from sandbox.dataplane.tasks.simulated import SimulatedEngine
from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import Stack, completed, context, lay, until

KEY = {"ServiceNamespace": "ecs", "ResourceId": "service/main/web", "ScalableDimension": "ecs:service:DesiredCount"}
METRIC = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
TRACKING = {"TargetValue": 60, "PredefinedMetricSpecification": METRIC, "ScaleOutCooldown": 0, "ScaleInCooldown": 0}


@pytest.fixture
def stack(empty: ControlPlane, client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stack]:
    monkeypatch.setenv("SANDBOX_SPEED", "100")
    stack = lay(client)
    stack.register(container={"image": "sim:ok"})
    launcher = FargateLauncher(context(empty, tmp_path), SimulatedEngine())
    launcher.start()
    stack.create(loadBalancers=[])
    until(lambda: completed(stack))
    yield stack
    launcher.stop()


@pytest.fixture
def scaling(stack: Stack, client: Any) -> Any:
    scaling = client("application-autoscaling")
    scaling.register_scalable_target(**KEY, MinCapacity=1, MaxCapacity=3)
    return scaling


def track(scaling: Any) -> dict[str, str]:
    """Put the policy; its alarms by "High" and "Low"."""
    policy = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": TRACKING}
    alarms = scaling.put_scaling_policy(**KEY, PolicyName="cpu", **policy)["Alarms"]
    return {kind: one["AlarmName"] for one in alarms for kind in ("High", "Low") if f"Alarm{kind}" in one["AlarmName"]}


def soon(scaling: Any) -> None:
    """Two tasks and no other number, in a minute of the sandbox."""
    limits = {"MinCapacity": 2, "MaxCapacity": 2}
    scaling.put_scheduled_action(
        **KEY, ScheduledActionName="soon", Schedule="rate(1 minute)", ScalableTargetAction=limits
    )


def desired(stack: Stack) -> int:
    return int(stack.describe()["desiredCount"])


def test_alarms_scale_out_and_in_within_the_limits(stack: Stack, scaling: Any, client: Any) -> None:
    alarms, cloudwatch = track(scaling), client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=alarms["High"], StateValue="ALARM", StateReason="load")
    until(lambda: desired(stack) == 3 and stack.describe()["runningCount"] == 3)
    cloudwatch.set_alarm_state(AlarmName=alarms["High"], StateValue="OK", StateReason="calm")
    cloudwatch.set_alarm_state(AlarmName=alarms["Low"], StateValue="ALARM", StateReason="calm")
    until(lambda: desired(stack) == 1 and stack.describe()["runningCount"] == 1)
    activities = scaling.describe_scaling_activities(**KEY)["ScalingActivities"]
    counts = [activity["Description"] for activity in activities]
    assert counts == [f"Setting desired count to {count}." for count in (1, 2, 3, 2)]
    assert "cpu" in activities[0]["Cause"]


def test_nothing_is_scaled_in_while_a_deployment_goes_on(stack: Stack, scaling: Any, client: Any) -> None:
    scaling.register_scalable_target(**KEY, MinCapacity=0, MaxCapacity=3)
    slow = {"image": "sim:slow", "healthCheck": {"command": ["CMD", "true"]}}
    stack.update(taskDefinition=stack.register(container=slow))
    client("cloudwatch").set_alarm_state(AlarmName=track(scaling)["Low"], StateValue="ALARM", StateReason="calm")
    soon(scaling)
    until(lambda: desired(stack) == 2)
    (activity,) = scaling.describe_scaling_activities(**KEY)["ScalingActivities"]
    assert "soon" in activity["Cause"]


def test_a_suspended_target_is_not_scaled(stack: Stack, scaling: Any, client: Any) -> None:
    scaling.register_scalable_target(**KEY, SuspendedState={"DynamicScalingOutSuspended": True})
    client("cloudwatch").set_alarm_state(AlarmName=track(scaling)["High"], StateValue="ALARM", StateReason="load")
    soon(scaling)
    until(lambda: desired(stack) == 2)
    (activity,) = scaling.describe_scaling_activities(**KEY)["ScalingActivities"]
    assert "soon" in activity["Cause"]
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 2)


MADE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 19, 0, 0, 200_000, tzinfo=UTC)  # a Monday, 20:00 in Berlin


@pytest.mark.parametrize(
    ("schedule", "zone", "due"),
    [
        ("cron(0 20 ? * MON-FRI *)", "Europe/Berlin", True),
        ("cron(0 20 ? * MON-FRI *)", "", False),
        ("cron(0 19 ? * 2 *)", "", True),
        ("cron(0 19 ? * SAT,SUN *)", "", False),
        ("cron(*/30 * 23 NOV ? 2026)", "", True),
        ("cron(15/30 * * * ? *)", "", False),
        ("cron(0 19 24 * ? *)", "", False),
        ("at(2026-11-23T20:00:00)", "Europe/Berlin", True),
        ("at(2026-11-23T19:59:00)", "Europe/Berlin", False),
        ("rate(79 hours)", "", True),
        ("rate(2 days)", "", False),
    ],
)
def test_when_an_action_is_due(monkeypatch: pytest.MonkeyPatch, schedule: str, zone: str, due: bool) -> None:
    monkeypatch.setenv("SANDBOX_SPEED", "1")
    assert is_due(schedule, zone, MADE, NIGHT - timedelta(seconds=1), NIGHT) is due
    if "rate" not in schedule:
        assert not is_due(schedule, zone, MADE, NIGHT, NIGHT + timedelta(seconds=1))
