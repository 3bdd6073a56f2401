"""The acceptance cases of elb_listener_rule, each against the corrected elbv2 over HTTP. Numbers are the cases'."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

Document = dict[str, Any]

NAME = "sales-prod-mcp-server-production"
READS = ("DescribeRules", "DescribeTags", "DescribeListeners", "DescribeLoadBalancers")


def host(*values: str) -> Document:
    return {"field": "host-header", "values": list(values)}


def path(*values: str) -> Document:
    return {"field": "path-pattern", "values": list(values)}


def fixed(code: str = "200") -> Document:
    return {"type": "fixed-response", "fixed_response_config": {"status_code": code}}


MCP = [host("demo.quiltdata.com"), path("/mcp", "/mcp/*")]


@dataclass
class Listener:
    """A listener of its own balancer without foreign rules, and the module run against it."""

    elb: Any
    run_module: Callable[..., Document]
    aws: Any
    balancer: str
    arn: str

    def run(self, check: bool = False, **parameters: Any) -> Document:
        given: Document = {"name": NAME, "listener_arn": self.arn, "conditions": MCP, "actions": [fixed()]}
        given |= parameters
        return self.run_module(
            "elb_listener_rule", check=check, **{key: value for key, value in given.items() if value is not None}
        )

    def foreign(self, priority: int, *conditions: Document, tags: Document | None = None, **more: Any) -> str:
        """A rule of somebody else."""
        camel = [_camel(condition) for condition in conditions]
        request: Document = {"Actions": [_FIXED], **more}
        if tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        rule = self.elb.create_rule(ListenerArn=self.arn, Priority=priority, Conditions=camel, **request)
        return str(rule["Rules"][0]["RuleArn"])

    def rules(self) -> list[Document]:
        found: list[Document] = self.elb.describe_rules(ListenerArn=self.arn)["Rules"]
        return found

    def priorities(self) -> list[str]:
        return [rule["Priority"] for rule in self.rules() if not rule["IsDefault"]]

    def ours(self) -> Document:
        arns = {rule["RuleArn"]: rule for rule in self.rules()}
        tags = self.elb.describe_tags(ResourceArns=list(arns))["TagDescriptions"]
        own = [one["ResourceArn"] for one in tags if {"Key": "quilt:rule", "Value": NAME} in one["Tags"]]
        assert len(own) == 1, own
        return arns[own[0]]


_FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}


def _camel(condition: Document) -> Document:
    names = {"values": "Values", "regex_values": "RegexValues", "http_header_name": "HttpHeaderName"}
    config = {names[key]: value for key, value in condition.items() if key != "field"}
    return {"Field": condition["field"], _CONFIGS[condition["field"]]: config}


@pytest.fixture
def listener(aws: Any, client: Callable[[str], Any], run_module: Callable[..., Document]) -> Iterator[Listener]:
    elb, ec2 = client("elbv2"), client("ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
    by_zone = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]}
    assert subnets
    balancer = elb.create_load_balancer(Name="shared", Subnets=list(by_zone.values()))["LoadBalancers"][0]
    certificate = client("acm").list_certificates()["CertificateSummaryList"][0]["CertificateArn"]
    arn = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[_FIXED],
    )["Listeners"][0]["ListenerArn"]
    yield Listener(elb, run_module, aws, balancer["LoadBalancerArn"], arn)


def test_01_a_second_run_changes_and_writes_nothing(listener: Listener) -> None:
    first = listener.run(tags={"team": "mcp"})
    assert first["changed"] and first["priority"] == 100 and first["writes"] == ["CreateRule"], first
    assert first["rule"]["tags"] == {"quilt:rule": NAME, "team": "mcp"}
    second = listener.run(tags={"team": "mcp"})
    assert not second["changed"] and second["writes"] == []
    assert [call.operation for call in second["calls"]] == ["DescribeRules", "DescribeTags"]
    assert second["rule_arn"] == first["rule_arn"] and second["diff"]["before"] == second["diff"]["after"]
