"""A scaling policy that is put again is the same one."""

from __future__ import annotations

from typing import Any

from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.scaling import SERVICE, TRACKING


def test_a_policy_put_again_is_the_same_one(scaling: Any, client: Client) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4)
    first = scaling.put_scaling_policy(PolicyName="p", **SERVICE, **TRACKING)
    second = scaling.put_scaling_policy(PolicyName="p", **SERVICE, **TRACKING)
    assert second["PolicyARN"] == first["PolicyARN"]
    alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} == {alarm["AlarmName"] for alarm in second["Alarms"]}
