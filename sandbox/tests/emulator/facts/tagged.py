"""How each service that the collection writes to makes a tagged resource, and adds tags to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import TASKS
from sandbox.tests.emulator.facts.scaling import SERVICE

Tags = list[tuple[str, str]]

REGION, ACCOUNT = "us-east-1", "850787717197"
METRIC = {
    "AlarmName": "x",
    "Namespace": "n",
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 1,
}


def upper(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags]


def lower(tags: Tags) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags]


def _target_group(client: Client) -> str:
    (group,) = client("elbv2").describe_target_groups(Names=["x"])["TargetGroups"]
    return str(group["TargetGroupArn"])


def _vpc(client: Client) -> str:
    return str(client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"][0]["VpcId"])


CREATE: dict[str, Callable[[Client, Tags], Any]] = {
    "cloudwatch": lambda client, tags: client("cloudwatch").put_metric_alarm(**METRIC, Tags=upper(tags)),
    "ec2": lambda client, tags: client("ec2").create_vpc(
        CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": upper(tags)}]
    ),
    "ecr": lambda client, tags: client("ecr").create_repository(repositoryName="xx", tags=upper(tags)),
    "ecs": lambda client, tags: client("ecs").create_cluster(clusterName="x", tags=lower(tags)),
    "elbv2": lambda client, tags: client("elbv2").create_target_group(Name="x", TargetType="lambda", Tags=upper(tags)),
    "iam": lambda client, tags: client("iam").create_role(
        RoleName="x", AssumeRolePolicyDocument=TASKS, Tags=upper(tags)
    ),
    "logs": lambda client, tags: client("logs").create_log_group(logGroupName="x", tags=dict(tags)),
    "ssm": lambda client, tags: client("ssm").put_parameter(Name="x", Value="1", Type="String", Tags=upper(tags)),
}
ADD: dict[str, Callable[[Client, Tags], Any]] = {
    "cloudwatch": lambda client, tags: client("cloudwatch").tag_resource(
        ResourceARN=f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:x", Tags=upper(tags)
    ),
    "ec2": lambda client, tags: client("ec2").create_tags(Resources=[_vpc(client)], Tags=upper(tags)),
    "ecr": lambda client, tags: client("ecr").tag_resource(
        resourceArn=f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/xx", tags=upper(tags)
    ),
    "ecs": lambda client, tags: client("ecs").tag_resource(
        resourceArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/x", tags=lower(tags)
    ),
    "elbv2": lambda client, tags: client("elbv2").add_tags(ResourceArns=[_target_group(client)], Tags=upper(tags)),
    "iam": lambda client, tags: client("iam").tag_role(RoleName="x", Tags=upper(tags)),
    "logs": lambda client, tags: client("logs").tag_resource(
        resourceArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:x", tags=dict(tags)
    ),
    "ssm": lambda client, tags: client("ssm").add_tags_to_resource(
        ResourceType="Parameter", ResourceId="x", Tags=upper(tags)
    ),
}


def scalable_target(client: Client, tags: Tags) -> Any:
    """Tags of a scalable target, which needs the seeded service."""
    return client("application-autoscaling").register_scalable_target(
        **SERVICE, MinCapacity=1, MaxCapacity=2, Tags=dict(tags)
    )
