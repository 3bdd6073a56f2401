# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A scalable target with its policies and scheduled actions: how it is read, compared and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._core.calls import aws_call
from .._core.plan import Current, Plan
from .._core.resource import Resource
from .._core.shapes import Document, InvalidParameters, canonical, to_snake, without_empty
from .scalable_target_plan import (
    ACTION_FIELDS,
    DEFAULTS,
    POLICY_FIELDS,
    UNORDERED,
    check_capacities,
    check_resource_id,
    check_unique,
    checked_action,
    held_limits,
    in_utc,
    is_service_linked,
    limits_set_by,
    merged,
    steps,
    typed_policy,
)

GONE = "ObjectNotFoundException"
BUSY = "ConcurrentUpdateException"
# ECS shows a new service to others only after a moment (seen at https://github.com/spinnaker/spinnaker/issues/4371).
NOT_YET = "ECS service doesn't exist"
LIMITS = ("min_capacity", "max_capacity")
POLICIES, ACTIONS = "policies", "scheduled_actions"


@dataclass(frozen=True)
class Named:
    """A list of named documents: what names one, what writes one, and the option that removes others."""

    identifier: str
    operation: str
    purge: str


NAMED = {
    POLICIES: Named("policy_name", "PutScalingPolicy", "purge_policies"),
    ACTIONS: Named("scheduled_action_name", "PutScheduledAction", "purge_scheduled_actions"),
}


