"""A small load balancer stack over boto3, for the tests of the corrected elbv2 and of the balancer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane

Document = dict[str, Any]


@cache
def _client(service: str, url: str, region: str) -> Any:
    """Kept for all tests: making a boto3 client takes longer than most of them."""
    session: Any = boto3
    keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
    return session.client(service, endpoint_url=url, region_name=region, **keys)


@dataclass
class Stack:
    """One ALB with an HTTPS and an HTTP listener that answer 404 by default. `elb` is the boto3 client."""

    elb: Any
    vpc_id: str
    subnets: list[str]
    balancer_arn: str
    https: str
    http: str
    _names: list[str] = field(default_factory=list)

    @classmethod
    def build(cls, plane: ControlPlane, name: str = "alb") -> Stack:
        ec2, elb = (_client(service, plane.url, plane.region) for service in ("ec2", "elbv2"))
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
                "SubnetId"
            ]
            for n, zone in ((101, "a"), (102, "b"))
        ]
        balancer = elb.create_load_balancer(Name=name, Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        certificate = f"arn:aws:acm:{plane.region}:{plane.account_id}:certificate/demo"
        https = elb.create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTPS",
            Port=443,
            Certificates=[{"CertificateArn": certificate}],
            DefaultActions=[fixed("404")],
        )["Listeners"][0]["ListenerArn"]
        http = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[fixed("404")])
        return cls(elb, vpc, subnets, balancer, https, http["Listeners"][0]["ListenerArn"])

    def rule(self, priority: int, conditions: list[Document] | None = None, **more: Any) -> Document:
        """Create a rule on the HTTPS listener unless ListenerArn says otherwise."""
        request = {"ListenerArn": self.https, "Actions": [fixed()], "Conditions": conditions or [path("/x")]} | more
        rule: Document = self.elb.create_rule(Priority=priority, **request)["Rules"][0]
        return rule

    def rules(self, **request: Any) -> list[Document]:
        found: list[Document] = self.elb.describe_rules(**(request or {"ListenerArn": self.https}))["Rules"]
        return found

    def group(self, name: str = "", **more: Any) -> str:
        """Create a target group of ip targets and give its ARN."""
        self._names.append(name or f"group-{len(self._names)}")
        request = {"Protocol": "HTTP", "Port": 8000, "VpcId": self.vpc_id, "TargetType": "ip"} | more
        return str(self.elb.create_target_group(Name=self._names[-1], **request)["TargetGroups"][0]["TargetGroupArn"])

    def health(self, group: str, *targets: Document) -> dict[str, str]:
        """State, or state and reason, by "ip:port"."""
        answer = self.elb.describe_target_health(
            TargetGroupArn=group, **({"Targets": list(targets)} if targets else {})
        )
        return {
            f"{one['Target']['Id']}:{one['Target']['Port']}": " ".join(
                filter(None, (one["TargetHealth"]["State"], one["TargetHealth"].get("Reason")))
            )
            for one in answer["TargetHealthDescriptions"]
        }


def refused(code: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """Expect a ClientError with this code and give its message."""
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return str(caught.value.response["Error"]["Message"])


def host(*values: str) -> Document:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(values)}}


def path(*values: str) -> Document:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}


def header(name: str, *values: str) -> Document:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": list(values)}}


def method(*values: str) -> Document:
    return {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": list(values)}}


def source(*values: str) -> Document:
    return {"Field": "source-ip", "SourceIpConfig": {"Values": list(values)}}


def query(*pairs: tuple[str, str]) -> Document:
    values = [{"Key": key, "Value": value} if key else {"Value": value} for key, value in pairs]
    return {"Field": "query-string", "QueryStringConfig": {"Values": values}}


def fixed(code: str = "200", body: str = "") -> Document:
    config = {"StatusCode": code} | ({"MessageBody": body, "ContentType": "text/plain"} if body else {})
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def forward(*groups: str) -> Document:
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": arn} for arn in groups]}}
