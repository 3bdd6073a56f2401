"""What takes every request follows from the load balancer's IpAddressType, which is only read where it matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.modules.listener_rule import FIXED, Listener, host, path

Document = dict[str, Any]
TYPES = ["ipv4", "dualstack", "dualstack-without-public-ipv4"]
ANY_IPV4: Document = {"field": "source-ip", "values": ["0.0.0.0/0"]}
EVERY: Document = {"field": "source-ip", "values": ["0.0.0.0/0", "::/0"]}
INSIDE: Document = {"field": "source-ip", "values": ["10.0.0.0/8"]}
ASKED = {"host": "demo.quiltdata.com", "path": "/mcp"}


@pytest.fixture
def listener_of(client: Callable[[str], Any], run_module: Any, aws: Any) -> Callable[[str], Listener]:
    """listener_of(type): a listener without rules of a load balancer of that IpAddressType."""

    def make(ip_address_type: str) -> Listener:
        ec2, elb = client("ec2"), client("elbv2")
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
        block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
        subnets = [
            ec2.create_subnet(
                VpcId=vpc["VpcId"],
                CidrBlock=f"10.9.{number}.0/24",
                Ipv6CidrBlock=block.replace("00::/56", f"0{number}::/64"),
                AvailabilityZone=f"us-east-1{zone}",
            )["Subnet"]["SubnetId"]
            for number, zone in enumerate("ab")
        ]
        made = elb.create_load_balancer(Name="typed", Subnets=subnets, IpAddressType=ip_address_type)
        balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
        created = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[FIXED])
        return Listener(elb, run_module, aws, balancer, created["Listeners"][0]["ListenerArn"])

    return make


def reads(result: Document) -> Counter[str]:
    return Counter(call.operation for call in result["calls"])


@pytest.mark.parametrize("ip_address_type", TYPES)
@pytest.mark.parametrize("by_name", [False, True])
def test_a_rule_for_every_ipv4_address_takes_all_of_an_ipv4_balancer_only(
    listener_of: Callable[[str], Listener], ip_address_type: str, by_name: bool
) -> None:
    listener = listener_of(ip_address_type)
    where = {"load_balancer": "typed", "port": 80, "listener_arn": None} if by_name else {}
    listener.foreign(50, ANY_IPV4)
    result = listener.run(check=True, **where)
    takes_all = ip_address_type == "ipv4"
    assert bool(result.get("failed")) is takes_all, result
    if takes_all:
        assert "Reason: behind priority 50 it gets no request" in result["msg"]
    assert reads(result)["DescribeLoadBalancers"] == 1

    listener.run(priority=60, on_unreachable="warn")
    looked = {key: value for key, value in where.items() if value} or {"listener_arn": listener.arn}
    shown = listener.run_module("elb_listener_rule_info", **looked, explain=ASKED)
    assert [rule["priority"] for rule in shown["never_reached"]] == ([60] if takes_all else [])
    answer = shown["explanation"]
    assert (answer["rule"]["priority"], answer["certain"]) == ((50, True) if takes_all else (60, False))
    assert answer["not_given"] == ([] if takes_all else ["source_ip"])
    assert reads(shown)["DescribeLoadBalancers"] == 1


@pytest.mark.parametrize("ip_address_type", TYPES)
def test_a_rule_for_every_address_takes_all_of_any_balancer(
    listener_of: Callable[[str], Listener], ip_address_type: str
) -> None:
    listener = listener_of(ip_address_type)
    listener.foreign(50, EVERY)
    assert listener.run(check=True)["failed"]
    shown = listener.run_module("elb_listener_rule_info", listener_arn=listener.arn, explain=ASKED)["explanation"]
    assert (shown["rule"]["priority"], shown["certain"]) == (50, True)


@pytest.mark.parametrize("conditions", [[host("demo.quiltdata.com")], [INSIDE, path("/mcp")], [EVERY, path("/x")]])
def test_the_type_is_not_read_where_nothing_depends_on_it(listener: Listener, conditions: list[Document]) -> None:
    listener.foreign(900, *conditions)
    created, again = listener.run(), listener.run()
    shown = listener.run_module("elb_listener_rule_info", listener_arn=listener.arn)
    assert created["changed"] and not again["changed"]
    assert reads(created) == {"DescribeRules": 2, "DescribeTags": 1, "CreateRule": 1}
    for result in (again, shown):
        assert reads(result) == {"DescribeRules": 1, "DescribeTags": 1}


def test_a_deletion_needs_no_type(listener: Listener) -> None:
    listener.foreign(900, ANY_IPV4)
    listener.run()
    assert reads(listener.run(state="absent"))["DescribeLoadBalancers"] == 0


def test_without_the_right_to_read_it_every_address_counts(listener: Listener) -> None:
    listener.foreign(50, ANY_IPV4)
    listener.aws.faults.add("elbv2", "DescribeLoadBalancers", "error", code="AccessDenied", status=403)
    result = listener.run()
    assert result["changed"] and result["priority"] == 100
