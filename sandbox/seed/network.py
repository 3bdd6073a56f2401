"""VPC, subnets, gateways and route tables."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from sandbox.clients import Clients
from sandbox.seed.stack import Stack

# Tier, number, network of the VPC, zone.
_SUBNETS = (
    ("private", 1, 1, "a"),
    ("private", 2, 2, "b"),
    ("public", 1, 101, "a"),
    ("public", 2, 102, "b"),
)


@dataclass(frozen=True)
class Network:
    """Ids of what later parts of the seed need."""

    vpc_id: str
    private_subnet_ids: list[str]
    public_subnet_ids: list[str]


def lay(aws: Clients, stack: Stack) -> Network:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(
        CidrBlock=stack.cidr, AmazonProvidedIpv6CidrBlock=stack.has_ipv6, TagSpecifications=_tags(stack, "vpc")
    )["Vpc"]
    vpc_id = vpc["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    gateway = ec2.create_internet_gateway(TagSpecifications=_tags(stack, "internet-gateway"))["InternetGateway"]
    ec2.attach_internet_gateway(VpcId=vpc_id, InternetGatewayId=gateway["InternetGatewayId"])
    subnets: dict[str, list[str]] = {"private": [], "public": []}
    for tier, number, network, zone in _SUBNETS:
        subnet = ec2.create_subnet(
            VpcId=vpc_id,
            CidrBlock=stack.subnet(network),
            AvailabilityZone=f"{aws.region}{zone}",
            **_ipv6(vpc, network),
            TagSpecifications=_tags(stack, "subnet", f"-{tier}-{number}", Tier=tier),
        )
        subnets[tier].append(subnet["Subnet"]["SubnetId"])
    address = ec2.allocate_address(Domain="vpc")
    nat = ec2.create_nat_gateway(
        SubnetId=subnets["public"][0],
        AllocationId=address["AllocationId"],
        TagSpecifications=_tags(stack, "natgateway"),
    )["NatGateway"]
    for tier, target in (
        ("public", {"GatewayId": gateway["InternetGatewayId"]}),
        ("private", {"NatGatewayId": nat["NatGatewayId"]}),
    ):
        table = ec2.create_route_table(VpcId=vpc_id, TagSpecifications=_tags(stack, "route-table", f"-{tier}"))
        table_id = table["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0", **target)
        for subnet_id in subnets[tier]:
            ec2.associate_route_table(RouteTableId=table_id, SubnetId=subnet_id)
    return Network(vpc_id, subnets["private"], subnets["public"])


def _ipv6(vpc: dict[str, Any], network: int) -> dict[str, str]:
    """The /64 of this number in the VPC's IPv6 addresses, if it has any."""
    blocks = [one["Ipv6CidrBlock"] for one in vpc.get("Ipv6CidrBlockAssociationSet", [])]
    if not blocks:
        return {}
    return {"Ipv6CidrBlock": str(list(ipaddress.ip_network(blocks[0]).subnets(new_prefix=64))[network])}


def _tags(stack: Stack, resource_type: str, suffix: str = "", **more: str) -> list[dict[str, object]]:
    return [{"ResourceType": resource_type, "Tags": stack.tags(Name=stack.name + suffix, **more)}]
