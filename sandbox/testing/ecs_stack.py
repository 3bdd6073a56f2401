"""The smallest stack that a Fargate service needs, laid over the API. For the tests of ECS and of Fargate."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.dataplane.context import Context, Engine
from sandbox.emulator.control_plane import ControlPlane
from sandbox.network import AddressBook
from sandbox.tls import Certificates

DEFINITION: dict[str, Any] = {
    "family": "app",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [
        {"name": "app", "image": "process:quilt_mcp_server:1", "portMappings": [{"containerPort": 8000}]}
    ],
}


@dataclass
class Stack:
    """Identifiers of the stack, and the clients that laid it."""

    ecs: Any
    elbv2: Any
    ec2: Any
    subnets: list[str]
    security_group: str
    target_group: str

    def register(self, **fields: Any) -> str:
        """Register DEFINITION with other fields; `container` is merged into its only container. Answers the ARN."""
        container = DEFINITION["containerDefinitions"][0] | fields.pop("container", {})
        request = DEFINITION | {"containerDefinitions": [container]} | fields
        return str(self.ecs.register_task_definition(**request)["taskDefinition"]["taskDefinitionArn"])

    def service_request(self, **fields: Any) -> dict[str, Any]:
        return {
            "cluster": "main",
            "serviceName": "web",
            "taskDefinition": "app",
            "desiredCount": 1,
            "launchType": "FARGATE",
            "networkConfiguration": {
                "awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.security_group]}
            },
            "loadBalancers": [
                {"targetGroupArn": self.target_group, "containerName": "app", "containerPort": 8000},
            ],
        } | fields

    def create(self, **fields: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.ecs.create_service(**self.service_request(**fields))["service"]
        return answer

    def update(self, **fields: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.ecs.update_service(cluster="main", service="web", **fields)["service"]
        return answer

    def describe(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.ecs.describe_services(cluster="main", services=["web"])["services"][0]
        return answer

    def tasks(self, status: str = "RUNNING") -> list[dict[str, Any]]:
        """The service's tasks of one desired status."""
        arns = self.ecs.list_tasks(cluster="main", serviceName="web", desiredStatus=status)["taskArns"]
        found: list[dict[str, Any]] = self.ecs.describe_tasks(cluster="main", tasks=arns)["tasks"] if arns else []
        return found


def lay(client: Any) -> Stack:
    """VPC with a subnet in two zones, a load balancer with a listener, a target group behind it, and a cluster."""
    ec2, elbv2, ecs = client("ec2"), client("elbv2"), client("ecs")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for n, zone in ((1, "us-east-1a"), (2, "us-east-1b"))
    ]
    group = ec2.create_security_group(GroupName="app", Description="app", VpcId=vpc)["GroupId"]
    balancer = elbv2.create_load_balancer(Name="main", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    target_group = elbv2.create_target_group(
        Name="app", Protocol="HTTP", Port=8000, VpcId=vpc, TargetType="ip", HealthCheckPath="/healthz"
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
    )
    ecs.create_cluster(clusterName="main", capacityProviders=["FARGATE", "FARGATE_SPOT"])
    return Stack(ecs, elbv2, ec2, subnets, group, target_group)


def role(client: Any, name: str = "execution") -> str:
    """Create a role that ECS may assume; its ARN."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    return str(client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])


def completed(stack: Stack) -> bool:
    service = stack.describe()
    return len(service["deployments"]) == 1 and service["deployments"][0]["rolloutState"] == "COMPLETED"


def context(plane: ControlPlane, tmp_path: Path, engine: Engine = "process", **fields: Any) -> Context:
    """A data plane's context; `fields` replace the ones that the tests seldom need."""
    nowhere = tmp_path / "none"
    values: dict[str, Any] = dict(
        home=tmp_path,
        home_id="test",
        account_id=plane.account_id,
        region=plane.region,
        endpoint_url=plane.url,
        aws_socket=nowhere,
        addresses=AddressBook(),
        certificates=Certificates(nowhere, nowhere, nowhere),
        credentials=plane.credentials,
        routes=plane.routes,
        registry=None,
        registry_auth=None,
        engine=engine,
    )
    return Context(**values | fields)


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """Wait for something true; the assertion shows what was asked."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {condition}")
