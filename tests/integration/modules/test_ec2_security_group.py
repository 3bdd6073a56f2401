"""Behavior of ec2_security_group alone: its rules one by one, and a group in use."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils import cloud

from sandbox.emulator.control_plane import ControlPlane
from tests.kinds.ec2_security_group import rule, vpc

NAME = "mcp-tasks"
OWN = {"quilt:deployment": "sales-prod-mcp-server-production"}
ALL = {"protocol": "-1", "from_port": None, "to_port": None, "cidr_ip": "0.0.0.0/0", "description": ""}

Result = dict[str, Any]


@pytest.fixture
def group(run_module: Any, client: Any) -> Callable[..., Result]:
    """group(check=False, **parameters): the module in the stack's VPC."""
    where = vpc(client)

    def run(check: bool = False, **parameters: Any) -> Result:
        usual = {"group_name": NAME, "description": "Tasks", "require_tags": OWN, **where}
        given = {key: value for key, value in {**usual, **parameters}.items() if value is not None}
        result: Result = run_module("ec2_security_group", check=check, **given)
        return result

    return run


def groups(client: Any) -> list[Result]:
    filters = [{"Name": "group-name", "Values": [NAME]}]
    found: list[Result] = client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return found


def peers(permissions: list[Result]) -> list[tuple[Any, str]]:
    return [(one.get("FromPort"), peer["CidrIp"]) for one in permissions for peer in one["IpRanges"]]


@pytest.mark.parametrize(
    ("egress", "writes", "left"),
    [
        pytest.param(None, [], [(None, "0.0.0.0/0")], id="unset: what EC2 allows"),
        pytest.param([], ["RevokeSecurityGroupEgress"], [], id="none"),
        pytest.param(
            [rule(443)],
            ["AuthorizeSecurityGroupEgress", "RevokeSecurityGroupEgress"],
            [(443, "10.0.0.0/16")],
            id="one rule alone",
        ),
    ],
)
def test_the_default_egress_of_a_new_group(
    group: Any, client: Any, egress: Any, writes: list[str], left: list[Any]
) -> None:
    planned = group(check=True, egress=egress)
    made = group(egress=egress)
    assert made["writes"] == ["CreateSecurityGroup", *writes]
    assert made["diff"] == planned["diff"]
    assert made["security_group"]["egress"] == planned["security_group"]["egress"]
    assert peers(groups(client)[0]["IpPermissionsEgress"]) == left
    assert not group(egress=egress)["changed"]
    if egress is None:
        assert made["security_group"]["egress"] == [ALL]


def test_what_is_new_is_allowed_before_what_is_old_is_revoked(group: Any, client: Any) -> None:
    group(ingress=[rule(8000), rule(8001)])
    seen = group(ingress=[rule(8001), rule(9000), rule(9001)])
    assert seen["writes"] == ["AuthorizeSecurityGroupIngress"] * 2 + ["RevokeSecurityGroupIngress"]
    assert sorted(peers(groups(client)[0]["IpPermissions"])) == [(port, "10.0.0.0/16") for port in (8001, 9000, 9001)]


def test_another_description_of_a_rule_stops_no_traffic(group: Any, client: Any) -> None:
    group(ingress=[rule(8000)])
    assert group(ingress=[rule(8000, "the load balancer")])["writes"] == ["UpdateSecurityGroupRuleDescriptionsIngress"]
    (permission,) = groups(client)[0]["IpPermissions"]
    assert permission["IpRanges"][0]["Description"] == "the load balancer"


def test_rules_that_no_list_names_stay(group: Any) -> None:
    group(ingress=[rule(8000)], egress=[rule(443)])
    again = group()
    assert (again["changed"], len(again["security_group"]["ingress"])) == (False, 1)


@pytest.mark.parametrize("times", [2, None])
def test_a_group_that_stopped_tasks_still_hold_is_waited_for(
    group: Any, aws: ControlPlane, client: Any, monkeypatch: pytest.MonkeyPatch, times: int | None
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(cloud, "time", SimpleNamespace(sleep=slept.append))
    group()
    held = "resource sg-1 has a dependent object"
    place = ("ec2", "DeleteSecurityGroup", "error")
    fault = aws.faults.add(*place, code="DependencyViolation", status=400, message=held, times=times)
    result = group(state="absent")
    if times:
        assert result["changed"] and not result.get("failed") and groups(client) == []
        assert (fault.fired, len(slept)) == (2, 2)
    else:
        assert held in result["msg"] and len(groups(client)) == 1
        assert fault.fired == 15


def test_a_new_group_needs_a_description_and_a_vpc(group: Any) -> None:
    result = group(description=None, vpc_id=None)
    assert result["msg"].startswith(f"Refused to create security group {NAME}\n")
    assert "Remedy: give description and vpc_id" in result["msg"]
    assert result["writes"] == []


def test_what_ec2_would_refuse_is_said_before_the_first_call(group: Any) -> None:
    result = group(ingress=[{"proto": "tcp", "ports": [99999], "cidr_ip": "10.0.0.0/8"}], egress=[{"port": 1}])
    assert "ingress[0].ports has 99999\nReason: ports are numbers from 0 to 65535" in result["msg"]
    assert (
        "egress[0] has port\nReason: a rule has proto, ports" in result["msg"]
        and "egress[0] has no proto" in result["msg"]
    )
    assert result["calls"] == []


def test_of_several_groups_of_the_name_only_those_of_the_owner_are_deleted(group: Any, client: Any) -> None:
    """Without a VPC, as it may have another name by the time of a removal."""
    ec2 = client("ec2")
    other = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ec2.create_security_group(GroupName=NAME, Description="theirs", VpcId=other)
    group()
    group(vpc_id=ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"])
    gone = group(state="absent", vpc_id=None, description=None)
    assert gone["writes"] == ["DeleteSecurityGroup"] * 2
    assert [one["VpcId"] for one in groups(client)] == [other]
    foreign = group(state="absent", vpc_id=None, description=None)
    assert "is foreign" in foreign["msg"] and foreign["writes"] == []
    assert not group(state="absent", vpc_id=None, description=None, leave_foreign=True)["changed"]


def test_a_network_with_bits_of_a_host_is_no_change_in_a_second_run(group: Any) -> None:
    egress = [{"proto": "tcp", "ports": [443], "cidr_ip": "10.0.1.7/16"}]
    assert group(egress=egress)["changed"]
    assert not group(egress=egress)["changed"]
