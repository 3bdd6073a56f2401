"""The corrected elbv2: load balancers, listeners, target groups and targets, over boto3."""

from __future__ import annotations

import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.emulator.services.elbv2 import backend as elbv2
from sandbox.emulator.services.elbv2 import health
from sandbox.testing.elbv2_stack import Document, Stack, fixed, forward, refused

IP = {"Id": "10.0.1.5"}


@pytest.fixture
def stack(empty: ControlPlane) -> Stack:
    return Stack.build(empty)


def attributes(stack: Stack, arn: str) -> dict[str, str]:
    found = stack.elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    return {one["Key"]: one["Value"] for one in found}


def describe(stack: Stack, arn: str) -> Document:
    found: Document = stack.elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]
    return found


def test_health_check_defaults_of_an_http_group(stack: Stack) -> None:
    found = describe(stack, stack.group())
    assert {key: value for key, value in found.items() if key.startswith(("Health", "Un", "Matcher", "Proto"))} == {
        "Protocol": "HTTP",
        "ProtocolVersion": "HTTP1",
        "HealthCheckEnabled": True,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckPath": "/",
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "Matcher": {"HttpCode": "200"},
    }


def test_modify_changes_what_is_given(stack: Stack) -> None:
    arn = stack.group(HealthCheckPath="/healthz")
    stack.elb.modify_target_group(
        TargetGroupArn=arn, Matcher={"HttpCode": "200-299"}, HealthyThresholdCount=2, HealthCheckIntervalSeconds=10
    )
    found = describe(stack, arn)
    assert found["Matcher"] == {"HttpCode": "200-299"}
    assert (found["HealthyThresholdCount"], found["HealthCheckIntervalSeconds"]) == (2, 10)
    assert found["HealthCheckPath"] == "/healthz"


def test_creating_the_same_group_again_succeeds(stack: Stack) -> None:
    arn = stack.group("same")
    assert stack.group("same") == arn
    refused("DuplicateTargetGroupName", stack.group, "same", Port=8001)


def test_attributes_have_defaults_and_come_back_whole(stack: Stack) -> None:
    arn = stack.group()
    before = attributes(stack, arn)
    assert before["deregistration_delay.timeout_seconds"] == "300"
    assert before["stickiness.type"] == "lb_cookie"
    assert before["load_balancing.algorithm.type"] == "round_robin"
    assert "waf.fail_open.enabled" not in before
    change = [{"Key": "deregistration_delay.timeout_seconds", "Value": "0"}]
    answer = stack.elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=change)
    assert {one["Key"]: one["Value"] for one in answer["Attributes"]} == attributes(stack, arn)
    assert attributes(stack, arn) == before | {"deregistration_delay.timeout_seconds": "0"}


def test_a_group_in_use_is_not_deleted_and_knows_its_load_balancer(stack: Stack) -> None:
    arn = stack.group()
    assert describe(stack, arn)["LoadBalancerArns"] == []
    rule = stack.rule(1, Actions=[forward(arn)])["RuleArn"]
    assert describe(stack, arn)["LoadBalancerArns"] == [stack.balancer_arn]
    refused("ResourceInUse", stack.elb.delete_target_group, TargetGroupArn=arn)
    stack.elb.modify_rule(RuleArn=rule, Actions=[fixed()])
    assert describe(stack, arn)["LoadBalancerArns"] == []
    stack.elb.modify_listener(ListenerArn=stack.https, DefaultActions=[forward(arn)])
    refused("ResourceInUse", stack.elb.delete_target_group, TargetGroupArn=arn)
    stack.elb.delete_listener(ListenerArn=stack.https)
    stack.elb.delete_target_group(TargetGroupArn=arn)
    refused("TargetGroupNotFound", stack.elb.describe_target_groups, TargetGroupArns=[arn])
    stack.elb.delete_target_group(TargetGroupArn=arn)


def test_targets_of_an_unused_group_are_unused_then_healthy(stack: Stack) -> None:
    arn = stack.group()
    stack.elb.register_targets(TargetGroupArn=arn, Targets=[IP])
    assert stack.health(arn) == {"10.0.1.5:8000": "unused Target.NotInUse"}
    stack.rule(1, Actions=[forward(arn)])
    assert stack.health(arn) == {"10.0.1.5:8000": "healthy"}


def test_health_is_what_somebody_decided(stack: Stack, empty: ControlPlane) -> None:
    arn = stack.group()
    stack.rule(1, Actions=[forward(arn)])
    stack.elb.register_targets(TargetGroupArn=arn, Targets=[IP])
    backend = elbv2.backend_of(empty.account_id, empty.region)
    backend.set_target_health(arn, "10.0.1.5", 8000, health.mismatch(503))
    assert stack.health(arn) == {"10.0.1.5:8000": "unhealthy Target.ResponseCodeMismatch"}
    described = stack.elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"][0]
    assert described["TargetHealth"]["Description"] == "Health checks failed with these codes: [503]"
    assert described["HealthCheckPort"] == "8000"
    backend.set_target_health(arn, "10.0.1.5", 8000, None)
    health.watch(empty.account_id, empty.region)
    try:
        assert stack.health(arn) == {"10.0.1.5:8000": "initial Elb.InitialHealthChecking"}
    finally:
        health.unwatch(empty.account_id, empty.region)


