# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The calls that one family of task definitions needs, and no decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
)

from .._core.calls import aws_call


class TaskDefinitionClient:
    """One family of task definitions. Every method raises AnsibleAWSError."""

    def __init__(self, ecs: Any, name: str) -> None:
        self.ecs, self.name = ecs, name

    @aws_call("list the revisions of task definition {self.name}")
    def list_active(self) -> list[str]:
        pages = self.ecs.get_paginator("list_task_definitions").paginate(familyPrefix=self.name, status="ACTIVE")
        return [arn for page in pages for arn in page["taskDefinitionArns"]]

    @aws_call("register task definition {self.name}", retry_messages=["Too many concurrent attempts"])
    def register(self, request: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        self.ecs.register_task_definition(**request, **({"tags": _tag_list(tags)} if tags else {}))

    @aws_call("deregister task definition {arn}")
    def deregister(self, arn: str) -> None:
        self.ecs.deregister_task_definition(taskDefinition=arn)

    # ECS says "ClientException: Unable to describe task definition" for a family without a revision.
    @aws_call("describe task definition {reference}", missing=["ClientException"])
    def describe(self, reference: str) -> dict[str, Any] | None:
        """A revision with its tags; of a family the latest ACTIVE one."""
        answer: dict[str, Any] = self.ecs.describe_task_definition(taskDefinition=reference, include=["TAGS"])
        return answer

    @aws_call("tag task definition {self.name}")
    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        self.ecs.tag_resource(resourceArn=arn, tags=_tag_list(tags))

    @aws_call("untag task definition {self.name}")
    def untag(self, arn: str, keys: Sequence[str]) -> None:
        self.ecs.untag_resource(resourceArn=arn, tagKeys=list(keys))


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = ansible_dict_to_boto3_tag_list(dict(tags), "key", "value")
    return listed
