# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A CloudWatch Logs log group: how it is read, compared and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.calls import aws_call
from .._core.plan import Current, Plan
from .._core.resource import Resource
from .._core.shapes import Document
from .log_group_plan import NEVER_EXPIRES, check_retention

GONE = "ResourceNotFoundException"
# Somebody else writes to the same group at the same moment: a Lambda that logs, or a deletion that is not through.
BUSY = "OperationAbortedException"


class LogGroup(Resource):
    kind = "log group"
    service = "logs"
    result_key = "log_group"
    identifier = "log_group_name"
    request = "CreateLogGroup"
    fields = ("log_group_name", "retention_in_days", "kms_key_id", "log_group_class", "deletion_protection_enabled")
    beside = ("retention_in_days",)
    facts = ("arn", "log_group_arn", "creation_time")
    defaults = {  # noqa: RUF012  (a ClassVar of the base)
        "retention_in_days": NEVER_EXPIRES,
        "log_group_class": "STANDARD",
        "deletion_protection_enabled": False,
    }
    immutable = ("log_group_class",)

    def validate(self) -> None:
        check_retention(self.params["retention_in_days"])

    @aws_call("describe log group {self.name}")
    def read(self) -> Current | None:
        # Sorted by name, so the group itself comes before every other one that begins like it.
        groups = self.client().describe_log_groups(logGroupNamePrefix=self.name)["logGroups"]
        group = next((group for group in groups if group["logGroupName"] == self.name), None)
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")
        tags = self.client().list_tags_for_resource(resourceArn=arn)["tags"]
        return self.current(group, "LogGroup", tags, log_group_arn=arn)

    def predict(self, plan: Plan) -> Document:
        if plan.current:
            return {}
        arn = self.arn(f"log-group:{self.name}")
        return {"log_group_arn": arn, "arn": f"{arn}:*"}

    def create(self, plan: Plan) -> None:
        self._create(self.request_for(plan.wanted), dict(plan.tags_after))
        self._write_retention(plan.after["retention_in_days"], always=False)

    def update(self, plan: Plan) -> None:
        if "retention_in_days" in plan.changes:
            self._write_retention(plan.after["retention_in_days"], always=True)
        if "kms_key_id" in plan.changes:
            self._write_key(plan.after.get("kms_key_id"))
        if "deletion_protection_enabled" in plan.changes:
            self._write_protection(plan.after["deletion_protection_enabled"])

    @aws_call("delete log group {self.name}", missing=[GONE], retry=[BUSY])
    def delete(self, current: Current) -> None:
        self.client().delete_log_group(logGroupName=self.name)

    @aws_call("tag log group {self.name}")
    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.client().tag_resource(resourceArn=current.facts["log_group_arn"], tags=dict(tags))

    @aws_call("untag log group {self.name}")
    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.client().untag_resource(resourceArn=current.facts["log_group_arn"], tagKeys=list(keys))

    @aws_call("create log group {self.name}", stale=["ResourceAlreadyExistsException"], retry=[BUSY])
    def _create(self, request: dict[str, Any], tags: dict[str, str]) -> None:
        self.client().create_log_group(**request, **({"tags": tags} if tags else {}))

    @aws_call("set the retention of log group {self.name} to {days} days", stale=[GONE], retry=[BUSY])
    def _write_retention(self, days: int, always: bool) -> None:
        if days != NEVER_EXPIRES:
            self.client().put_retention_policy(logGroupName=self.name, retentionInDays=days)
        elif always:
            self.client().delete_retention_policy(logGroupName=self.name)

    @aws_call("set the KMS key of log group {self.name}", stale=[GONE], retry=[BUSY])
    def _write_key(self, key: str | None) -> None:
        if key:
            self.client().associate_kms_key(logGroupName=self.name, kmsKeyId=key)
        else:
            self.client().disassociate_kms_key(logGroupName=self.name)

    @aws_call("set the deletion protection of log group {self.name}", stale=[GONE], retry=[BUSY])
    def _write_protection(self, enabled: bool) -> None:
        self.client().put_log_group_deletion_protection(logGroupIdentifier=self.name, deletionProtectionEnabled=enabled)
