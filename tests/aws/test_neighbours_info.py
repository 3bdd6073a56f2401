"""neighbours_info on the seeded stack: any change of what is not ours shows, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.filter.resources import neighbour_differences

OURS = {"quilt:deployment": "sales-prod-mcp-server-production"}


@pytest.fixture
def look(run_module: Any) -> Callable[[], dict[str, Any]]:
    def run() -> dict[str, Any]:
        result: dict[str, Any] = run_module("neighbours_info", load_balancer="sales-prod-alb", own_tags=OURS)
        assert result["writes"] == []
        return result

    return run


def listener(elb: Any) -> str:
    (balancer,) = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    found = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return str(next(one["ListenerArn"] for one in found if one["Port"] == 443))


def add_rule(elb: Any, tags: dict[str, str]) -> str:
    rule = elb.create_rule(
        ListenerArn=listener(elb),
        Priority=300,
        Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": ["x.example"]}}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )["Rules"][0]
    return str(rule["RuleArn"])


def foreign_rule(elb: Any) -> str:
    rules = elb.describe_rules(ListenerArn=listener(elb))["Rules"]
    return str(next(rule["RuleArn"] for rule in rules if rule["Priority"] == "500"))


def test_two_looks_are_the_same_and_cost_two_calls_for_each_group(look: Any) -> None:
    first, second = look(), look()
    assert len(first["neighbours"]) > 10
    assert first["neighbours"] == second["neighbours"]
    assert len(first["targets"]) > 2
    assert len(first["calls"]) <= 10 + 2 * len(first["targets"])


def test_what_is_ours_does_not_count(look: Any, client: Any) -> None:
    before = look()
    arn = add_rule(client("elbv2"), OURS)
    after = look()
    assert after["own"] == [arn]
    assert after["neighbours"] == before["neighbours"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            lambda elb, arn: elb.set_rule_priorities(RulePriorities=[{"RuleArn": arn, "Priority": 501}]),
            "has another Priority (501, was 500)",
        ),
        (
            lambda elb, arn: elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "a", "Value": "b"}]),
            'has another Tags ({"Stack": "sales-prod", "a": "b"}, was {"Stack": "sales-prod"})',
        ),
    ],
)
def test_a_change_of_a_foreign_rule_is_named(look: Any, client: Any, change: Any, text: str) -> None:
    elb = client("elbv2")
    arn = foreign_rule(elb)
    before = look()
    change(elb, arn)
    assert neighbour_differences(before, look()) == [f"listener rule {arn} (Stack=sales-prod) {text}"]


def test_a_foreign_rule_that_is_gone_is_named_with_the_target_group_that_it_kept(look: Any, client: Any) -> None:
    elb = client("elbv2")
    arn = foreign_rule(elb)
    before = look()
    elb.delete_rule(RuleArn=arn)
    lines = neighbour_differences(before, look())
    assert f"listener rule {arn} (Stack=sales-prod) is gone" in lines
    assert [line for line in lines if ":targetgroup/sales-prod-catalog/" in line and line.endswith(" is gone")]
    assert len(lines) == 2


def test_an_attribute_of_the_balancer_a_listener_and_a_target_group_are_named(look: Any, client: Any) -> None:
    elb = client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    group = elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"][0]["TargetGroupArn"]
    before = look()
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=balancer["LoadBalancerArn"], Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "99"}]
    )
    header = {"Key": "routing.http.response.server.enabled", "Value": "false"}
    elb.modify_listener_attributes(ListenerArn=listener(elb), Attributes=[header])
    elb.modify_target_group(TargetGroupArn=group, HealthCheckPath="/other")
    elb.modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": "slow_start.duration_seconds", "Value": "30"}]
    )
    found = neighbour_differences(before, look())
    assert [(line.split(" arn:")[0], line.rpartition(" has another ")[2]) for line in found] == [
        ("load balancer", "idle_timeout.timeout_seconds (99, was 60)"),
        ("listener", "routing.http.response.server.enabled (false, was none)"),
        ("target group", "HealthCheckPath (/other, was /healthcheck), slow_start.duration_seconds (30, was 0)"),
    ]
    assert all("(Stack=sales-prod)" in line for line in found)


def test_a_target_of_ours_in_a_group_of_others_is_named(look: Any, client: Any) -> None:
    elb = client("elbv2")
    arn = add_rule(elb, OURS)
    (balancer,) = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    theirs = elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"][0]
    ours = elb.create_target_group(
        Name="ours", Protocol="HTTP", Port=8000, VpcId=theirs["VpcId"], TargetType="ip",
        Tags=[{"Key": key, "Value": value} for key, value in OURS.items()],
    )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
    elb.modify_rule(RuleArn=arn, Actions=[{"Type": "forward", "TargetGroupArn": ours}])
    before = look()
    target = {"Id": "10.0.1.77", "Port": 8000}
    elb.register_targets(TargetGroupArn=ours, Targets=[target])
    assert neighbour_differences(before, look()) == []
    elb.register_targets(TargetGroupArn=theirs["TargetGroupArn"], Targets=[target])
    (line,) = neighbour_differences(before, look())
    assert theirs["TargetGroupArn"] in line and "target: ours (10.0.1.77:8000)" in line


def test_what_is_deleted_while_we_read_is_read_again(look: Any, client: Any, aws: Any) -> None:
    elb = client("elbv2")
    arn = add_rule(elb, {"Owner": "somebody"})
    aws.faults.add("elbv2", "DescribeTags", kind="before", times=1, callback=lambda: elb.delete_rule(RuleArn=arn))
    assert f"listener rule {arn}" not in look()["neighbours"]


def test_without_a_balancer_there_are_no_neighbours(run_module: Any, aws: Any) -> None:
    result = run_module("neighbours_info", load_balancer="missing", own_tags=OURS)
    assert (result["neighbours"], result["own"]) == ({}, [])
