# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The calls of EC2 for one security group, and no decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_specifications,
)

from .._core.calls import aws_call

GONE = "InvalidGroup.NotFound"
# The network interfaces of stopped tasks hold their group for a while.
HELD = "DependencyViolation"


class SecurityGroupClient:
    """A security group by its name. Every method raises AnsibleAWSError."""

    def __init__(self, ec2: Any, name: str) -> None:
        self.ec2, self.name = ec2, name

    @aws_call("describe the security group {self.name}", missing=[GONE])
    def find(self, vpc_id: str | None) -> list[dict[str, Any]] | None:
        """The groups of that name in a VPC, or in all of them."""
        filters = {"group-name": [self.name], **({"vpc-id": [vpc_id]} if vpc_id else {})}
        pages = self.ec2.get_paginator("describe_security_groups").paginate(
            Filters=[{"Name": name, "Values": values} for name, values in filters.items()]
        )
        return [group for page in pages for group in page["SecurityGroups"]]

    @aws_call("create the security group {self.name}", stale=["InvalidGroup.Duplicate"])
    def create(self, request: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """Returns its id."""
        specifications = boto3_tag_specifications(dict(tags), types=["security-group"])
        more = {"TagSpecifications": specifications} if specifications else {}
        return str(self.ec2.create_security_group(**request, **more)["GroupId"])

    @aws_call("allow traffic of the security group {self.name}", missing=["InvalidPermission.Duplicate"], retry=[GONE])
    def authorize(self, direction: str, group_id: str, permission: Mapping[str, Any]) -> None:
        """direction: ingress or egress. That it is allowed already is no failure."""
        calls = {
            "ingress": self.ec2.authorize_security_group_ingress,
            "egress": self.ec2.authorize_security_group_egress,
        }
        calls[direction](GroupId=group_id, IpPermissions=[permission])

    @aws_call("revoke traffic of the security group {self.name}", missing=["InvalidPermission.NotFound"], retry=[GONE])
    def revoke(self, direction: str, group_id: str, permission: Mapping[str, Any]) -> None:
        """That it is revoked already is no failure."""
        calls = {
            "ingress": self.ec2.revoke_security_group_ingress,
            "egress": self.ec2.revoke_security_group_egress,
        }
        calls[direction](GroupId=group_id, IpPermissions=[permission])

    @aws_call("describe the rules of the security group {self.name}", stale=["InvalidPermission.NotFound"])
    def describe_rules(self, direction: str, group_id: str, permissions: Sequence[Mapping[str, Any]]) -> None:
        """Write the descriptions of rules that are there."""
        calls = {
            "ingress": self.ec2.update_security_group_rule_descriptions_ingress,
            "egress": self.ec2.update_security_group_rule_descriptions_egress,
        }
        calls[direction](GroupId=group_id, IpPermissions=list(permissions))

    @aws_call("delete the security group {self.name}", missing=[GONE], retry=[HELD], retries=15)
    def delete(self, group_id: str) -> None:
        self.ec2.delete_security_group(GroupId=group_id)

    @aws_call("tag the security group {self.name}", retry=[GONE])
    def tag(self, group_id: str, tags: Mapping[str, str]) -> None:
        self.ec2.create_tags(Resources=[group_id], Tags=ansible_dict_to_boto3_tag_list(dict(tags)))

    @aws_call("untag the security group {self.name}")
    def untag(self, group_id: str, keys: Sequence[str]) -> None:
        self.ec2.delete_tags(Resources=[group_id], Tags=[{"Key": key} for key in keys])