class ScalableTarget(Resource):
    kind = "scalable target"
    service = "application-autoscaling"
    result_key = "scalable_target"
    identifier = "resource_id"
    request = "RegisterScalableTarget"
    fields = (
        "service_namespace",
        "resource_id",
        "scalable_dimension",
        "min_capacity",
        "max_capacity",
        "role_arn",
        "suspended_state",
        POLICIES,
        ACTIONS,
    )
    beside = (POLICIES, ACTIONS)
    # A role that AWS chose is no field: nobody asked for it and nobody can change it.
    facts = ("scalable_target_arn", "creation_time", "role_arn")
    defaults = DEFAULTS
    unordered = UNORDERED
    immutable = ("service_namespace", "scalable_dimension")

    def __init__(self, module: Any) -> None:
        super().__init__(module)
        self.held: dict[str, str] = {}
        """The limits that the plan leaves as a scheduled action set them, each with its name."""

    def validate(self) -> None:
        check_resource_id(self.name)
        check_capacities(self.label, self.params["min_capacity"], self.params["max_capacity"])

    def wanted(self) -> Document:
        wanted = super().wanted()
        if POLICIES in wanted:
            wanted[POLICIES] = [typed_policy(policy) for policy in self._items(POLICIES, wanted[POLICIES])]
        if ACTIONS in wanted:
            wanted[ACTIONS] = [checked_action(action) for action in self._items(ACTIONS, wanted[ACTIONS])]
        return wanted

    def after(self, wanted: Document, current: Current | None) -> Document:
        before = current.document if current else {}
        named = {
            field: merged(before.get(field, []), wanted.get(field), kind.identifier, bool(self.params.get(kind.purge)))
            for field, kind in NAMED.items()
        }
        wanted = {**wanted, **named}
        differ = [name for name in LIMITS if current and wanted.get(name, before[name]) != before[name]]
        scheduled = limits_set_by(before, self.normalised(named).get(ACTIONS, []))
        self.held = {name: scheduled[name] for name in differ if name in scheduled}
        wanted = {name: value for name, value in wanted.items() if name not in self.held}
        result = super().after(wanted, current)
        if current and is_service_linked(current.facts.get("role_arn")):
            result.pop("role_arn", None)
        return result

    def plan(self, current: Current | None) -> Plan:
        plan = super().plan(current)
        if plan.after:
            if any(name not in plan.after for name in LIMITS):
                raise InvalidParameters(message=f"{self.label} is new: it needs min_capacity and max_capacity")
            where = f"{self.label}: {held_limits(self.held, plan.after)}" if self.held else self.label
            check_capacities(where, plan.after["min_capacity"], plan.after["max_capacity"])
            if self.held:
                plan = replace(plan, warnings=(*plan.warnings, where))
        return plan

    def read(self) -> Current | None:
        target = self._describe()
        if target is None:
            return None
        found = self.current(
            target,
            "ScalableTarget",
            self._tags(target["ScalableTargetARN"]),
            policies=[self._described(item, "ScalingPolicy", POLICY_FIELDS) for item in self._policies()],
            scheduled_actions=[
                in_utc(self._described(item, "ScheduledAction", ACTION_FIELDS)) for item in self._actions()
            ],
        )
        if is_service_linked(found.facts["role_arn"]):
            found.document.pop("role_arn")
        return found

    def create(self, plan: Plan) -> None:
        self._register({**self.request_for(plan.wanted), **({"Tags": plan.tags_after} if plan.tags_after else {})})
        self._write_named(plan)

    def update(self, plan: Plan) -> None:
        if any(name not in self.beside for name in plan.changes):
            self._register(self.request_for(plan.after))
        self._write_named(plan)

    # Its policies and scheduled actions go with it.
    @aws_call("deregister scalable target {self.name}", missing=[GONE], retry=[BUSY])
    def delete(self, current: Current) -> None:
        self.client().deregister_scalable_target(**self._key)

    @aws_call("tag scalable target {self.name}")
    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.client().tag_resource(ResourceARN=current.facts["scalable_target_arn"], Tags=dict(tags))

    @aws_call("untag scalable target {self.name}")
    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.client().untag_resource(ResourceARN=current.facts["scalable_target_arn"], TagKeys=list(keys))

    @property
    def _key(self) -> dict[str, str]:
        return {
            "ServiceNamespace": self.params["service_namespace"],
            "ResourceId": self.name,
            "ScalableDimension": self.params["scalable_dimension"],
        }

    def _items(self, field: str, given: Sequence[Mapping[str, Any]]) -> list[Document]:
        """The given policies or actions, checked and typed by the service model."""
        kind = NAMED[field]
        check_unique(field, [item[kind.identifier] for item in given])
        shape = self.shape_of(kind.operation)
        items = []
        for item in given:
            try:
                items.append(without_empty(canonical(item, shape), shape))
            except InvalidParameters as error:
                raise InvalidParameters(message=f"{field}, {item[kind.identifier]}: {error}") from error
        return items

    def _described(self, answer: Mapping[str, Any], shape: str, fields: Sequence[str]) -> Document:
        described = to_snake(answer, self.model.shape_for(shape))
        return {name: described[name] for name in fields if name in described}

    def _write_named(self, plan: Plan) -> None:
        for field, kind in NAMED.items():
            gone, to_write = steps(plan.before.get(field, []), plan.after.get(field, []), kind.identifier)
            for name in gone:
                self._delete_policy(name) if field == POLICIES else self._delete_action(name)
            for item in to_write:
                request = {**self._key, **self.request_for(item, kind.operation)}
                self._put_policy(request) if field == POLICIES else self._put_action(request)

    @aws_call("describe scalable target {self.name}")
    def _describe(self) -> dict[str, Any] | None:
        key = self._key
        found: list[dict[str, Any]] = self.client().describe_scalable_targets(
            ServiceNamespace=key["ServiceNamespace"],
            ResourceIds=[key["ResourceId"]],
            ScalableDimension=key["ScalableDimension"],
        )["ScalableTargets"]
        return found[0] if found else None

    @aws_call("list the tags of scalable target {self.name}")
    def _tags(self, arn: str) -> dict[str, str]:
        tags: dict[str, str] = self.client().list_tags_for_resource(ResourceARN=arn)["Tags"]
        return tags

    @aws_call("describe the scaling policies of {self.name}")
    def _policies(self) -> list[dict[str, Any]]:
        pages = self.client().get_paginator("describe_scaling_policies").paginate(**self._key)
        found: list[dict[str, Any]] = pages.build_full_result()["ScalingPolicies"]
        return sorted(found, key=lambda policy: str(policy["PolicyName"]))

    @aws_call("describe the scheduled actions of {self.name}")
    def _actions(self) -> list[dict[str, Any]]:
        pages = self.client().get_paginator("describe_scheduled_actions").paginate(**self._key)
        found: list[dict[str, Any]] = pages.build_full_result()["ScheduledActions"]
        return sorted(found, key=lambda action: str(action["ScheduledActionName"]))

    # A service that really is not there is told after about half a minute.
    @aws_call("register scalable target {self.name}", retry=[BUSY], retry_messages=[NOT_YET], retries=7)
    def _register(self, request: dict[str, Any]) -> None:
        self.client().register_scalable_target(**request)

    @aws_call("put scaling policy {request[PolicyName]} on {self.name}", stale=[GONE], retry=[BUSY])
    def _put_policy(self, request: dict[str, Any]) -> None:
        self.client().put_scaling_policy(**request)

    @aws_call("delete scaling policy {name} of {self.name}", missing=[GONE], retry=[BUSY])
    def _delete_policy(self, name: str) -> None:
        self.client().delete_scaling_policy(PolicyName=name, **self._key)

    @aws_call("put scheduled action {request[ScheduledActionName]} on {self.name}", stale=[GONE], retry=[BUSY])
    def _put_action(self, request: dict[str, Any]) -> None:
        self.client().put_scheduled_action(**request)

    @aws_call("delete scheduled action {name} of {self.name}", missing=[GONE], retry=[BUSY])
    def _delete_action(self, name: str) -> None:
        self.client().delete_scheduled_action(ScheduledActionName=name, **self._key)
