"""assert_foreign_unchanged on the seeded stack: any change of another owner's resource is found, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.foreign_snapshot import read
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.run_snapshot import keep_snapshot, load_snapshot

from sandbox.emulator.control_plane import ControlPlane

OWN = {"quilt:deployment": "sales-prod-mcp-server-production"}


class Guard:
    """A run: what it found before its first write, and what it finds in the end."""

    def __init__(self, run_module: Any, elb: Any, file: Path) -> None:
        self._run, self._elb, self.file = run_module, elb, file

    def keep(self, balancer: str = "sales-prod-alb") -> dict[str, Any]:
        keep_snapshot(self._elb, balancer, OWN, str(self.file))
        snapshot = load_snapshot(str(self.file))
        assert snapshot
        before: dict[str, Any] = snapshot["before"]
        return before

    def compare(self) -> dict[str, Any]:
        result: dict[str, Any] = self._run("assert_foreign_unchanged", snapshot=str(self.file))
        assert result["writes"] == []
        return result


@pytest.fixture
def guard(run_module: Any, client: Any, tmp_path: Path) -> Guard:
    return Guard(run_module, client("elbv2"), tmp_path / "snapshot.json")


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


def test_nothing_is_compared_when_nothing_was_written(guard: Guard) -> None:
    result = guard.compare()
    assert (result["compared"], result["changes"], result["calls"]) == (False, [], [])


def test_the_first_snapshot_of_a_run_counts_and_the_file_is_gone_in_the_end(guard: Guard, client: Any) -> None:
    before = guard.keep()
    assert len(before["resources"]) > 10 and len(before["targets"]) > 2
    assert guard.file.stat().st_mode & 0o777 == 0o600
    arn = foreign_rule(client("elbv2"))
    client("elbv2").set_rule_priorities(RulePriorities=[{"RuleArn": arn, "Priority": 501}])
    assert guard.keep() == before
    result = guard.compare()
    assert result["failed"] and f"listener rule {arn.rpartition(':')[2]}" in result["msg"] and result["arns"] == [arn]
    assert len(result["calls"]) <= 10 + 2 * len(before["targets"])
    assert not guard.file.exists()


def test_what_this_deployment_owns_does_not_count(guard: Guard, client: Any) -> None:
    before = guard.keep()
    arn = add_rule(client("elbv2"), OWN)
    assert guard.compare()["changes"] == []
    after = read(client("elbv2"), "sales-prod-alb", OWN)
    assert (after["own"], after["resources"]) == ([arn], before["resources"])


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
def test_a_change_of_a_foreign_rule_is_named(guard: Guard, client: Any, change: Any, text: str) -> None:
    elb = client("elbv2")
    arn = foreign_rule(elb)
    guard.keep()
    change(elb, arn)
    result = guard.compare()
    assert result["failed"]
    assert result["changes"] == [f"listener rule {arn} (Stack=sales-prod) {text}"]
    assert "Remedy: ask CloudTrail who did it" in result["msg"]


def test_a_foreign_rule_that_is_gone_is_named_with_the_target_group_that_it_kept(guard: Guard, client: Any) -> None:
    elb = client("elbv2")
    arn = foreign_rule(elb)
    guard.keep()
    elb.delete_rule(RuleArn=arn)
    lines = guard.compare()["changes"]
    assert f"listener rule {arn} (Stack=sales-prod) is gone" in lines
    assert [line for line in lines if ":targetgroup/sales-prod-catalog/" in line and line.endswith(" is gone")]
    assert len(lines) == 2


def test_an_attribute_of_the_balancer_a_listener_and_a_target_group_are_named(guard: Guard, client: Any) -> None:
    elb = client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    group = elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"][0]["TargetGroupArn"]
    guard.keep()
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=balancer["LoadBalancerArn"], Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "99"}]
    )
    header = {"Key": "routing.http.response.server.enabled", "Value": "false"}
    elb.modify_listener_attributes(ListenerArn=listener(elb), Attributes=[header])
    elb.modify_target_group(TargetGroupArn=group, HealthCheckPath="/other")
    elb.modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": "slow_start.duration_seconds", "Value": "30"}]
    )
    found = guard.compare()["changes"]
    assert [(line.split(" arn:")[0], line.rpartition(" has another ")[2]) for line in found] == [
        ("load balancer", "idle_timeout.timeout_seconds (99, was 60)"),
        ("listener", "routing.http.response.server.enabled (false, was none)"),
        ("target group", "HealthCheckPath (/other, was /healthcheck), slow_start.duration_seconds (30, was 0)"),
    ]
    assert all("(Stack=sales-prod)" in line for line in found)


def a_pair(elb: Any, arn: str) -> tuple[str, str]:
    """The group of a rule of others that forwards to one, and another group of theirs."""
    (rule,) = elb.describe_rules(RuleArns=[arn])["Rules"]
    first = rule["Actions"][0]["TargetGroupArn"]
    vpc = elb.describe_target_groups(TargetGroupArns=[first])["TargetGroups"][0]["VpcId"]
    made = elb.create_target_group(Name="theirs-green", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    return first, made["TargetGroups"][0]["TargetGroupArn"]


def forward(weights: dict[str, int]) -> list[dict[str, Any]]:
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]


def test_a_deployment_of_others_that_shifts_its_traffic_is_no_change(guard: Guard, client: Any) -> None:
    elb, arn = client("elbv2"), foreign_rule(client("elbv2"))
    blue, green = a_pair(elb, arn)
    guard.keep()
    elb.modify_rule(RuleArn=arn, Actions=forward({blue: 90, green: 10}))
    assert guard.compare()["changes"] == []
    guard.keep()
    elb.modify_rule(RuleArn=arn, Actions=forward({blue: 0, green: 100}))
    assert guard.compare()["changes"] == []


def test_another_target_group_of_others_is_named_with_both(guard: Guard, client: Any) -> None:
    elb, arn = client("elbv2"), foreign_rule(client("elbv2"))
    blue, green = a_pair(elb, arn)
    guard.keep()
    elb.modify_rule(RuleArn=arn, Actions=forward({green: 1}))
    (line,) = (line for line in guard.compare()["changes"] if line.startswith("listener rule"))
    assert line.endswith(f"has another target groups ({green}, was {blue})")


def test_the_value_of_a_header_of_others_is_never_shown(guard: Guard, client: Any) -> None:
    elb, arn = client("elbv2"), foreign_rule(client("elbv2"))

    def conditions(secret: str) -> list[dict[str, Any]]:
        query = [{"Key": "token", "Value": f"{secret}-q"}]
        return [
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Origin-Verify", "Values": [secret]}},
            {"Field": "query-string", "QueryStringConfig": {"Values": query}},
        ]

    elb.modify_rule(RuleArn=arn, Conditions=conditions("hunter2"))
    guard.keep()
    assert "hunter2" not in guard.file.read_text()
    elb.modify_rule(RuleArn=arn, Conditions=conditions("swordfish"))
    result = guard.compare()
    assert result["failed"]
    assert "X-Origin-Verify" in result["msg"] and "token" in result["msg"]
    assert "hunter2" not in str(result) and "swordfish" not in str(result)


def test_a_target_of_this_deployment_in_a_group_of_others_is_named(guard: Guard, client: Any) -> None:
    elb = client("elbv2")
    arn = add_rule(elb, OWN)
    (balancer,) = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    theirs = elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"][0]
    own = elb.create_target_group(
        Name="own", Protocol="HTTP", Port=8000, VpcId=theirs["VpcId"], TargetType="ip",
        Tags=[{"Key": key, "Value": value} for key, value in OWN.items()],
    )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
    elb.modify_rule(RuleArn=arn, Actions=[{"Type": "forward", "TargetGroupArn": own}])
    guard.keep()
    target = {"Id": "10.0.1.77", "Port": 8000}
    elb.register_targets(TargetGroupArn=own, Targets=[target])
    assert guard.compare()["changes"] == []
    guard.keep()
    elb.register_targets(TargetGroupArn=theirs["TargetGroupArn"], Targets=[target])
    (line,) = guard.compare()["changes"]
    assert theirs["TargetGroupArn"] in line and "target: one of this deployment (10.0.1.77:8000)" in line


def test_a_change_of_another_deployment_is_a_warning(guard: Guard, client: Any) -> None:
    elb = client("elbv2")
    arn = add_rule(elb, {"quilt:deployment": "another"})
    guard.keep()
    elb.delete_rule(RuleArn=arn)
    result = guard.compare()
    assert not result.get("failed")
    assert f"another deployment changed meanwhile: listener rule {arn}" in str(result["warnings"])


def test_what_is_deleted_while_the_module_read_is_read_again(guard: Guard, client: Any, aws: Any) -> None:
    elb = client("elbv2")
    arn = add_rule(elb, {"Owner": "somebody"})
    fault = aws.faults.add(
        "elbv2", "DescribeTags", kind="before", times=1, callback=lambda: elb.delete_rule(RuleArn=arn)
    )
    assert f"listener rule {arn}" not in guard.keep()["resources"]
    assert fault.fired == 1


def test_without_a_balancer_there_is_nothing_of_others(guard: Guard) -> None:
    found = guard.keep("missing")
    assert (found["resources"], found["own"]) == ({}, [])


@pytest.mark.parametrize("kind", ["listener", "listener rule"])
def test_what_somebody_deletes_while_it_looks_is_not_in_the_snapshot(
    guard: Guard, aws: ControlPlane, client: Any, kind: str
) -> None:
    elb = client("elbv2")
    arn = listener(elb) if kind == "listener" else foreign_rule(elb)
    before = set(guard.keep()["resources"])
    guard.file.unlink()
    delete = (
        (lambda: elb.delete_listener(ListenerArn=arn)) if kind == "listener" else (lambda: elb.delete_rule(RuleArn=arn))
    )
    aws.faults.add("elbv2", "DescribeTags", "before", callback=delete)
    assert f"{kind} {arn}" in before - set(guard.keep()["resources"])
