"""What belongs to others in the sandbox's account: save it, compare it, and look for what is left of ours.

    python neighbours.py save|compare|gone      (SANDBOX_HOME names the sandbox)

Ours is whatever carries the tag quilt:deployment; everything else must stay byte for byte as it was.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3

OWNER_TAG = "quilt:deployment"
HOME = Path(os.environ["SANDBOX_HOME"])
SAVED = HOME / "neighbours.json"
# What time alone changes.
VOLATILE = {"ResponseMetadata", "events", "RoleLastUsed", "LastAccessedDate", "storedBytes"}
OURS_BY_NAME = {"quilt-mcp-server", "/ecs/mcp-server-production"}


class Account:
    """Reads everything that a deployment could touch."""

    def __init__(self) -> None:
        state = json.loads((HOME / "state.json").read_text())
        self._session = boto3.Session(aws_access_key_id="neighbours", aws_secret_access_key="neighbours")
        self._options = {"endpoint_url": state["aws_endpoint_url"], "region_name": state["region"]}

    def client(self, service: str) -> Any:
        return self._session.client(service, **self._options)

    def read(self) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
        """Yield key, document and tags of every resource."""
        yield from self._elbv2()
        yield from self._ec2()
        yield from self._ecs()
        yield from self._iam()
        yield from self._logs()
        yield from self._ecr()
        yield from self._ssm()

    def _elbv2(self) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
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

    def _ec2(self) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
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

    def _ecs(self) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
        ecs = self.client("ecs")
        for cluster in ecs.list_clusters()["clusterArns"]:
            services = ecs.list_services(cluster=cluster)["serviceArns"]
            described = ecs.describe_services(cluster=cluster, services=services, include=["TAGS"])["services"]
            for service in described if services else []:
                yield service["serviceArn"], service, {tag["key"]: tag["value"] for tag in service.get("tags", [])}
        for arn in ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"]:
            found = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
            yield arn, found["taskDefinition"], {tag["key"]: tag["value"] for tag in found.get("tags", [])}

    def _iam(self) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
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

    def _logs(self) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
        logs = self.client("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            yield group["arn"], group, logs.list_tags_log_group(logGroupName=group["logGroupName"])["tags"]

    def _ecr(self) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
        ecr = self.client("ecr")
        for repository in ecr.describe_repositories()["repositories"]:
            found = ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
            yield repository["repositoryArn"], repository, {tag["Key"]: tag["Value"] for tag in found}

    def _ssm(self) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
        ssm = self.client("ssm")
        for page in ssm.get_paginator("describe_parameters").paginate():
            for parameter in page["Parameters"]:
                name = parameter["Name"]
                found = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
                yield f"ssm {name}", parameter, {tag["Key"]: tag["Value"] for tag in found}


def stable(value: Any) -> Any:
    """The document without what time alone changes."""
    if isinstance(value, dict):
        return {key: stable(item) for key, item in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [stable(item) for item in value]
    return value


def foreign() -> dict[str, str]:
    """Key to canonical text of every resource that does not carry our tag."""
    return {
        key: json.dumps({"document": stable(document), "tags": tags}, sort_keys=True, default=str, indent=1)
        for key, document, tags in Account().read()
        if OWNER_TAG not in tags
    }


def compare() -> int:
    """Print each difference from what was saved; return 1 if there is one."""
    before, after = json.loads(SAVED.read_text()), foreign()
    if not before:
        print("nothing was saved, so nothing was compared")
        return 1
    different = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    for key in different:
        print(f"{key}\n  before: {before.get(key, 'absent')}\n  after:  {after.get(key, 'absent')}")
    return 1 if different else 0


def gone() -> int:
    """Print what is left of ours; return 1 if there is something."""
    left = [key for key, _, tags in Account().read() if OWNER_TAG in tags or key.rsplit("/", 1)[-1] in OURS_BY_NAME]
    print("\n".join(left))
    return 1 if left else 0


def main() -> int:
    if sys.argv[1] == "save":
        SAVED.write_text(json.dumps(foreign()))
        return 0
    return {"compare": compare, "gone": gone}[sys.argv[1]]()


if __name__ == "__main__":
    sys.exit(main())
