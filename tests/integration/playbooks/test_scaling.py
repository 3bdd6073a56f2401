"""Scaling from the inventory: off by default, and never in conflict with Application Auto Scaling."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.emulator.snapshot import Snapshot
from tests.iam_resources import Resources
from tests.integration.playbooks.inputs import SCALED

if TYPE_CHECKING:
    from conftest import Play, State

    from sandbox.emulator.control_plane import ControlPlane

SERVICE = "sales-prod-mcp-server-production"
KEY = {
    "ServiceNamespace": "ecs",
    "ResourceId": f"service/sales-prod/{SERVICE}",
    "ScalableDimension": "ecs:service:DesiredCount",
}


@pytest.fixture
def scaling(client: Callable[[str], Any]) -> Any:
    return client("application-autoscaling")


def targets(scaling: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    return found


def scaling_writes(run: Any) -> list[str]:
    return [write for write in run.writes if write.startswith("application-autoscaling")]


def test_scaled_changed_suspended_and_no_more(
    deployed: State, play: Play, scaling: Any, client: Callable[[str], Any], aws: ControlPlane
) -> None:
    """One scenario, because a deployment takes a while: each step begins where the last one ended."""
    assert (targets(scaling), scaling_writes(deployed.run)) == ([], [])

    run = play("deploy.yml", **SCALED)
    assert run.status == 0, run.failures
    assert run.stats["changed"] == 1
    (target,) = targets(scaling)
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    assert Resources(aws).unnamed() == []
    policies = scaling.describe_scaling_policies(**KEY)["ScalingPolicies"]
    configurations = {policy["PolicyName"]: policy["TargetTrackingScalingPolicyConfiguration"] for policy in policies}
    assert sorted(configurations) == [f"{SERVICE}-cpu", f"{SERVICE}-requests"]
    label = configurations[f"{SERVICE}-requests"]["PredefinedMetricSpecification"]["ResourceLabel"]
    assert label.startswith("app/sales-prod-alb/")
    assert "/targetgroup/sales-prod-mcp-server-tg/" in label

    scaled = Snapshot()

    # The autoscaler's number of tasks stays, whatever the inventory says.
    client("ecs").update_service(cluster="sales-prod", service=SERVICE, desiredCount=3)
    run = play("deploy.yml", **SCALED)
    assert (run.status, run.stats["changed"], run.writes) == (0, 0, []), run.failures
    (service,) = client("ecs").describe_services(cluster="sales-prod", services=[SERVICE])["services"]
    assert service["desiredCount"] == 3

    fewer = {**SCALED, "scaling_requests_target": "", "scaling_scheduled_actions": []}
    run = play("deploy.yml", **fewer, scaling_suspended=True)
    assert scaling_writes(run) == [
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DeleteScheduledAction",
    ]
    assert all(targets(scaling)[0]["SuspendedState"].values())

    # No longer scaled: the target goes first, so that the inventory's number holds in the same run.
    run = play("deploy.yml")
    assert targets(scaling) == []
    (service,) = client("ecs").describe_services(cluster="sales-prod", services=[SERVICE])["services"]
    assert service["desiredCount"] == 1

    # Nothing is left to do, and somebody else's target is left alone.
    scaling.register_scalable_target(**KEY, MinCapacity=1, MaxCapacity=2)
    run = play("deploy.yml")
    assert (run.status, run.stats["changed"], run.writes) == (0, 0, []), run.failures
    run = play("deploy.yml", **SCALED)
    assert run.status != 0
    assert "is foreign" in run.failures[-1]

    scaled.restore()
    assert len(targets(scaling)) == 1
    run = play("destroy.yml", **SCALED)
    assert run.status == 0, run.failures
    assert targets(scaling) == []


def test_who_does_not_scale_needs_no_right_to_ask(play: Play, aws: ControlPlane) -> None:
    denied = {"kind": "error", "code": "AccessDeniedException", "status": 400, "times": 99}
    aws.faults.add("application-autoscaling", "DescribeScalableTargets", **denied)
    run = play("deploy.yml", "--check")
    assert run.status == 0, run.failures
    run = play("deploy.yml", "--check", **SCALED)
    assert run.status != 0
    assert "AccessDenied" in run.failures[-1]
