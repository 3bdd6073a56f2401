"""The security group of EC2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.kinds import Kind


def vpc(client: Callable[[str], Any]) -> dict[str, Any]:
    found = client("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["sales-prod"]}])["Vpcs"]
    return {"vpc_id": found[0]["VpcId"]}


def rule(port: int, text: str = "a peer") -> dict[str, Any]:
    return {"proto": "tcp", "ports": [port], "cidr_ip": "10.0.0.0/16", "rule_desc": text}


KIND = Kind(
    module="ec2_security_group",
    identity={"group_name": "sales-prod-mcp-server-sg"},
    prepare=vpc,
    full={"description": "Tasks", "ingress": [rule(8000)], "egress": [rule(443), rule(5432)]},
    changes={"ingress": [rule(9000)], "egress": [rule(443, "another text")]},
    clear={"ingress": [], "egress": []},
    unpredictable=frozenset({"group_id", "owner_id"}),
    tag=lambda ec2, group, tags: ec2.create_tags(
        Resources=[group["group_id"]], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    ),
    replace=None,
    conflict=None,
    no_parameters=frozenset({"dry_run", "tag_specifications"}),  # the tags, and a switch of the call
)
