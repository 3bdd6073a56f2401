"""Application Auto Scaling and Route 53 as AWS has them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client

SERVICE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/sales-prod/sales-prod-catalog",
    "ScalableDimension": "ecs:service:DesiredCount",
}
TRACKING = {
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 60.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    },
}


@pytest.fixture
def scaling(seeded: ControlPlane, client: Client) -> Any:
    return client("application-autoscaling")


def test_tags(scaling: Any) -> None:
    arn = scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=2, Tags={"a": "1"})[
        "ScalableTargetARN"
    ]
    scaling.tag_resource(ResourceARN=arn, Tags={"b": "2"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "2"}
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scaling.list_tags_for_resource(ResourceARN=arn + "x")


@pytest.mark.parametrize("limits", [{"MinCapacity": 3, "MaxCapacity": 2}, {"MinCapacity": 1}, {"MaxCapacity": 1}])
def test_impossible_limits_are_refused(scaling: Any, limits: dict[str, int]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        scaling.register_scalable_target(**SERVICE, **limits)


def test_one_limit_of_a_known_target_may_change(scaling: Any) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4)
    scaling.register_scalable_target(**SERVICE, MaxCapacity=6)
    with pytest.raises(ClientError, match="ValidationException"):
        scaling.register_scalable_target(**SERVICE, MinCapacity=7)
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 6)


def test_policies_by_name_and_gone_with_their_target(scaling: Any, client: Client) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4)
    for name in ("p", "q"):
        scaling.put_scaling_policy(PolicyName=name, **SERVICE, **TRACKING)
    found = scaling.describe_scaling_policies(ServiceNamespace="ecs", PolicyNames=["q"])["ScalingPolicies"]
    assert [policy["PolicyName"] for policy in found] == ["q"]
    scaling.deregister_scalable_target(**SERVICE)
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_a_target_tells_its_suspensions_and_the_service_linked_role(scaling: Any) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4, RoleARN="arn:aws:iam::1:role/mine")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert target["RoleARN"].endswith("/AWSServiceRoleForApplicationAutoScaling_ECSService")
    assert len(target["SuspendedState"]) == 3
    assert not any(target["SuspendedState"].values())
    scaling.register_scalable_target(**SERVICE, SuspendedState={"ScheduledScalingSuspended": True})
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert [name for name, value in target["SuspendedState"].items() if value] == ["ScheduledScalingSuspended"]
    scaling.register_scalable_target(**SERVICE, MaxCapacity=5)
    (same,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert same["SuspendedState"] == target["SuspendedState"]


NIGHT = {
    "ScheduledActionName": "night",
    "Schedule": "cron(0 20 * * ? *)",
    "ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 0},
}


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("put_scaling_policy", {"PolicyName": "p", **TRACKING}),
        ("put_scheduled_action", NIGHT),
        ("delete_scaling_policy", {"PolicyName": "p"}),
        ("delete_scheduled_action", {"ScheduledActionName": "night"}),
        ("deregister_scalable_target", {}),
    ],
    ids=str,
)
def test_what_is_not_there_is_not_found(scaling: Any, operation: str, request_: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        getattr(scaling, operation)(**SERVICE, **request_)


def test_a_policy_put_again_is_the_same_one(scaling: Any, client: Client) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4)
    first = scaling.put_scaling_policy(PolicyName="p", **SERVICE, **TRACKING)
    second = scaling.put_scaling_policy(PolicyName="p", **SERVICE, **TRACKING)
    assert second["PolicyARN"] == first["PolicyARN"]
    alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} == {alarm["AlarmName"] for alarm in second["Alarms"]}


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


@pytest.mark.parametrize(
    "wrong",
    [
        {"Schedule": "every evening"},
        {"ScalableTargetAction": {"MinCapacity": 2, "MaxCapacity": 1}},
        {"ScalableTargetAction": {}},
    ],
    ids=str,
)
def test_an_impossible_scheduled_action_is_refused(scaling: Any, wrong: dict[str, Any]) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4)
    with pytest.raises(ClientError, match="ValidationException"):
        scaling.put_scheduled_action(**SERVICE, **{**NIGHT, **wrong})
    assert scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []


def test_a_record_is_created_once(seeded: ControlPlane, client: Client) -> None:
    route53 = client("route53")
    zone_id = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    record = {"Name": "demo.quiltdata.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}

    def change(action: str, **more: str) -> None:
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": {**record, **more}}]}
        route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=batch)

    with pytest.raises(ClientError, match="InvalidChangeBatch"):
        change("CREATE")
    change("UPSERT")
    change("CREATE", Name="new.quiltdata.com")
