# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The calls that one topic needs, and no decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from .._core.calls import aws_call

GONE = "NotFound"
# Somebody else tags or deletes the same topic at the same moment.
BUSY = "ConcurrentAccess"


class TopicClient:
    """One topic. Every method raises AnsibleAWSError."""

    def __init__(self, sns: Any, arn: str) -> None:
        self.sns, self.arn = sns, arn

    @aws_call("describe topic {self.arn}", missing=[GONE])
    def find(self) -> dict[str, str] | None:
        found: dict[str, str] = self.sns.get_topic_attributes(TopicArn=self.arn)["Attributes"]
        return found

    @aws_call("list the tags of topic {self.arn}")
    def tags(self) -> dict[str, str]:
        tags: dict[str, str] = boto3_tag_list_to_ansible_dict(
            self.sns.list_tags_for_resource(ResourceArn=self.arn)["Tags"]
        )
        return tags

    @aws_call("create topic {self.arn}", retry=[BUSY])
    def create(self, request: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        self.sns.create_topic(**request, Tags=ansible_dict_to_boto3_tag_list(dict(tags)))

    @aws_call("set the attribute {name} of topic {self.arn}", stale=[GONE])
    def set_attribute(self, name: str, value: str) -> None:
        self.sns.set_topic_attributes(TopicArn=self.arn, AttributeName=name, AttributeValue=value)

    @aws_call("delete topic {self.arn}", missing=[GONE], retry=[BUSY])
    def delete(self) -> None:
        self.sns.delete_topic(TopicArn=self.arn)

    @aws_call("tag topic {self.arn}", retry=[BUSY])
    def tag(self, tags: Mapping[str, str]) -> None:
        self.sns.tag_resource(ResourceArn=self.arn, Tags=ansible_dict_to_boto3_tag_list(dict(tags)))

    @aws_call("untag topic {self.arn}", retry=[BUSY])
    def untag(self, keys: Sequence[str]) -> None:
        self.sns.untag_resource(ResourceArn=self.arn, TagKeys=list(keys))
