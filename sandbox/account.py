"""Everything in the sandbox's account that a deployment could touch, read through the API.

For those who compare: what belongs to others must stay as it was, and what a deployment owns must end the same way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

OWNER_TAG = "quilt:deployment"

# What time alone changes.
_VOLATILE = {"ResponseMetadata", "events", "RoleLastUsed", "LastAccessedDate", "storedBytes"}
# Times, and what AWS generates at random: ids of EC2, deployments and roles, ends of ARNs, addresses.
_TIMES = {"creationTime"}
_DRAWN = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{16,17}|[0-9]{19}"
    r"|A[A-Z0-9]{15,20}|10(?:\.[0-9]{1,3}){3})(?![0-9A-Za-z./])"
)

Found = tuple[str, dict[str, Any], dict[str, str]]
"""Key, document and tags of a resource."""


class Account:
    """Reads everything that a deployment could change."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        """`client` makes boto3 clients by name."""
        self.client = client

    def read(self) -> Iterator[Found]:
        """Yield key, document and tags of every resource."""
        yield from self._elbv2()
        yield from self._ec2()
        yield from self._ecs()
        yield from self._iam()
        yield from self._logs()
        yield from self._ecr()
        yield from self._scaling()
        yield from self._parameters()
        yield from self._alarms()

    def owned(self) -> dict[str, str]:
        """Key to canonical text of each resource with the owner's tag, the same whenever and in whatever way made."""
        found = [(key, document, tags) for key, document, tags in self.read() if OWNER_TAG in tags]
        texts = [(_DRAWN.sub("<drawn>", key), _text(_timeless(document), tags)) for key, document, tags in found]
        normal = sorted((key, _DRAWN.sub("<drawn>", text)) for key, text in texts)
        # Two rules of one listener differ in what was drawn alone.
        return {f"{key} #{number}": text for number, (key, text) in enumerate(normal)}

    def foreign(self) -> dict[str, str]:
        """Key to canonical text of every resource that does not carry the owner's tag."""
        return {key: _text(document, tags) for key, document, tags in self.read() if OWNER_TAG not in tags}

    def _elbv2(self) -> Iterator[Found]:
        elbv2 = self.client("elbv2")

        def tags(arn: str) -> dict[str, str]:
            found = elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
            return {tag["Key"]: tag["Value"] for tag in found}

        for balancer in elbv2.describe_load_balancers()["LoadBalancers"]:
            arn = balancer["LoadBalancerArn"]
            balancer["Attributes"] = elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
            yield arn, balancer, tags(arn)
            for listener in elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
                yield listener["ListenerArn"], listener, tags(listener["ListenerArn"])
                pages = elbv2.get_paginator("describe_rules").paginate(ListenerArn=listener["ListenerArn"])
                for page in pages:
                    for rule in page["Rules"]:
                        yield rule["RuleArn"], rule, tags(rule["RuleArn"])
        for group in elbv2.describe_target_groups()["TargetGroups"]:
            arn = group["TargetGroupArn"]
            group["Attributes"] = elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
            health = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
            group["Targets"] = [target["Target"] for target in health]
            yield arn, group, tags(arn)

    def _ec2(self) -> Iterator[Found]:
        ec2 = self.client("ec2")
        for operation, key, identity in (
            ("describe_security_groups", "SecurityGroups", "GroupId"),
            ("describe_subnets", "Subnets", "SubnetId"),
            ("describe_route_tables", "RouteTables", "RouteTableId"),
            ("describe_vpcs", "Vpcs", "VpcId"),
        ):
            for found in getattr(ec2, operation)()[key]:
                # A task's interface takes an address of its subnet; that is use, not a change.
                found.pop("AvailableIpAddressCount", None)
                yield found[identity], found, {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}

    def _ecs(self) -> Iterator[Found]:
        ecs = self.client("ecs")
        for cluster in ecs.list_clusters()["clusterArns"]:
            services = ecs.list_services(cluster=cluster)["serviceArns"]
            described = ecs.describe_services(cluster=cluster, services=services, include=["TAGS"])["services"]
            for service in described if services else []:
                yield service["serviceArn"], service, {tag["key"]: tag["value"] for tag in service.get("tags", [])}
        for arn in ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"]:
            found = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
            yield arn, found["taskDefinition"], {tag["key"]: tag["value"] for tag in found.get("tags", [])}

    def _iam(self) -> Iterator[Found]:
        iam = self.client("iam")
        for role in iam.list_roles()["Roles"]:
            name = role["RoleName"]
            role = iam.get_role(RoleName=name)["Role"]
            role["Inline"] = {
                policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
            }
            role["Attached"] = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
            tags = {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=name)["Tags"]}
            yield role["Arn"], role, tags

    def _logs(self) -> Iterator[Found]:
        logs = self.client("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            yield group["arn"], group, logs.list_tags_log_group(logGroupName=group["logGroupName"])["tags"]

    def _ecr(self) -> Iterator[Found]:
        ecr = self.client("ecr")
        for repository in ecr.describe_repositories()["repositories"]:
            found = ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
            yield repository["repositoryArn"], repository, {tag["Key"]: tag["Value"] for tag in found}

    def _scaling(self) -> Iterator[Found]:
        scaling = self.client("application-autoscaling")
        for target in scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]:
            where = {"ServiceNamespace": "ecs", "ResourceId": target["ResourceId"]}
            target["Policies"] = scaling.describe_scaling_policies(**where)["ScalingPolicies"]
            target["Actions"] = scaling.describe_scheduled_actions(**where)["ScheduledActions"]
            arn = target.pop("ScalableTargetARN")
            yield (
                f"scalable target {target['ResourceId']}",
                target,
                scaling.list_tags_for_resource(ResourceARN=arn)["Tags"],
            )

    def _parameters(self) -> Iterator[Found]:
        ssm = self.client("ssm")
        for page in ssm.get_paginator("describe_parameters").paginate():
            for found in page["Parameters"]:
                tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=found["Name"])["TagList"]
                yield f"parameter {found['Name']}", found, {tag["Key"]: tag["Value"] for tag in tags}

    def _alarms(self) -> Iterator[Found]:
        cloudwatch = self.client("cloudwatch")
        for alarm in cloudwatch.describe_alarms()["MetricAlarms"]:
            if alarm["AlarmName"].startswith("TargetTracking-"):
                continue  # Application Auto Scaling's own, which come and go with a scaling policy
            tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
            yield alarm["AlarmArn"], alarm, {tag["Key"]: tag["Value"] for tag in tags}


def _text(document: Any, tags: dict[str, str]) -> str:
    return json.dumps({"document": _stable(document), "tags": tags}, sort_keys=True, default=str, indent=1)


def _stable(value: Any) -> Any:
    """The document without what time alone changes."""
    if isinstance(value, dict):
        return {key: _stable(item) for key, item in value.items() if key not in _VOLATILE}
    if isinstance(value, list):
        return [_stable(item) for item in value]
    return value


def _timeless(value: Any) -> Any:
    """The document without when it was made."""
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if key not in _TIMES}
    if isinstance(value, list):
        return [_timeless(item) for item in value]
    return "<time>" if isinstance(value, datetime) else value
