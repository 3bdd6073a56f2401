# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The calls that one target group needs, and no decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
)

from .._core.calls import aws_call
from .._core.tags import tags_from

GONE = "TargetGroupNotFound"


class TargetGroupClient:
    """One target group. Every method raises AnsibleAWSError."""

    def __init__(self, elb: Any, name: str) -> None:
        self.elb, self.name = elb, name

    @aws_call("describe target group {self.name}", missing=[GONE])
    def describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self.elb.describe_target_groups(Names=[self.name])["TargetGroups"][0]
        return found

    @aws_call("describe the attributes of target group {self.name}")
    def attributes(self, arn: str) -> dict[str, str]:
        answer = self.elb.describe_target_group_attributes(TargetGroupArn=arn)
        return {attribute["Key"]: attribute.get("Value", "") for attribute in answer["Attributes"]}

    @aws_call("describe the tags of target group {self.name}")
    def tags(self, arn: str) -> dict[str, str]:
        described = self.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
        tags: dict[str, str] = tags_from(described[0].get("Tags") if described else [])
        return tags

    @aws_call("create target group {self.name}", stale=["DuplicateTargetGroupName"])
    def create(self, request: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        tagged = {"Tags": ansible_dict_to_boto3_tag_list(dict(tags))} if tags else {}
        created = self.elb.create_target_group(**request, **tagged)
        arn: str = created["TargetGroups"][0]["TargetGroupArn"]
        return arn

    @aws_call("change the health check of target group {self.name}", stale=[GONE])
    def modify(self, arn: str, request: Mapping[str, Any]) -> None:
        self.elb.modify_target_group(TargetGroupArn=arn, **request)

    @aws_call("set attributes of target group {self.name}", stale=[GONE])
    def write_attributes(self, arn: str, attributes: Mapping[str, str]) -> None:
        listed = [{"Key": key, "Value": value} for key, value in attributes.items()]
        self.elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=listed)

    # After its rule is deleted a target group counts as in use for a moment.
    @aws_call("delete target group {self.name}", missing=[GONE], retry=["ResourceInUse"], retries=5)
    def delete(self, arn: str) -> None:
        self.elb.delete_target_group(TargetGroupArn=arn)

    @aws_call("tag target group {self.name}")
    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        self.elb.add_tags(ResourceArns=[arn], Tags=ansible_dict_to_boto3_tag_list(dict(tags)))

    @aws_call("untag target group {self.name}")
    def untag(self, arn: str, keys: Sequence[str]) -> None:
        self.elb.remove_tags(ResourceArns=[arn], TagKeys=list(keys))
