# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The calls that one log group needs, and no decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.calls import aws_call
from .log_group_plan import NEVER_EXPIRES

GONE = "ResourceNotFoundException"
# Another client writes to the same group at the same moment: a Lambda that logs, or a deletion in progress.
BUSY = "OperationAbortedException"


class LogGroupClient:
    """One log group. Every method raises AnsibleAWSError."""

    def __init__(self, logs: Any, name: str) -> None:
        self.logs, self.name = logs, name

    @aws_call("describe log group {self.name}")
    def find(self) -> dict[str, Any] | None:
        # Sorted by name, so the group itself comes before every other one that begins like it.
        groups = self.logs.describe_log_groups(logGroupNamePrefix=self.name)["logGroups"]
        return next((group for group in groups if group["logGroupName"] == self.name), None)

    @aws_call("list the tags of log group {self.name}")
    def tags(self, arn: str) -> dict[str, str]:
        tags: dict[str, str] = self.logs.list_tags_for_resource(resourceArn=arn).get("tags", {})
        return tags

    @aws_call("create log group {self.name}", stale=["ResourceAlreadyExistsException"], retry=[BUSY])
    def create(self, request: dict[str, Any], tags: dict[str, str]) -> None:
        self.logs.create_log_group(**request, **({"tags": tags} if tags else {}))

    @aws_call("set the retention of log group {self.name} to {days} days", stale=[GONE], retry=[BUSY])
    def write_retention(self, days: int, always: bool) -> None:
        if days != NEVER_EXPIRES:
            self.logs.put_retention_policy(logGroupName=self.name, retentionInDays=days)
        elif always:
            self.logs.delete_retention_policy(logGroupName=self.name)

    @aws_call("set the KMS key of log group {self.name}", stale=[GONE], retry=[BUSY])
    def write_key(self, key: str | None) -> None:
        if key:
            self.logs.associate_kms_key(logGroupName=self.name, kmsKeyId=key)
        else:
            self.logs.disassociate_kms_key(logGroupName=self.name)

    @aws_call("set the deletion protection of log group {self.name}", stale=[GONE], retry=[BUSY])
    def write_protection(self, enabled: bool) -> None:
        self.logs.put_log_group_deletion_protection(logGroupIdentifier=self.name, deletionProtectionEnabled=enabled)

    @aws_call("delete log group {self.name}", missing=[GONE], retry=[BUSY])
    def delete(self) -> None:
        self.logs.delete_log_group(logGroupName=self.name)

    @aws_call("tag log group {self.name}")
    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        self.logs.tag_resource(resourceArn=arn, tags=dict(tags))

    @aws_call("untag log group {self.name}")
    def untag(self, arn: str, keys: Sequence[str]) -> None:
        self.logs.untag_resource(resourceArn=arn, tagKeys=list(keys))
