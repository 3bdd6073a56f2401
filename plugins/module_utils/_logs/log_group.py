# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A CloudWatch Logs log group: how it is read, compared and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar

from .._core.plan import Current, Plan
from .._core.resource import ModelResource
from .._core.shapes import Document
from .client import LogGroupClient
from .log_group_plan import NEVER_EXPIRES, check_retention


class LogGroup(ModelResource):
    kind = "log group"
    service = "logs"
    result_key = "log_group"
    identifier = "log_group_name"
    request = "CreateLogGroup"
    fields = ("log_group_name", "retention_in_days", "kms_key_id", "log_group_class", "deletion_protection_enabled")
    set_separately = ("retention_in_days",)
    computed = ("arn", "log_group_arn", "creation_time")
    defaults = {  # noqa: RUF012  (a ClassVar of the base)
        "retention_in_days": NEVER_EXPIRES,
        "log_group_class": "STANDARD",
        "deletion_protection_enabled": False,
    }
    immutable: ClassVar[Mapping[str, str]] = {
        "log_group_class": "leave log_group_class as it is, or send the logs to a group of another name"
    }

    @cached_property
    def calls(self) -> LogGroupClient:
        return LogGroupClient(self.client(), self.name)

    def validate(self) -> None:
        check_retention(self.params["retention_in_days"])

    def describe(self) -> Current | None:
        group = self.calls.find()
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")
        return self.current(group, "LogGroup", self.calls.tags(arn), log_group_arn=arn)

    def predict(self, plan: Plan) -> Document:
        if plan.current:
            return {}
        arn = self.arn(f"log-group:{self.name}")
        return {"log_group_arn": arn, "arn": f"{arn}:*"}

    def create(self, plan: Plan) -> None:
        self.calls.create(self.request_for(plan.wanted), dict(plan.tags_after))
        self.calls.write_retention(plan.after["retention_in_days"], always=False)

    def update(self, plan: Plan) -> None:
        if "retention_in_days" in plan.changes:
            self.calls.write_retention(plan.after["retention_in_days"], always=True)
        if "kms_key_id" in plan.changes:
            self.calls.write_key(plan.after.get("kms_key_id"))
        if "deletion_protection_enabled" in plan.changes:
            self.calls.write_protection(plan.after["deletion_protection_enabled"])

    def delete(self, current: Current) -> None:
        self.calls.delete()

    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.calls.tag(current.computed["log_group_arn"], tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.calls.untag(current.computed["log_group_arn"], keys)
