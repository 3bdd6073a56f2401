"""A scaling policy and the configuration of its type."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.iam_documents import code
from sandbox.tests.emulator.facts.scaling import SERVICE, TRACKING

STEPS = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
}
CONFIGURATION: Any = TRACKING["TargetTrackingScalingPolicyConfiguration"]


@pytest.mark.parametrize(
    "policy",
    [
        {"PolicyType": "TargetTrackingScaling"},
        {"PolicyType": "StepScaling"},
        {"PolicyType": "TargetTrackingScaling", "StepScalingPolicyConfiguration": STEPS},
        {**TRACKING, "StepScalingPolicyConfiguration": STEPS},
        {**TRACKING, "TargetTrackingScalingPolicyConfiguration": {**CONFIGURATION, "ScaleInCooldown": -1}},
        {**TRACKING, "TargetTrackingScalingPolicyConfiguration": {**CONFIGURATION, "ScaleOutCooldown": -1}},
    ],
)
def test_an_impossible_policy_is_refused(scaling: Any, policy: dict[str, Any]) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=2)
    with pytest.raises(ClientError) as caught:
        scaling.put_scaling_policy(**SERVICE, PolicyName="p", **policy)
    assert code(caught) == "ValidationException"


def test_a_possible_policy_is_made(scaling: Any) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=2)
    scaling.put_scaling_policy(**SERVICE, PolicyName="p", **TRACKING)
    scaling.put_scaling_policy(
        **SERVICE, PolicyName="s", PolicyType="StepScaling", StepScalingPolicyConfiguration=STEPS
    )
    assert len(scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]) == 2
