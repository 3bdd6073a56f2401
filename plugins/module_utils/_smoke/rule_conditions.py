# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What a request needs so that a listener rule with further conditions answers it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from .._core.problem import Problem
from .._elb_rule.match.conditions import Condition, from_task
from .._elb_rule.match.dimensions import common

# Headers that the client sets itself, in addition to those that begin with mcp-.
OF_THE_CLIENT = ("accept", "authorization", "connection", "content-length", "content-type", "host", "transfer-encoding")
METHODS = ("GET", "POST")  # of the health check, and of everything else
WILDCARDS = frozenset("*?")


@dataclass(frozen=True)
class RuleRequest:
    """What every request carries so that the rule answers it.

    Attributes:
        headers: those that the conditions ask for and that were not given.
        query: pairs of key and value.
        hint: what may keep the rule from answering although a request carries all that.
        problems: conditions that no request of the smoke test can fulfill.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    problems: tuple[Problem, ...] = ()


def is_of_the_client(name: str) -> bool:
    """Whether the client sets a header itself."""
    return name.lower() in OF_THE_CLIENT or name.lower().startswith("mcp-")


def conditions_from(given: Sequence[Mapping[str, Any]]) -> Sequence[Condition]:
    """The conditions in a task's spelling."""
    return from_task([{key: value for key, value in one.items() if value is not None} for one in given])


def request_for(asked: Sequence[Condition], headers: Mapping[str, Any]) -> RuleRequest:
    """The request for the conditions of a rule.

    Args:
        asked: the conditions of the rule in addition to its hosts and paths.
        headers: what every request carries anyway; a value here takes the place of one from a condition.
    """
    given = {name.lower(): str(value) for name, value in headers.items()}
    found: dict[str, str] = {}
    problems: list[Problem] = []
    named = sorted((one for one in asked if one.field == "http-header"), key=lambda one: one.name)
    for name, group in groupby(named, key=lambda one: one.name):
        of_name = list(group)
        if is_of_the_client(name):
            continue
        if name in given:
            problems += _given_problems(name, given[name], of_name)
        elif literal := _literal(of_name):
            found[name] = literal
        else:
            problems.append(_no_literal(name))
    query = [texts for one in asked if one.field == "query-string" and len(texts := common(one) or ()) == 2]
    problems += [_no_method(one) for one in asked if one.field == "http-request-method" and not _has_methods(one)]
    sources = [one.text() for one in asked if one.field == "source-ip"]
    return RuleRequest(found, tuple((key, value) for key, value in query), _hint(sources), tuple(problems))


def _literal(conditions: Iterable[Condition]) -> str | None:
    """A value without a wildcard, as it was written, that fulfills all the conditions; None if there is none."""
    first, *others = conditions
    for value in first.values:
        literal = isinstance(value, str) and not WILDCARDS & set(value)
        if literal and all(_takes(other, str(value)) for other in others):
            return first.written_value(value)
    return None


def _takes(condition: Condition, value: str) -> bool:
    return condition.opaque or any(glob.matches(value.lower()) for glob in condition.globs)


def _given_problems(name: str, value: str, conditions: Iterable[Condition]) -> list[Problem]:
    if all(_takes(condition, value) for condition in conditions):
        return []
    return [
        Problem(
            f"headers has {name} with a value that the rule's condition http-header {name} does not take",
            "the rule would not answer the smoke test",
            "correct it in headers (smoke_headers), or remove it there if the condition has a value without wildcard",
        )
    ]


def _no_literal(name: str) -> Problem:
    return Problem(
        f"the rule's condition http-header {name} has no value without a wildcard, and headers has no {name}",
        "the smoke test has to send a value that the condition takes",
        f"give {name} such a value in headers (smoke_headers)",
    )


def _has_methods(condition: Condition) -> bool:
    return set(METHODS) <= set(condition.values)


def _no_method(condition: Condition) -> Problem:
    return Problem(
        f"the rule has the condition {condition.text()}",
        "the smoke test reads the health with GET, and an MCP client sends POST",
        f"have {' and '.join(METHODS)} among its values",
    )


def _hint(sources: Sequence[str]) -> str:
    if not sources:
        return ""
    return (
        f"the rule has the condition {'; '.join(sources)}: the address from which this machine reaches the load "
        "balancer must be in it; run the smoke test from such an address, or add this one to alb_rule_conditions"
    )
