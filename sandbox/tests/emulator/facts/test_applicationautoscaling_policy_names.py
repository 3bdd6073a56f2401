"""DescribeScalingPolicies filters by name."""

from __future__ import annotations

from typing import Any

from sandbox.tests.emulator.facts.scaling import SERVICE, TRACKING


def test_policies_by_name(scaling: Any) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4)
    for name in ("p", "q"):
        scaling.put_scaling_policy(PolicyName=name, **SERVICE, **TRACKING)
    found = scaling.describe_scaling_policies(ServiceNamespace="ecs", PolicyNames=["q"])["ScalingPolicies"]
    assert [policy["PolicyName"] for policy in found] == ["q"]
