"""Tags that begin with `aws:` are AWS's own: a request that sets or removes one is refused, in each protocol."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.tagged import METRIC

RESERVED = {"aws:x": "1"}
UPPER, LOWER = [{"Key": "AWS:x", "Value": "1"}], [{"key": "aws:x", "value": "1"}]
ARN = "arn:aws:elasticloadbalancing:us-east-1:850787717197:targetgroup/x/1"


@pytest.mark.parametrize(
    ("service", "operation", "request_", "code"),
    [
        ("logs", "create_log_group", {"logGroupName": "x", "tags": RESERVED}, "InvalidParameterException"),
        ("ecs", "create_cluster", {"clusterName": "x", "tags": LOWER}, "InvalidParameterException"),
        ("ecr", "create_repository", {"repositoryName": "xx", "tags": UPPER}, "InvalidTagParameterException"),
        ("ssm", "put_parameter", {"Name": "x", "Value": "1", "Type": "String", "Tags": UPPER}, "ValidationException"),
        ("elbv2", "create_target_group", {"Name": "x", "Tags": UPPER}, "ValidationError"),
        ("elbv2", "remove_tags", {"ResourceArns": [ARN], "TagKeys": ["aws:x"]}, "ValidationError"),
        ("cloudwatch", "put_metric_alarm", {**METRIC, "Tags": UPPER}, "InvalidParameterValue"),
        ("iam", "create_role", {"RoleName": "x", "AssumeRolePolicyDocument": "{}", "Tags": UPPER}, "InvalidInput"),
        (
            "ec2",
            "create_vpc",
            {"CidrBlock": "10.0.0.0/16", "TagSpecifications": [{"ResourceType": "vpc", "Tags": UPPER}]},
            "InvalidParameterValue",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_tag_of_aws_is_refused(
    empty: ControlPlane, client: Client, service: str, operation: str, request_: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError, match="prefixed tag key names are not allowed") as refused:
        getattr(client(service), operation)(**request_)
    assert refused.value.response["Error"]["Code"] == code
    assert [call.status for call in empty.calls()] == [400]


def test_the_platform_is_aws(empty: ControlPlane, client: Client) -> None:
    empty.platform("ecs").create_cluster(clusterName="x", tags=LOWER)
    with pytest.raises(ClientError, match="prefixed tag key names"):
        client("ecs").untag_resource(
            resourceArn="arn:aws:ecs:us-east-1:850787717197:cluster/x", tagKeys=["aws:x", "mine"]
        )
    (cluster,) = client("ecs").describe_clusters(clusters=["x"], include=["TAGS"])["clusters"]
    assert cluster["tags"] == LOWER


def test_a_value_may_begin_like_that(empty: ControlPlane, client: Client) -> None:
    client("ecs").create_cluster(clusterName="x", tags=[{"key": "mine", "value": "aws:x"}])
    client("elbv2").create_target_group(Name="x", TargetType="lambda", Tags=[{"Key": "mine", "Value": "aws:x"}])
