"""The scalable target of Application Auto Scaling, with its policies and scheduled actions."""

from __future__ import annotations

from typing import Any

from tests.kinds import Conflict, Kind

TARGET = frozenset({"service_namespace", "resource_id", "scalable_dimension"})
LIMITS = {"min_capacity": 1, "max_capacity": 4}
NIGHT = {
    "scheduled_action_name": "night",
    "schedule": "cron(0 20 * * ? *)",
    "scalable_target_action": {"min_capacity": 0, "max_capacity": 0},
}


def tracking(name: str, target: float) -> dict[str, Any]:
    metric = {"predefined_metric_type": "ECSServiceAverageCPUUtilization"}
    configuration = {"target_value": target, "predefined_metric_specification": metric}
    return {"policy_name": name, "target_tracking_scaling_policy_configuration": configuration}


KIND = Kind(
    module="application_autoscaling_target",
    identity={"resource_id": "service/sales-prod/sales-prod-catalog"},
    full={
        **LIMITS,
        "suspended_state": {"scheduled_scaling_suspended": True},
        "policies": [tracking("cpu", 60)],
        "scheduled_actions": [NIGHT],
    },
    changes={
        "min_capacity": 2,
        "max_capacity": 5,
        "suspended_state": {"scheduled_scaling_suspended": False},
        "policies": [tracking("cpu", 70)],
        "scheduled_actions": [{**NIGHT, "timezone": "Europe/Berlin"}],
    },
    unpredictable=frozenset({"scalable_target_arn", "creation_time", "role_arn"}),
    tag=lambda autoscaling, target, tags: autoscaling.tag_resource(
        ResourceARN=target["scalable_target_arn"], Tags=tags
    ),
    replace=None,
    conflict=Conflict(
        code="ConcurrentUpdateException",
        runs=(
            {**LIMITS, "policies": [tracking("cpu", 60)], "scheduled_actions": [NIGHT]},
            {"policies": [], "purge_policies": True, "scheduled_actions": [], "purge_scheduled_actions": True},
            {"state": "absent"},
        ),
    ),
    samples={"max_capacity": 9},
    operations={"policies": "PutScalingPolicy", "scheduled_actions": "PutScheduledAction"},
    different={
        # Only ECS services are scaled: of all namespaces and dimensions the module has one.
        "service_namespace": frozenset({"*"}),
        "scalable_dimension": frozenset({"*"}),
        # Policies and actions take the target's own key from it.
        "policies": TARGET,
        "scheduled_actions": TARGET,
    },
)
