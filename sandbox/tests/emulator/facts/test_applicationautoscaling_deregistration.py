"""Deregistering a scalable target deletes its policies and actions."""

from __future__ import annotations

from typing import Any

from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.scaling import NIGHT, SERVICE, TRACKING


def test_policies_and_actions_go_with_their_target(scaling: Any, client: Client) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4)
    for name in ("p", "q"):
        scaling.put_scaling_policy(PolicyName=name, **SERVICE, **TRACKING)
    scaling.put_scheduled_action(**SERVICE, **NIGHT)
    scaling.deregister_scalable_target(**SERVICE)
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []
