# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An ELB target group: how it is read, compared and written. Its targets belong to ECS and are never touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from .._core.compare import normalize
from .._core.plan import Current, Plan
from .._core.resource import ModelResource
from .._core.shapes import Document, to_snake
from .target_group_client import TargetGroupClient
from .target_group_defaults import attribute_values, check_attributes, check_name, service_defaults

AT_CREATION = (
    "protocol",
    "protocol_version",
    "port",
    "vpc_id",
    "target_type",
    "ip_address_type",
    "target_control_port",
)
"""What a target group has for good."""


class TargetGroup(ModelResource):
    kind = "target group"
    service = "elbv2"
    result_key = "target_group"
    identifier = "name"
    request = "CreateTargetGroup"
    fields = (
        "name",
        *AT_CREATION,
        "health_check_enabled",
        "health_check_protocol",
        "health_check_port",
        "health_check_path",
        "health_check_interval_seconds",
        "health_check_timeout_seconds",
        "healthy_threshold_count",
        "unhealthy_threshold_count",
        "matcher",
        "attributes",
    )
    set_separately = ("attributes",)
    computed = ("target_group_arn", "target_group_name", "load_balancer_arns")
    immutable: ClassVar[Mapping[str, str]] = dict.fromkeys(
        AT_CREATION,
        "create a target group of another name, and point the rule and the service at it",
    )

    @cached_property
    def calls(self) -> TargetGroupClient:
        return TargetGroupClient(self.client(), self.name)

    def validate(self) -> None:
        check_name(self.name)
        check_attributes(self.params["attributes"])

    def wanted(self) -> Document:
        wanted = super().wanted()
        if "attributes" in wanted:
            wanted["attributes"] = attribute_values(wanted["attributes"])
        return {name: value for name, value in wanted.items() if name != "attributes" or value}

    def normalized(self, document: Mapping[str, Any]) -> Document:
        result = super().normalized(document)
        return normalize(result, service_defaults(result), ())

    def describe(self) -> Current | None:
        group = self.calls.describe()
        if group is None:
            return None
        arn = group["TargetGroupArn"]
        described = to_snake(group, self.model.shape_for("TargetGroup"))
        return self.current(
            group,
            "TargetGroup",
            self.calls.tags(arn),
            name=described["target_group_name"],
            load_balancer_arns=described.get("load_balancer_arns", []),
            attributes=self.calls.attributes(arn),
        )

    def predict(self, plan: Plan) -> Document:
        return {} if plan.current else {"target_group_name": self.name, "load_balancer_arns": []}

    def create(self, plan: Plan) -> None:
        arn = self.calls.create(self.request_for(plan.wanted), plan.tags_after)
        if plan.wanted.get("attributes"):
            self.calls.write_attributes(arn, plan.wanted["attributes"])

    def update(self, plan: Plan) -> None:
        arn = plan.computed["target_group_arn"]
        changed = {
            name: plan.after[name] for name in plan.changes if name in plan.after and name not in self.set_separately
        }
        if changed:
            self.calls.modify(arn, self.request_for(changed, "ModifyTargetGroup"))
        if "attributes" in plan.changes:
            before = plan.before.get("attributes", {})
            wanted = {key: value for key, value in plan.after["attributes"].items() if before.get(key) != value}
            self.calls.write_attributes(arn, wanted)

    def delete(self, current: Current) -> None:
        self.calls.delete(current.computed["target_group_arn"])

    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.calls.tag(current.computed["target_group_arn"], tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.calls.untag(current.computed["target_group_arn"], keys)
