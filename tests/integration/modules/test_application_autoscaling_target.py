"""application_autoscaling_target and its info module beyond what tests/integration/modules/test_resources.py shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.emulator.control_plane import ControlPlane

SERVICE = "service/sales-prod/sales-prod-catalog"
KEY = {"ServiceNamespace": "ecs", "ResourceId": SERVICE, "ScalableDimension": "ecs:service:DesiredCount"}
OWN = {"quilt:deployment": "sales-prod-mcp-server-production"}
LABEL = "app/sales-prod-alb/0123456789abcdef/targetgroup/sales-prod-mcp-server-tg/0123456789abcdef"
LIMITS = {"min_capacity": 1, "max_capacity": 4}
STEP = {
    "policy_name": "step",
    "step_scaling_policy_configuration": {
        "adjustment_type": "ChangeInCapacity",
        "step_adjustments": [
            {"metric_interval_lower_bound": 10, "scaling_adjustment": 2},
            {"metric_interval_lower_bound": 0, "metric_interval_upper_bound": "10", "scaling_adjustment": 1},
        ],
    },
}
WINTER = {
    "scheduled_action_name": "winter",
    "schedule": "rate(1 day)",
    "start_time": "2026-12-01T00:00:00+01:00",
    "end_time": "2027-02-28",
    "scalable_target_action": {"max_capacity": 2},
}
SUSPENSIONS = ("dynamic_scaling_in_suspended", "dynamic_scaling_out_suspended", "scheduled_scaling_suspended")


def tracking(name: str, metric: str = "ECSServiceAverageCPUUtilization", **more: Any) -> dict[str, Any]:
    specification = {"predefined_metric_type": metric, **more}
    configuration = {"target_value": "60", "predefined_metric_specification": specification}
    return {"policy_name": name, "target_tracking_scaling_policy_configuration": configuration}


@pytest.fixture
def target(run_module: Any) -> Callable[..., Any]:
    def run(check: bool = False, **parameters: Any) -> Any:
        return run_module(
            "application_autoscaling_target", check, **{"resource_id": SERVICE, "require_tags": OWN, **parameters}
        )

    return run


@pytest.fixture
def scaling(client: Any) -> Any:
    return client("application-autoscaling")


def names(result: Any, field: str, key: str) -> list[str]:
    return [item[key] for item in result["scalable_target"][field] or []]


def test_every_kind_of_policy_and_action_once(target: Any) -> None:
    everything = {
        **LIMITS,
        "policies": [tracking("cpu"), tracking("requests", "ALBRequestCountPerTarget", resource_label=LABEL), STEP],
        "scheduled_actions": [WINTER],
    }
    first = target(**everything)
    assert first["writes"] == ["RegisterScalableTarget", *["PutScalingPolicy"] * 3, "PutScheduledAction"], first
    assert first["scalable_target"]["scheduled_actions"][0]["start_time"] == "2026-11-30T23:00:00+00:00"
    assert first["scalable_target"]["policies"][0]["target_tracking_scaling_policy_configuration"] == {
        "target_value": 60,
        "predefined_metric_specification": {"predefined_metric_type": "ECSServiceAverageCPUUtilization"},
        "disable_scale_in": False,
        "scale_in_cooldown": 300,
        "scale_out_cooldown": 300,
    }
    second = target(**everything)
    assert (second["changed"], second["writes"]) == (False, [])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"min_capacity": 5}, "min_capacity 5 is above max_capacity 4"),
        ({"resource_id": "sales-prod-catalog"}, "service/<cluster>/<service>"),
        (
            {"policies": [tracking("requests", "ALBRequestCountPerTarget")]},
            "requests: resource_label is ''\n.*needs one that names",
        ),
        ({"policies": [tracking("cpu"), tracking("cpu")]}, "cpu given more than once"),
        ({"policies": [tracking("cpu", "ECSServiceAverageCPU")]}, "policies, cpu: .*\n.* must be one of"),
        ({"policies": [tracking("cpu", labl=LABEL)]}, "policies, cpu: .*labl is not known"),
        ({"scheduled_actions": [{**WINTER, "scalable_target_action": {}}]}, "winter: scalable_target_action is empty"),
    ],
    ids=["no range", "no service", "no label", "twice", "unknown metric", "misspelled", "nothing to do"],
)
def test_invalid_is_refused_before_any_call(target: Any, wrong: dict[str, Any], said: str) -> None:
    result = target(**{**LIMITS, **wrong})
    assert result["failed"]
    assert result["calls"] == []
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(result["msg"])


def test_one_limit_is_judged_with_the_other_as_it_is(target: Any) -> None:
    target(**LIMITS)
    result = target(min_capacity=5)
    assert result["writes"] == []
    assert "min_capacity 5 is above max_capacity 4" in result["msg"]
    assert target(max_capacity=6)["scalable_target"]["min_capacity"] == 1


@pytest.mark.parametrize("check", [True, False])
def test_a_new_target_needs_both_limits(target: Any, check: bool) -> None:
    result = target(check, min_capacity=1)
    assert result["writes"] == []
    assert "needs min_capacity and max_capacity" in result["msg"]


def test_policies_and_actions_of_others_stay_unless_asked(target: Any, scaling: Any) -> None:
    target(**LIMITS, policies=[tracking("cpu")], scheduled_actions=[WINTER])
    step = {"AdjustmentType": "ExactCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}
    scaling.put_scaling_policy(**KEY, PolicyName="a", PolicyType="StepScaling", StepScalingPolicyConfiguration=step)
    scaling.put_scheduled_action(
        **KEY, ScheduledActionName="a", Schedule="rate(1 day)", ScalableTargetAction={"MinCapacity": 1}
    )
    kept = target(policies=[tracking("cpu")], scheduled_actions=[])
    assert not kept["changed"]
    assert not target(purge_policies=True, purge_scheduled_actions=True)["changed"]
    checked = target(True, policies=[tracking("cpu")], purge_policies=True)
    assert checked["writes"] == []
    assert names(checked, "policies", "policy_name") == ["cpu"]
    purged = target(policies=[tracking("cpu")], purge_policies=True)
    assert purged["writes"] == ["DeleteScalingPolicy"]
    assert names(purged, "policies", "policy_name") == ["cpu"]
    assert names(purged, "scheduled_actions", "scheduled_action_name") == ["a", "winter"]
    emptied = target(scheduled_actions=[], purge_scheduled_actions=True)
    assert emptied["writes"] == ["DeleteScheduledAction"] * 2
    assert emptied["scalable_target"]["scheduled_actions"] is None


def test_a_policy_becomes_one_of_another_type(target: Any) -> None:
    target(**LIMITS, policies=[tracking("p")])
    changed = target(policies=[{**STEP, "policy_name": "p"}])
    assert changed["writes"] == ["DeleteScalingPolicy", "PutScalingPolicy"]
    (policy,) = changed["scalable_target"]["policies"]
    assert policy["policy_type"] == "StepScaling"
    assert not target(policies=[{**STEP, "policy_name": "p"}])["changed"]


def test_suspended_and_resumed(target: Any) -> None:
    target(**LIMITS, policies=[tracking("cpu")])
    suspended = target(suspended_state=dict.fromkeys(SUSPENSIONS, True))
    assert suspended["writes"] == ["RegisterScalableTarget"]
    assert suspended["scalable_target"]["suspended_state"] == dict.fromkeys(SUSPENSIONS, True)
    assert not target(**LIMITS)["changed"]
    resumed = target(suspended_state=dict.fromkeys(SUSPENSIONS, False))
    assert resumed["scalable_target"]["suspended_state"] == dict.fromkeys(SUSPENSIONS, False)
    assert resumed["scalable_target"]["policies"] == suspended["scalable_target"]["policies"]


NIGHT = {
    "scheduled_action_name": "night",
    "schedule": "cron(0 20 * * ? *)",
    "scalable_target_action": {"min_capacity": 0, "max_capacity": 0},
}


def test_limits_that_a_scheduled_action_has_set_are_not_fought(target: Any, scaling: Any) -> None:
    target(**LIMITS, scheduled_actions=[NIGHT])
    scaling.register_scalable_target(**KEY, MinCapacity=0, MaxCapacity=0)  # what AWS does when it is night
    result = target(**LIMITS, scheduled_actions=[NIGHT])
    assert (result["changed"], result["writes"]) == (False, [])
    assert "min_capacity stays 0: scheduled action night set it" in result["warnings"][0]
    assert "max_capacity stays 0: scheduled action night set it" in result["warnings"][0]
    other = {**NIGHT, "scalable_target_action": {"min_capacity": 1}}
    result = target(**LIMITS, scheduled_actions=[other])
    assert result["writes"] == ["RegisterScalableTarget", "PutScheduledAction"]
    assert "warnings" not in result
    scaling.register_scalable_target(**KEY, MinCapacity=2, MaxCapacity=4)  # somebody's hand
    assert target(**LIMITS)["writes"] == ["RegisterScalableTarget"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("action", "held", "free"),
    [({"min_capacity": 1}, "min_capacity", "max_capacity"), ({"max_capacity": 4}, "max_capacity", "min_capacity")],
    ids=["only-min", "only-max"],
)
def test_a_limit_that_no_action_names_is_own(
    target: Any, action: dict[str, int], held: str, free: str, check: bool
) -> None:
    part = {**NIGHT, "scalable_target_action": action}
    target(**LIMITS, scheduled_actions=[part])
    result = target(check, **{**LIMITS, free: 3}, scheduled_actions=[part])
    assert result["scalable_target"][free] == 3
    assert result["writes"] == ([] if check else ["RegisterScalableTarget"])
    assert "warnings" not in result
    result = target(check, min_capacity=2, max_capacity=5)
    assert result["changed"]
    assert result["scalable_target"][held] == LIMITS[held]
    (warning,) = result["warnings"]
    assert f"{held} stays {LIMITS[held]}: scheduled action night set it" in warning
    assert free not in warning


def test_limits_that_conflict_with_one_of_an_action_name_the_action(target: Any) -> None:
    target(min_capacity=3, max_capacity=4, scheduled_actions=[{**NIGHT, "scalable_target_action": {"min_capacity": 3}}])
    result = target(min_capacity=1, max_capacity=2)
    assert result["failed"] and result["writes"] == []
    assert "scheduled action night set it" in result["msg"]
    assert "min_capacity 3 is above max_capacity 2" in result["msg"]


def test_a_role_that_aws_ignores_is_no_change(target: Any) -> None:
    role = "arn:aws:iam::850787717197:role/scaling"
    assert target(**LIMITS, role=role)["changed"]
    assert not target(**LIMITS, role=role)["changed"]


def test_a_target_that_vanishes_between_read_and_write_is_made_again(
    aws: ControlPlane, target: Any, scaling: Any
) -> None:
    target(**LIMITS)
    aws.faults.add(
        "application-autoscaling",
        "PutScalingPolicy",
        "before",
        callback=lambda: scaling.deregister_scalable_target(**KEY),
    )
    result = target(**LIMITS, policies=[tracking("cpu")])
    assert names(result, "policies", "policy_name") == ["cpu"]


def test_absent_takes_everything_with_it(target: Any, scaling: Any) -> None:
    target(**LIMITS, policies=[tracking("cpu")], scheduled_actions=[WINTER])
    assert target(state="absent")["writes"] == ["DeregisterScalableTarget"]
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []


def test_info(target: Any, run_module: Any) -> None:
    assert run_module("application_autoscaling_target_info")["scalable_targets"] == []
    made = target(**LIMITS, policies=[tracking("cpu")], scheduled_actions=[WINTER])["scalable_target"]
    result = run_module("application_autoscaling_target_info", True, resource_id=SERVICE)
    assert (result["changed"], result["writes"]) == (False, [])
    (found,) = result["scalable_targets"]
    assert found["scalable_target_arn"] == made["scalable_target_arn"]
    assert (found["min_capacity"], found["max_capacity"], found["tags"]) == (1, 4, OWN)
    assert len(found["policies"][0]["alarms"]) == 2
    assert found["scheduled_actions"][0]["scheduled_action_name"] == "winter"
    assert found["scaling_activities"] == []
    assert run_module("application_autoscaling_target_info", resource_id=SERVICE + "x")["scalable_targets"] == []
