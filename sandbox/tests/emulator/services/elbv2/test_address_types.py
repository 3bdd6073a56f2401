"""Load balancers of each IP address type."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.elbv2_stack import refused

THIRD = "dualstack-without-public-ipv4"


@pytest.fixture
def elb(empty: ControlPlane, client: Any) -> Any:
    return client("elbv2")


def subnets(client: Any, ipv6: bool) -> list[str]:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=ipv6)["Vpc"]
    made = []
    for number, zone in ((1, "us-east-1a"), (2, "us-east-1b")):
        request: dict[str, str] = {"CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": zone}
        if ipv6:
            block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
            request["Ipv6CidrBlock"] = block.replace("00::/56", f"0{number}::/64")
        made.append(ec2.create_subnet(VpcId=vpc["VpcId"], **request)["Subnet"]["SubnetId"])
    return made


def address_type(elb: Any, name: str = "a") -> str:
    return str(elb.describe_load_balancers(Names=[name])["LoadBalancers"][0]["IpAddressType"])


@pytest.mark.parametrize("asked", ["ipv4", "dualstack", THIRD])
def test_a_balancer_has_the_type_that_was_asked_for(elb: Any, client: Any, asked: str) -> None:
    created = elb.create_load_balancer(Name="a", Subnets=subnets(client, True), IpAddressType=asked)
    assert created["LoadBalancers"][0]["IpAddressType"] == asked == address_type(elb)


def test_the_type_is_ipv4_unless_said(elb: Any, client: Any) -> None:
    elb.create_load_balancer(Name="a", Subnets=subnets(client, True))
    assert address_type(elb) == "ipv4"


@pytest.mark.parametrize("asked", ["dualstack", THIRD])
def test_ipv6_needs_subnets_with_ipv6(elb: Any, client: Any, asked: str) -> None:
    ids = subnets(client, False)
    text = refused("ValidationError", elb.create_load_balancer, Name="a", Subnets=ids, IpAddressType=asked)
    assert text == "You must specify subnets with an associated IPv6 CIDR block."
    arn = elb.create_load_balancer(Name="a", Subnets=ids)["LoadBalancers"][0]["LoadBalancerArn"]
    refused("ValidationError", elb.set_ip_address_type, LoadBalancerArn=arn, IpAddressType=asked)
    assert address_type(elb) == "ipv4"


def test_only_a_balancer_of_the_internet_has_public_ipv6_alone(elb: Any, client: Any) -> None:
    ids = subnets(client, True)
    internal = {"Name": "a", "Subnets": ids, "Scheme": "internal"}
    refused("ValidationError", elb.create_load_balancer, **internal, IpAddressType=THIRD)
    elb.create_load_balancer(**internal, IpAddressType="dualstack")


def test_the_type_is_changed(elb: Any, client: Any) -> None:
    arn = elb.create_load_balancer(Name="a", Subnets=subnets(client, True))["LoadBalancers"][0]["LoadBalancerArn"]
    elb.set_ip_address_type(LoadBalancerArn=arn, IpAddressType=THIRD)
    assert address_type(elb) == THIRD
    refused("ValidationError", elb.set_ip_address_type, LoadBalancerArn=arn, IpAddressType="ipv6")
