# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A security group with all its rules: how it is read, compared and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from .._core.plan import Current, Plan, Reading
from .._core.problem import Problem
from .._core.refusal import InvalidParameters, Refused
from .._core.resource import ModelResource
from .._core.shapes import Document
from .._core.tags import tags_from
from .client import SecurityGroupClient
from .security_group_rules import (
    EVERYWHERE,
    Rule,
    not_among,
    problems,
    redescribed,
    rules_of_answer,
    rules_of_task,
    to_permission,
    without_description,
)

DIRECTIONS = ("ingress", "egress")
ALLOWED_AT_FIRST: Rule = {**EVERYWHERE, "description": ""}  # of a new group, as EC2 makes it

ARGUMENTS: dict[str, Any] = {
    "group_name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "vpc_id": {"type": "str"},
    "ingress": {"type": "list", "elements": "dict"},
    "egress": {"type": "list", "elements": "dict"},
}


class SecurityGroup(ModelResource):
    """A group by its name in a VPC. A list of rules that is given is the whole list: others are revoked."""

    kind = "security group"
    service = "ec2"
    result_key = "security_group"
    identifier = "group_name"
    request = "CreateSecurityGroup"
    fields = ("group_name", "description", "vpc_id", *DIRECTIONS)
    set_separately = DIRECTIONS
    computed = ("group_id", "owner_id")
    immutable: ClassVar[Mapping[str, str]] = {"description": "leave description as it is, as it has no effect"}

    @cached_property
    def calls(self) -> SecurityGroupClient:
        return SecurityGroupClient(self.client(), self.name)

    def check_parameters(self) -> None:
        # First of all, as nothing can be made of rules that are wrong.
        found = [problem for name in DIRECTIONS for problem in problems(name, self.params[name] or [])]
        if found:
            raise InvalidParameters(*found)
        super().check_parameters()

    # Reading

    def describe(self) -> Current | None:
        group = next(iter(self._candidates()), None)
        if group is None:
            return None
        rules = {
            "ingress": rules_of_answer(group.get("IpPermissions", [])),
            "egress": rules_of_answer(group.get("IpPermissionsEgress", [])),
        }
        return self.current(group, "SecurityGroup", _tags(group), **rules)

    def _candidates(self) -> list[dict[str, Any]]:
        """The groups of the name, those with the owner's tags first: without a VPC there may be several."""
        required = self.params["require_tags"]
        found = self.calls.find(self.params["vpc_id"]) or []
        return sorted(found, key=lambda group: not required.items() <= _tags(group).items())

    def wanted(self) -> Document:
        given = {name: rules_of_task(self.params[name]) for name in DIRECTIONS if self.params[name] is not None}
        return {**super().wanted(), **given}

    # Planning

    def plan(self, reading: Reading) -> Plan:
        plan = super().plan(reading)
        missing = [name for name in ("description", "vpc_id") if not self.params[name]]
        if plan.action == "create" and missing:
            raise Refused(
                f"create {self.label}",
                Problem(
                    f"there is no such group, and the task gives no {' and no '.join(missing)}",
                    "a group that is created needs a description and a VPC",
                    f"give {' and '.join(missing)}",
                ),
            )
        return plan

    def after(self, wanted: Document, current: Current | None) -> Document:
        after = super().after(wanted, current)
        if current is None and "egress" not in wanted:
            after["egress"] = [ALLOWED_AT_FIRST]
        # Lists are replaced as a whole; what no list names keeps the rules that are there.
        return after

    # Writing

    def create(self, plan: Plan) -> None:
        group_id = self.calls.create(self.request_for(plan.wanted), plan.tags_after)
        self._write(group_id, "ingress", [], plan.after.get("ingress", []))
        self._write(group_id, "egress", [ALLOWED_AT_FIRST], plan.after.get("egress", []))

    def update(self, plan: Plan) -> None:
        group_id = str(plan.current.computed["group_id"]) if plan.current else ""
        for direction in DIRECTIONS:
            if direction in plan.changes:
                self._write(group_id, direction, plan.before.get(direction, []), plan.after.get(direction, []))

    def _write(self, group_id: str, direction: str, there: Sequence[Rule], wanted: Sequence[Rule]) -> None:
        """What is new is allowed before what is old is revoked, so that no traffic stops in between."""
        for rule in not_among(there, wanted):
            self.calls.authorize(direction, group_id, to_permission(rule))
        for rule in not_among(wanted, there):
            self.calls.revoke(direction, group_id, to_permission(without_description(rule)))
        described = redescribed(wanted, there)
        if described:
            self.calls.describe_rules(direction, group_id, [to_permission(rule) for rule in described])

    def delete(self, current: Current) -> None:
        """All groups of the name that carry the owner's tags; without such tags the one that was read."""
        required = self.params["require_tags"]
        ids = [group["GroupId"] for group in self._candidates() if required.items() <= _tags(group).items()]
        for group_id in ids if required else [current.computed["group_id"]]:
            self.calls.delete(group_id)

    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.calls.tag(current.computed["group_id"], tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.calls.untag(current.computed["group_id"], keys)


def _tags(group: Mapping[str, Any]) -> dict[str, str]:
    tags: dict[str, str] = tags_from(group.get("Tags", []))
    return tags
