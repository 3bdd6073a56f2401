# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The calls that one alarm needs, and no decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
)

from .._core.calls import aws_call
from .._core.tags import tags_from

BUSY = "ConcurrentModificationException"


@aws_call("describe alarms")
def existing(cloudwatch: Any, names: Sequence[str]) -> list[str]:
    """Those of the names that a metric alarm has."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNames=list(names), AlarmTypes=["MetricAlarm"])
    return [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]]


class AlarmClient:
    """One alarm. Every method raises AnsibleAWSError."""

    def __init__(self, cloudwatch: Any, name: str) -> None:
        self.cloudwatch, self.name = cloudwatch, name

    @aws_call("describe alarm {self.name}")
    def find(self) -> dict[str, Any] | None:
        found: list[dict[str, Any]] = self.cloudwatch.describe_alarms(
            AlarmNames=[self.name], AlarmTypes=["MetricAlarm"]
        )["MetricAlarms"]
        return found[0] if found else None

    @aws_call("list the tags of alarm {self.name}")
    def tags(self, arn: str) -> dict[str, str]:
        tags: dict[str, str] = tags_from(self.cloudwatch.list_tags_for_resource(ResourceARN=arn).get("Tags"))
        return tags

    @aws_call("put alarm {self.name}")
    def put(self, request: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Write the whole alarm: the service replaces it, and keeps its state."""
        tagged = {"Tags": ansible_dict_to_boto3_tag_list(dict(tags))} if tags else {}
        self.cloudwatch.put_metric_alarm(**request, **tagged)

    @aws_call("delete alarm {self.name}", missing=["ResourceNotFound"])
    def delete(self) -> None:
        self.cloudwatch.delete_alarms(AlarmNames=[self.name])

    @aws_call("tag alarm {self.name}", retry=[BUSY])
    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        self.cloudwatch.tag_resource(ResourceARN=arn, Tags=ansible_dict_to_boto3_tag_list(dict(tags)))

    @aws_call("untag alarm {self.name}", retry=[BUSY])
    def untag(self, arn: str, keys: Sequence[str]) -> None:
        self.cloudwatch.untag_resource(ResourceARN=arn, TagKeys=list(keys))
