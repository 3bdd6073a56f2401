"""The corrected elbv2: what the service rejects, over boto3. One stack for all tests, which must not change it."""

from __future__ import annotations

import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.elbv2_stack import (
    Document,
    Stack,
    fixed,
    forward,
    header,
    host,
    method,
    path,
    query,
    refused,
    source,
)

LOGIN: Document = {
    "Type": "authenticate-oidc",
    "Order": 1,
    "AuthenticateOidcConfig": {
        "Issuer": "https://idp.example.com",
        "AuthorizationEndpoint": "https://idp.example.com/auth",
        "TokenEndpoint": "https://idp.example.com/token",
        "UserInfoEndpoint": "https://idp.example.com/user",
        "ClientId": "client",
        "ClientSecret": "secret",
    },
}


@pytest.fixture(scope="module")
def stack(control_plane: ControlPlane) -> Stack:
    control_plane.reset(seed=False)
    return Stack.build(control_plane)


@pytest.fixture(scope="module")
def group(stack: Stack) -> str:
    return stack.group("good")


@pytest.mark.parametrize(
    "conditions",
    [
        pytest.param([path("/1", "/2", "/3"), host("a.x", "b.x", "c.x")], id="six values over two conditions"),
        pytest.param([path("*/a/*"), host("*.*.*"), header("X", "*")], id="six wildcards"),
        pytest.param([path("/a"), path("/b")], id="two paths"),
        pytest.param([host("a.x"), host("b.x")], id="two hosts"),
        pytest.param([method("GET"), method("PUT")], id="two methods"),
        pytest.param([source("10.0.0.0/8"), source("11.0.0.0/8")], id="two source ips"),
        pytest.param([path()], id="no value"),
        pytest.param([path("")], id="empty value"),
        pytest.param([path("/" + "a" * 128)], id="path too long"),
        pytest.param([path("/a b")], id="path with a space"),
        pytest.param([host("a" * 129)], id="host too long"),
        pytest.param([host("a_b.x")], id="host with an underscore"),
        pytest.param([host("localhost")], id="host without a dot"),
        pytest.param([host("*")], id="host that is a wildcard alone"),
        pytest.param([host("demo.example.com:8443")], id="host with a port"),
        pytest.param([host("münchen.example.com")], id="host with an umlaut"),
        pytest.param([host("10.0.0.1")], id="host that is an address"),
        pytest.param([host("demo.example.com.")], id="host with a dot at its end"),
        pytest.param([{"Field": "host-header", "Values": ["localhost"]}], id="host without a dot in the older form"),
        pytest.param([path("/café")], id="path with an accent"),
        pytest.param([path("/a;b")], id="path with a semicolon"),
        pytest.param([path("/a%20b")], id="path with a percent sign"),
        pytest.param([path("/a#b")], id="path with a number sign"),
        pytest.param([path("/a=b")], id="path with an equals sign"),
        pytest.param([method("GET*")], id="method with a wildcard"),
        pytest.param([header("Host", "a.example.com")], id="header that is the host"),
        pytest.param([header("X-*", "v")] * 6, id="six header values"),
        pytest.param([header("X", "v" * 129)], id="header value too long"),
        pytest.param([query(("", "v" * 129))], id="query value too long"),
        pytest.param([header("X" * 41, "v")], id="header name too long"),
        pytest.param([header("X Y", "v")], id="header name with a space"),
        pytest.param([method("get")], id="lower-case method"),
        pytest.param([method("M" * 41)], id="method too long"),
        pytest.param([source("10.0.0.1")], id="address without a prefix"),
        pytest.param([source("10.0.0.0/33")], id="not a CIDR"),
        pytest.param([query(("k" * 129, "v"))], id="query key too long"),
        pytest.param([query(("k", ""))], id="query without a value"),
        pytest.param([{"Field": "path-pattern", "Values": ["/a", "/b"]}], id="two values in the older form"),
        pytest.param([{**path("/a"), "Values": ["/a"]}], id="both forms"),
        pytest.param([{**host("a.x"), "Values": ["a.x"]}], id="both forms of a host"),
        pytest.param([{"Field": "http-header", "Values": ["a"]}], id="older form of a header"),
        pytest.param([{**path("/a"), **host("a.x")}], id="config of another field"),
        pytest.param([{"Field": "port", "Values": ["1"]}], id="unknown field"),
        pytest.param(
            [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"], "RegexValues": ["^/b"]}}],
            id="values and regexes",
        ),
        pytest.param([{"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["("]}}], id="broken regex"),
    ],
)
def test_conditions_that_the_service_rejects(stack: Stack, conditions: list[Document]) -> None:
    refused("ValidationError", stack.rule, 1, conditions)
    assert [rule["Priority"] for rule in stack.rules()] == ["default"]


@pytest.mark.parametrize(
    "conditions",
    [
        pytest.param([host("*.example.com", "api-*.*", "a?.example.com")], id="hosts with wildcards"),
        pytest.param([host("Demo.Example.COM")], id="a host in capitals"),
        pytest.param([path("/A-z_0.9$/~\"'@:+&*?")], id="each character of a path"),
        pytest.param([path("*.png")], id="a path without a slash at its beginning"),
        pytest.param([method("GET", "MY-METHOD_X")], id="methods"),
        pytest.param([header("X-Forwarded-For", "10.*")], id="a header"),
        pytest.param([query(("", "v*"), ("k", "a&b=ü"))], id="query strings"),
        pytest.param([source("10.0.0.0/8", "2001:db8::/32")], id="networks of both families"),
    ],
)
def test_conditions_that_the_service_accepts(stack: Stack, conditions: list[Document]) -> None:
    rule = stack.rule(1, conditions)
    assert [one["Field"] for one in rule["Conditions"]] == [one["Field"] for one in conditions]
    stack.elb.delete_rule(RuleArn=rule["RuleArn"])


@pytest.mark.parametrize("name", ["a" * 33, "a_b", "-a", "a-", "internal-a"])
def test_names_that_the_service_rejects(stack: Stack, name: str) -> None:
    refused("ValidationError", stack.elb.create_load_balancer, Name=name, Subnets=stack.subnets)
    if not name.startswith("internal-"):
        refused("ValidationError", stack.group, name)


@pytest.mark.parametrize(
    ("code", "actions"),
    [
        pytest.param("ValidationError", [], id="none"),
        pytest.param("ValidationError", [fixed("302")], id="fixed response 3XX"),
        pytest.param("InvalidLoadBalancerAction", [fixed() | {"Order": 1}, fixed() | {"Order": 2}], id="two routings"),
        pytest.param("ValidationError", [LOGIN, fixed()], id="order missing"),
        pytest.param("ValidationError", [LOGIN, fixed() | {"Order": 1}], id="the same order twice"),
        pytest.param(
            "InvalidLoadBalancerAction",
            [fixed() | {"Order": 1}, LOGIN | {"Order": 2}],
            id="routing not last",
        ),
        pytest.param(
            "InvalidLoadBalancerAction",
            [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Query": "a=b"}}],
            id="redirect loop",
        ),
        pytest.param(
            "InvalidLoadBalancerAction",
            [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Protocol": "HTTP"}}],
            id="redirect from HTTPS to HTTP",
        ),
        pytest.param(
            "TargetGroupNotFound",
            [forward("arn:aws:elasticloadbalancing:us-east-1:850787717197:targetgroup/gone/1234567890123456")],
            id="no such target group",
        ),
    ],
)
def test_actions_that_the_service_rejects(stack: Stack, code: str, actions: list[Document]) -> None:
    refused(code, stack.rule, 1, Actions=actions)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"HealthCheckIntervalSeconds": 301}, id="interval"),
        pytest.param({"HealthCheckTimeoutSeconds": 121, "HealthCheckIntervalSeconds": 300}, id="timeout"),
        pytest.param({"HealthCheckTimeoutSeconds": 30}, id="timeout not below the interval"),
        pytest.param({"HealthyThresholdCount": 11}, id="healthy threshold"),
        pytest.param({"UnhealthyThresholdCount": 11}, id="unhealthy threshold"),
        pytest.param({"HealthCheckPath": "healthz"}, id="path"),
        pytest.param({"HealthCheckPort": "http"}, id="port"),
        pytest.param({"Matcher": {"HttpCode": "200-500"}}, id="matcher"),
        pytest.param({"HealthCheckEnabled": False}, id="switched off"),
    ],
)
def test_health_checks_that_the_service_rejects(stack: Stack, group: str, settings: Document) -> None:
    refused("ValidationError", stack.group, "bad", **settings)
    before = stack.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
    refused("ValidationError", stack.elb.modify_target_group, TargetGroupArn=group, **settings)
    assert stack.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"] == before


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("deregistration_delay.timeout_seconds", "3601"),
        ("stickiness.enabled", "True"),
        ("stickiness.lb_cookie.duration_seconds", "0"),
        ("load_balancing.algorithm.type", "random"),
        ("no.such.key", "1"),
    ],
)
def test_attributes_that_the_service_rejects(stack: Stack, group: str, key: str, value: str) -> None:
    change = [{"Key": key, "Value": value}]
    refused("ValidationError", stack.elb.modify_target_group_attributes, TargetGroupArn=group, Attributes=change)
