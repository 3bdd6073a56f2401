# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The calls that one ECR repository needs, and no decision."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
)

from .._core.calls import aws_call
from .._core.shapes import Document
from .._core.tags import tags_from

GONE = "RepositoryNotFoundException"


class RepositoryClient:
    """One ECR repository. Every method raises AnsibleAWSError."""

    def __init__(self, ecr: Any, name: str) -> None:
        self.ecr, self.name = ecr, name

    @aws_call("describe ECR repository {self.name}", missing=[GONE])
    def describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ecr.describe_repositories(repositoryNames=[self.name])["repositories"][0]
        return found

    @aws_call("list the tags of ECR repository {self.name}")
    def tags(self, arn: str) -> dict[str, str]:
        tags: dict[str, str] = tags_from(self.ecr.list_tags_for_resource(resourceArn=arn).get("tags"))
        return tags

    @aws_call("get the lifecycle policy of ECR repository {self.name}", missing=["LifecyclePolicyNotFoundException"])
    def lifecycle_policy(self) -> str:
        text: str = self.ecr.get_lifecycle_policy(repositoryName=self.name).get("lifecyclePolicyText", "")
        return text

    @aws_call("get the policy of ECR repository {self.name}", missing=["RepositoryPolicyNotFoundException"])
    def repository_policy(self) -> str:
        text: str = self.ecr.get_repository_policy(repositoryName=self.name).get("policyText", "")
        return text

    @aws_call("create ECR repository {self.name}", stale=["RepositoryAlreadyExistsException"])
    def create(self, request: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        tagged = {"tags": ansible_dict_to_boto3_tag_list(dict(tags))} if tags else {}
        self.ecr.create_repository(**request, **tagged)

    @aws_call("set the tag mutability of ECR repository {self.name}", stale=[GONE])
    def write_mutability(self, request: Mapping[str, Any]) -> None:
        self.ecr.put_image_tag_mutability(**request)

    @aws_call("set the scanning of ECR repository {self.name}", stale=[GONE])
    def write_scanning(self, request: Mapping[str, Any]) -> None:
        self.ecr.put_image_scanning_configuration(**request)

    @aws_call("write the lifecycle policy of ECR repository {self.name}", missing=["LifecyclePolicyNotFoundException"])
    def write_lifecycle_policy(self, policy: Document | None) -> None:
        if policy:
            self.ecr.put_lifecycle_policy(repositoryName=self.name, lifecyclePolicyText=json.dumps(policy))
        else:
            self.ecr.delete_lifecycle_policy(repositoryName=self.name)

    @aws_call("write the policy of ECR repository {self.name}", missing=["RepositoryPolicyNotFoundException"])
    def write_repository_policy(self, policy: Document | None) -> None:
        if policy:
            self.ecr.set_repository_policy(repositoryName=self.name, policyText=json.dumps(policy))
        else:
            self.ecr.delete_repository_policy(repositoryName=self.name)

    @aws_call("delete ECR repository {self.name}", missing=[GONE])
    def delete(self, force: bool) -> None:
        self.ecr.delete_repository(repositoryName=self.name, force=force)

    @aws_call("tag ECR repository {self.name}")
    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        self.ecr.tag_resource(resourceArn=arn, tags=ansible_dict_to_boto3_tag_list(dict(tags)))

    @aws_call("untag ECR repository {self.name}")
    def untag(self, arn: str, keys: Sequence[str]) -> None:
        self.ecr.untag_resource(resourceArn=arn, tagKeys=list(keys))
