"""Requests per target need a resource label."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.scaling import SERVICE


def test_requests_per_target_need_a_resource_label(scaling: Any) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4)

    def put(**label: str) -> None:
        metric = {"PredefinedMetricType": "ALBRequestCountPerTarget", **label}
        tracking = {"TargetValue": 100.0, "PredefinedMetricSpecification": metric}
        policy = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": tracking}
        scaling.put_scaling_policy(PolicyName="p", **SERVICE, **policy)

    for label in ({}, {"ResourceLabel": "targetgroup/x/1"}):
        with pytest.raises(ClientError, match="ValidationException"):
            put(**label)
    put(ResourceLabel="app/alb/1/targetgroup/x/2")
