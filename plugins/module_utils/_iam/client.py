# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The calls of IAM for roles and their inline policies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from .._core.calls import aws_call

GONE = "NoSuchEntity"
# IAM answers from several places; a role that was just written may not be in all of them.
BUSY = "ConcurrentModification"


class Roles:
    """IAM, for roles. Every method raises AnsibleAWSError."""

    def __init__(self, client: Any) -> None:
        self.client = client

    @aws_call("read the IAM role {name}", missing=[GONE])
    def get(self, name: str) -> dict[str, Any] | None:
        """GetRole's answer; None when there is no such role."""
        role: dict[str, Any] = self.client.get_role(RoleName=name)["Role"]
        return role

    @aws_call("read the policy {policy} of the IAM role {name}", missing=[GONE])
    def policy(self, name: str, policy: str) -> dict[str, Any] | None:
        """An inline policy's document; None when the role has none of that name."""
        document: dict[str, Any] = self.client.get_role_policy(RoleName=name, PolicyName=policy).get(
            "PolicyDocument", {}
        )
        return document

    @aws_call("create the IAM role {request[RoleName]}", stale=["EntityAlreadyExists"], retry=[BUSY])
    def create(self, request: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        self.client.create_role(**request, Tags=ansible_dict_to_boto3_tag_list(dict(tags)))

    @aws_call("change the IAM role {request[RoleName]}", stale=[GONE], retry=[BUSY])
    def update(self, request: Mapping[str, Any]) -> None:
        """Description and longest session."""
        self.client.update_role(**request)

    @aws_call("change the trust policy of the IAM role {name}", stale=[GONE], retry=[BUSY])
    def trust(self, name: str, document: Mapping[str, Any]) -> None:
        self.client.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(document))

    @aws_call("set the permissions boundary of the IAM role {name}", stale=[GONE], retry=[BUSY])
    def bound(self, name: str, boundary: str) -> None:
        self.client.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)

    @aws_call("write the policy {policy} of the IAM role {name}", stale=[GONE], retry=[BUSY])
    def put_policy(self, name: str, policy: str, document: Mapping[str, Any]) -> None:
        self.client.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))

    @aws_call("tag the IAM role {name}", stale=[GONE], retry=[BUSY])
    def tag(self, name: str, tags: Mapping[str, str]) -> None:
        self.client.tag_role(RoleName=name, Tags=ansible_dict_to_boto3_tag_list(dict(tags)))

    @aws_call("untag the IAM role {name}", stale=[GONE], retry=[BUSY])
    def untag(self, name: str, keys: Sequence[str]) -> None:
        self.client.untag_role(RoleName=name, TagKeys=list(keys))

    def delete(self, name: str) -> None:
        """Delete a role with its policies. One in an instance profile stays, as another user has it."""
        for policy in self._pages("list_role_policies", "PolicyNames", name):
            self._delete_policy(name, policy)
        for attached in self._pages("list_attached_role_policies", "AttachedPolicies", name):
            self._detach(name, attached["PolicyArn"])
        self._delete(name)

    @aws_call("list what the IAM role {name} holds")
    def _pages(self, operation: str, key: str, name: str) -> list[Any]:
        try:
            pages = self.client.get_paginator(operation).paginate(RoleName=name)
            return [found for page in pages for found in page[key]]
        except self.client.exceptions.NoSuchEntityException:
            return []

    @aws_call("delete the policy {policy} of the IAM role {name}", missing=[GONE], retry=[BUSY])
    def _delete_policy(self, name: str, policy: str) -> None:
        self.client.delete_role_policy(RoleName=name, PolicyName=policy)

    @aws_call("detach {arn} from the IAM role {name}", missing=[GONE], retry=[BUSY])
    def _detach(self, name: str, arn: str) -> None:
        self.client.detach_role_policy(RoleName=name, PolicyArn=arn)

    @aws_call("delete the IAM role {name}", missing=[GONE], retry=[BUSY, "DeleteConflict"], retries=4)
    def _delete(self, name: str) -> None:
        self.client.delete_role(RoleName=name)
