# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The rules of a listener as they were read, in the forms that are compared and placed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._core.plan import Current
from .._elb.fingerprints import without_secrets
from . import actions as acts
from .actions import Document
from .match import conditions as conds
from .match.address_space import EVERY_ADDRESS, Space
from .match.conditions import Condition
from .placement import Rule
from .spelling import to_snake


@dataclass(frozen=True)
class Found:
    """A rule as it was read. ``priority`` is None for the default rule."""

    arn: str
    priority: int | None
    conditions: tuple[Condition, ...]
    answer: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)
    tags: Mapping[str, str] = field(compare=False, default_factory=dict)

    @classmethod
    def of(cls, answer: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
        """From one of DescribeRules' rules and its tags."""
        priority = None if answer["Priority"] == "default" else int(answer["Priority"])
        return cls(answer["RuleArn"], priority, conds.from_service(answer.get("Conditions") or ()), answer, tags)

    def rule(self) -> Rule | None:
        """For the placement, which the default rule has no part in."""
        return None if self.priority is None else Rule(self.arn, self.priority, self.conditions)

    def text(self) -> str:
        rule = self.rule()
        return rule.text() if rule else "the default rule"

    def example(self) -> str:
        rule = self.rule()
        return rule.example() if rule else ""

    def current(self) -> Current:
        """For the engine: what is compared, and what AWS says about it."""
        snake = to_snake({**self.answer, "Conditions": [*map(without_secrets, self.answer.get("Conditions") or ())]})
        facts = {name: snake.get(name) for name in ("rule_arn", "is_default", "conditions", "actions", "transforms")}
        facts["actions"] = [_without_secrets(action) for action in facts["actions"] or []]
        facts["transforms"] = facts["transforms"] or []
        document = {
            "priority": self.priority,
            "conditions": condition_documents(self.conditions),
            "actions": acts.normalized(facts["actions"]),
            "transforms": acts.normalized_transforms(facts["transforms"]),
        }
        return Current(document, facts, dict(self.tags))


@dataclass(frozen=True)
class Snapshot:
    """All rules of a listener at one moment, and the tags of its load balancer."""

    rules: tuple[Found, ...] = ()
    balancer: str = ""
    balancer_tags: Mapping[str, str] = field(default_factory=dict)
    space: Space = EVERY_ADDRESS  # the addresses that the clients of the load balancer can have

    def owned(self, key: str, name: str) -> list[Found]:
        """The rules that carry the identity tag."""
        return [rule for rule in self.rules if rule.tags.get(key) == name]

    def rule(self, arn: str) -> Found | None:
        return next((rule for rule in self.rules if rule.arn == arn), None)

    def others(self, arn: str | None) -> list[Rule]:
        """All but the managed rule and the default rule, which nothing can stand behind."""
        return [rule for found in self.rules if found.arn != arn and (rule := found.rule())]

    def twins(self, conditions: Sequence[Condition]) -> list[Found]:
        """The rules that ask the same, in the order of evaluation."""
        same = [rule for rule in self.rules if rule.priority is not None and conds.same(rule.conditions, conditions)]
        return sorted(same, key=lambda rule: rule.priority or 0)


def condition_documents(conditions: Sequence[Condition]) -> list[Document]:
    """Conditions for a diff: sorted, without duplicates, and without the values of headers and query strings."""
    return [condition.document() for condition in sorted(set(conditions), key=lambda condition: condition.text())]


def _without_secrets(action: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: {name: item for name, item in value.items() if name not in acts.SECRETS}
        if isinstance(value, Mapping)
        else value
        for key, value in action.items()
    }
