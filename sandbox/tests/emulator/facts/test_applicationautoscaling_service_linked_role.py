"""The scalable target of an ECS service has the service-linked role."""

from __future__ import annotations

from typing import Any

from sandbox.tests.emulator.facts.scaling import SERVICE


def test_a_target_has_the_service_linked_role(scaling: Any) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4, RoleARN="arn:aws:iam::1:role/mine")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert target["RoleARN"].endswith("/AWSServiceRoleForApplicationAutoScaling_ECSService")
