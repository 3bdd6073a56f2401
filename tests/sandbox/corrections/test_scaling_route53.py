"""Application Auto Scaling and Route 53 as AWS has them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.control import ControlPlane
from tests.sandbox.conftest import Client

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
