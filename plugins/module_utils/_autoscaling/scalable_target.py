# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A scalable target with its policies and scheduled actions: how it is read, compared and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

from .._core.plan import Current, Plan, Reading
from .._core.problem import Problem
from .._core.refusal import InvalidParameters
from .._core.resource import ModelResource
from .._core.shapes import Document, canonical, to_snake, without_empty
from .client import ScalableTargetClient
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


class ScalableTarget(ModelResource):
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
    set_separately = (POLICIES, ACTIONS)
    # A role that AWS chose is no field: nobody asked for it and nobody can change it.
    computed = ("scalable_target_arn", "creation_time", "role_arn")
    defaults = DEFAULTS
    unordered = UNORDERED
    immutable: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("service_namespace", "scalable_dimension"), "register what it names as a scalable target of its own"
    )

    @cached_property
    def calls(self) -> ScalableTargetClient:
        return ScalableTargetClient(self.client(), self._key)

    def validate(self) -> None:
        check_resource_id(self.name)
        check_capacities("", self.params["min_capacity"], self.params["max_capacity"])

    def wanted(self) -> Document:
        wanted = super().wanted()
        if POLICIES in wanted:
            wanted[POLICIES] = [typed_policy(policy) for policy in self._items(POLICIES, wanted[POLICIES])]
        if ACTIONS in wanted:
            wanted[ACTIONS] = [checked_action(action) for action in self._items(ACTIONS, wanted[ACTIONS])]
        return wanted

    def after(self, wanted: Document, current: Current | None) -> Document:
        wanted = self._merged(wanted, current)
        held = self._held(wanted, current)
        result = super().after({name: value for name, value in wanted.items() if name not in held}, current)
        if current and is_service_linked(current.computed.get("role_arn")):
            result.pop("role_arn", None)
        return result

    def _merged(self, wanted: Document, current: Current | None) -> Document:
        """What is wanted, with the policies and scheduled actions that stay in addition to the given ones."""
        before = current.document if current else {}
        named = {
            field: merged(before.get(field, []), wanted.get(field), kind.identifier, bool(self.params.get(kind.purge)))
            for field, kind in NAMED.items()
        }
        return {**wanted, **named}

    def _held(self, wanted: Document, current: Current | None) -> dict[str, str]:
        """The limits that stay as a scheduled action set them, each with the name of the action."""
        if current is None:
            return {}
        before = current.document
        differ = [name for name in LIMITS if wanted.get(name, before.get(name)) != before.get(name)]
        scheduled = limits_set_by(before, self.normalized({ACTIONS: wanted.get(ACTIONS, [])}).get(ACTIONS, []))
        return {name: scheduled[name] for name in differ if name in scheduled}

    def plan(self, reading: Reading) -> Plan:
        plan = super().plan(reading)
        if not plan.after:
            return plan
        if any(name not in plan.after for name in LIMITS):
            missing = " and ".join(name for name in LIMITS if name not in plan.after)
            new = "a scalable target that is new needs min_capacity and max_capacity"
            raise InvalidParameters(Problem(f"it is new, and there is no {missing}", new, f"give {missing}"))
        held = held_limits(self._held(self._merged(plan.wanted, reading.current), reading.current), plan.after)
        least, most = (plan.after[name] for name in LIMITS)
        if not held:
            check_capacities("", least, most)
            return plan
        instead = "change the action instead"
        check_capacities(held, least, most, instead)
        return replace(plan, warnings=(*plan.warnings, f"{self.label}: {held}; {instead}"))

    def describe(self) -> Current | None:
        target = self.calls.describe()
        if target is None:
            return None
        found = self.current(
            target,
            "ScalableTarget",
            self.calls.tags(target["ScalableTargetARN"]),
            policies=[self._described(item, "ScalingPolicy", POLICY_FIELDS) for item in self.calls.policies()],
            scheduled_actions=[
                in_utc(self._described(item, "ScheduledAction", ACTION_FIELDS)) for item in self.calls.actions()
            ],
        )
        if is_service_linked(found.computed["role_arn"]):
            found.document.pop("role_arn")
        return found

    def create(self, plan: Plan) -> None:
        self.calls.register({**self.request_for(plan.wanted), **({"Tags": plan.tags_after} if plan.tags_after else {})})
        self._write_named(plan)

    def update(self, plan: Plan) -> None:
        if any(name not in self.set_separately for name in plan.changes):
            self.calls.register(self.request_for(plan.after))
        self._write_named(plan)

    def delete(self, current: Current) -> None:
        self.calls.delete()

    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.calls.tag(current.computed["scalable_target_arn"], tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.calls.untag(current.computed["scalable_target_arn"], keys)

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
                where = f"{field}, {item[kind.identifier]}"
                raise InvalidParameters(*(problem.at(where) for problem in error.problems)) from error
        return items

    def _described(self, answer: Mapping[str, Any], shape: str, fields: Sequence[str]) -> Document:
        described = to_snake(answer, self.model.shape_for(shape))
        return {name: described[name] for name in fields if name in described}

    def _write_named(self, plan: Plan) -> None:
        for field, kind in NAMED.items():
            gone, to_write = steps(plan.before.get(field, []), plan.after.get(field, []), kind.identifier)
            for name in gone:
                self.calls.delete_scaling_policy(name) if field == POLICIES else self.calls.delete_scheduled_action(
                    name
                )
            for item in to_write:
                request = {**self._key, **self.request_for(item, kind.operation)}
                self.calls.put_scaling_policy(request) if field == POLICIES else self.calls.put_scheduled_action(
                    request
                )