def test_targets_are_watched_until_the_last_load_balancer_stops(empty: ControlPlane) -> None:
    for _ in range(2):
        health.watch(empty.account_id, empty.region)
    health.unwatch(empty.account_id, empty.region)
    assert health.is_watched(empty.account_id, empty.region)
    health.unwatch(empty.account_id, empty.region)
    assert not health.is_watched(empty.account_id, empty.region)


def test_an_address_may_be_registered_with_several_ports(stack: Stack) -> None:
    arn = stack.group()
    stack.rule(1, Actions=[forward(arn)])
    stack.elb.register_targets(TargetGroupArn=arn, Targets=[IP, IP | {"Port": 9000}])
    stack.elb.register_targets(TargetGroupArn=arn, Targets=[IP])
    assert stack.health(arn) == {"10.0.1.5:8000": "healthy", "10.0.1.5:9000": "healthy"}
    refused("ValidationError", stack.elb.register_targets, TargetGroupArn=arn, Targets=[{"Id": "i-123"}])


def test_deregistered_targets_drain_and_then_are_unused(
    stack: Stack, empty: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = {"now": 0.0}
    monkeypatch.setattr(health, "now", lambda: seconds["now"])
    monkeypatch.setenv("SANDBOX_SPEED", "10")
    arn = stack.group()
    stack.rule(1, Actions=[forward(arn)])
    stack.elb.register_targets(TargetGroupArn=arn, Targets=[IP])
    stack.elb.deregister_targets(TargetGroupArn=arn, Targets=[IP])
    assert stack.health(arn) == {"10.0.1.5:8000": "draining Target.DeregistrationInProgress"}
    seconds["now"] = 29
    assert stack.health(arn) == {"10.0.1.5:8000": "draining Target.DeregistrationInProgress"}
    seconds["now"] = 31
    assert stack.health(arn) == {}
    assert stack.health(arn, IP) == {"10.0.1.5:8000": "unused Target.NotRegistered"}
    # AWS: "If the specified target does not exist, the action returns successfully."
    stack.elb.deregister_targets(TargetGroupArn=arn, Targets=[IP])


def test_a_draining_target_that_is_registered_again_starts_again(stack: Stack) -> None:
    arn = stack.group()
    stack.rule(1, Actions=[forward(arn)])
    for call in (stack.elb.register_targets, stack.elb.deregister_targets, stack.elb.register_targets):
        call(TargetGroupArn=arn, Targets=[IP])
    assert stack.health(arn) == {"10.0.1.5:8000": "healthy"}


def test_targets_of_an_unused_group_do_not_drain(stack: Stack) -> None:
    arn = stack.group()
    stack.elb.register_targets(TargetGroupArn=arn, Targets=[IP])
    stack.elb.deregister_targets(TargetGroupArn=arn, Targets=[IP])
    assert stack.health(arn) == {}


def test_names_of_load_balancers_and_ports_of_listeners_are_unique(stack: Stack) -> None:
    refused("DuplicateLoadBalancerName", stack.elb.create_load_balancer, Name="alb", Subnets=stack.subnets)
    refused(
        "DuplicateListener",
        stack.elb.create_listener,
        LoadBalancerArn=stack.balancer_arn,
        Protocol="HTTP",
        Port=443,
        DefaultActions=[fixed()],
    )


def test_attributes_and_zone_of_a_load_balancer(stack: Stack) -> None:
    found = stack.elb.describe_load_balancer_attributes(LoadBalancerArn=stack.balancer_arn)["Attributes"]
    values = {one["Key"]: one["Value"] for one in found}
    assert values["idle_timeout.timeout_seconds"] == "60"
    assert values["routing.http.desync_mitigation_mode"] == "defensive"
    assert values["routing.http.drop_invalid_header_fields.enabled"] == "false"
    balancer = stack.elb.describe_load_balancers(Names=["alb"])["LoadBalancers"][0]
    assert balancer["CanonicalHostedZoneId"] == "Z35SXDOTRQ7X7K"


def test_deletion_protection(stack: Stack) -> None:
    arn = stack.balancer_arn
    protect = {"Key": "deletion_protection.enabled", "Value": "true"}
    stack.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[protect])
    refused("OperationNotPermitted", stack.elb.delete_load_balancer, LoadBalancerArn=arn)
    stack.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[protect | {"Value": "false"}])
    stack.elb.delete_load_balancer(LoadBalancerArn=arn)
    refused("ListenerNotFound", stack.elb.describe_rules, ListenerArn=stack.https)
