"""The order of a first deployment, and the effect of a change to another owner's resources."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Play, State

    from sandbox.emulator.control_plane import ControlPlane


def hosts(client: Callable[[str], Any], aws: ControlPlane) -> dict[str, list[str]]:
    """Host conditions by priority, of the rules with the deployment's tag."""
    elb = client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    found = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    arn = next(one["ListenerArn"] for one in found if one["Port"] == 443)
    return {
        rule["Priority"]: condition["Values"]
        for rule in elb.describe_rules(ListenerArn=arn)["Rules"]
        for condition in rule["Conditions"]
        if condition["Field"] == "host-header"
    }


def test_the_public_host_is_routed_only_when_the_service_is_healthy(
    play: Play, client: Callable[[str], Any], aws: ControlPlane
) -> None:
    refused = play("deploy.yml", ecs_service_desired_count=0)
    assert (refused.status != 0, refused.writes) == (True, [])
    assert refused.failures[0].splitlines()[:2] == [
        "Refused to deploy sales-prod-mcp-server-production",
        "Found: ecs_service_desired_count is 0, and the service has never served",
    ]

    seen: list[dict[str, list[str]]] = []
    aws.faults.add("ecs", "CreateService", kind="before", times=1, callback=lambda *_: seen.append(hosts(client, aws)))
    run = play("deploy.yml")
    assert run.status == 0, run.failures
    assert seen[0]["102"] == ["sales-prod-mcp-server-production.invalid"]
    operations = [write.rpartition(":")[2] for write in run.writes]
    order = [one for one in operations if one in ("CreateRule", "CreateService", "ModifyRule")]
    assert order == ["CreateRule", "CreateService", "ModifyRule"]
    assert hosts(client, aws)["102"] == ["demo.quiltdata.com"]
    # As if another run had finished the first deployment after this one had looked.
    aws.faults.add("ecs", "DescribeServices", "error", code="ClusterNotFoundException", status=400, times=1)
    again = play("deploy.yml")
    assert (again.stats["changed"], again.writes) == (0, [])
    assert [found["served"] for found in again.results("lookup | Look up the deployments of the service")] == [
        False,
        True,
    ]


def test_a_public_host_that_could_not_be_routed_is_refused_before_the_rule_is_hidden(
    play: Play, client: Callable[[str], Any]
) -> None:
    """The hidden host could be routed. The service must not be deployed for a host that nobody reaches."""
    elb = client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    found = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    foreign = elb.create_rule(
        ListenerArn=next(one["ListenerArn"] for one in found if one["Port"] == 443),
        Priority=50,
        Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": ["demo.quiltdata.com"]}}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Rules"][0]["RuleArn"]
    run = play("deploy.yml")
    assert run.status != 0 and foreign.rpartition(":")[2] in run.failures[0], run.failures
    operations = {write.rpartition(":")[2] for write in run.writes}
    assert operations & {"CreateRule", "CreateService", "ModifyRule"} == set()


def test_what_an_interrupted_run_of_another_strategy_left_goes_with_the_second_deployment(
    play: Play, client: Callable[[str], Any]
) -> None:
    elb, ec2 = client("elbv2"), client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["sales-prod"]}])["Vpcs"]
    own = [{"Key": "quilt:deployment", "Value": "sales-prod-mcp-server-production"}]
    name = "sales-prod-mcp-server-tg-b"
    elb.create_target_group(Name=name, Protocol="HTTP", Port=8000, TargetType="ip", VpcId=vpc["VpcId"], Tags=own)

    def left() -> bool:
        return name in {group["TargetGroupName"] for group in elb.describe_target_groups()["TargetGroups"]}

    first = play("deploy.yml")
    assert (first.status, left()) == (0, True), first.failures
    second = play("deploy.yml")
    assert [write.rpartition(":")[2] for write in second.writes] == ["DeleteTargetGroup"], second.failures
    assert not left()
    assert play("deploy.yml").stats["changed"] == 0


@pytest.mark.parametrize("playbook", ["deploy.yml", "destroy.yml"])
def test_a_foreign_resource_that_changed_fails_the_run_and_is_named(
    play: Play, client: Callable[[str], Any], aws: ControlPlane, playbook: str
) -> None:
    if playbook == "destroy.yml":
        assert play("deploy.yml").status == 0
    elb = client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    arn = balancer["LoadBalancerArn"]
    change = {"Key": "idle_timeout.timeout_seconds", "Value": "99"}
    # Between the first write to the load balancer and the end.
    operation = ("ecs", "CreateService") if playbook == "deploy.yml" else ("elbv2", "DeleteTargetGroup")
    aws.faults.add(
        *operation,
        kind="before",
        times=1,
        callback=lambda *_: elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[change]),
    )
    run = play(playbook)
    (message,) = [result["msg"] for result in run.results("Verify that nothing of others changed")]
    assert run.status != 0
    short = arn.rpartition(":")[2]
    assert f"load balancer {short} (Stack=sales-prod) has another idle_timeout.timeout_seconds (99, was 60)" in message
    assert "Remedy: ask CloudTrail who did it" in message


def test_what_others_do_while_a_run_writes_nothing_is_their_own_business(
    deployed: State, play: Play, client: Callable[[str], Any], aws: ControlPlane
) -> None:
    """Nobody looks: not a call is made for it."""
    elb = client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    change = {"Key": "idle_timeout.timeout_seconds", "Value": "98"}
    aws.faults.add(
        "ecs",
        "DescribeTaskDefinition",
        kind="before",
        times=1,
        callback=lambda *_: elb.modify_load_balancer_attributes(
            LoadBalancerArn=balancer["LoadBalancerArn"], Attributes=[change]
        ),
    )
    run = play("deploy.yml")
    assert (run.status, run.stats["changed"], run.writes) == (0, 0, []), run.failures
    (compared,) = run.results("Verify that nothing of others changed")
    assert compared["compared"] is False
    assert "DescribeTargetHealth" not in {call.operation for call in run.calls}
