# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The further conditions of the listener rule. No problem shows a value of a header or of a query string."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import Problem
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match.condition_values import value_problems
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match.conditions import (
    CONFIG_OPTIONS,
    WITH_REGEX,
    Condition,
    from_task,
    number_of_values,
    problems_of_each,
)

NAME = "alb_rule_conditions"
TEST_HEADER = "x-quilt-release"
ELSEWHERE = {"host-header": "alb_rule_hosts", "path-pattern": "alb_rule_paths"}
TEXTS = "values", "regex_values"
KEYS = frozenset({"field", "http_header_name", *TEXTS})
PAIR = frozenset({"key", "value"})


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the module, or AWS, would refuse of the conditions."""
    given = values.get(NAME)
    for number, condition in enumerate(given if isinstance(given, list) else ()):
        for problem in _shape_problems(condition) if isinstance(condition, Mapping) else ():
            yield f"{NAME}[{number}]: {problem.line()}"
    asked = conditions_of(values)
    for condition in asked:
        for problem in value_problems(condition):
            yield f"{NAME}: {problem.line()}"
    for problem in (*problems_of_each(asked), *_test_header_problems(asked)):
        yield f"{NAME}: {problem.line()}"


def count(values: Mapping[str, Any]) -> int:
    """How many values of a rule the conditions take."""
    number: int = number_of_values(conditions_of(values))
    return number


def conditions_of(values: Mapping[str, Any], name: str = NAME) -> Sequence[Condition]:
    """The conditions of an input; none as long as the form of one of them is wrong."""
    given = values.get(name)
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        return ()
    if any(problem for one in given for problem in _shape_problems(one)):
        return ()
    asked: Sequence[Condition] = from_task(
        [{key: value for key, value in one.items() if value is not None} for one in given]
    )
    return asked


def _shape_problems(condition: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what of a condition has not the form of the module's option."""
    field = condition.get("field")
    if field in ELSEWHERE:
        yield Problem(f"the field is {field}", "the rule has that condition", f"use {ELSEWHERE[field]}")
        return
    if field not in CONFIG_OPTIONS:
        accepted = ", ".join(sorted(set(CONFIG_OPTIONS) - set(ELSEWHERE)))
        yield Problem(f"the field is {field!r}", "ELB has no such condition", f"use one of {accepted}")
        return
    config = condition.get(CONFIG_OPTIONS[field])
    unknown = [str(key) for key in condition if key not in KEYS and key != CONFIG_OPTIONS[field]]
    if config is not None and not isinstance(config, Mapping):
        unknown.append(CONFIG_OPTIONS[field])
    holders = [condition, *([config] if isinstance(config, Mapping) else [])]
    unknown += [str(key) for key in holders[-1] if len(holders) > 1 and key not in KEYS - {"field"}]
    if unknown:
        yield Problem(
            f"condition {field} has {', '.join(unknown)}",
            "a condition of this field has no such key",
            f"use field, values{', regex_values' if field in WITH_REGEX else ''}"
            f"{', http_header_name' if field == 'http-header' else ''}",
        )
    for holder in holders:
        for key in TEXTS:
            yield from _list_problems(str(field), key, holder.get(key))


def _list_problems(field: str, key: str, given: Any) -> Iterator[Problem]:
    if given is None:
        return
    if not isinstance(given, list):
        kind = type(given).__name__
        yield Problem(f"condition {field}: {key} is a {kind}", "a condition has a list", "write each value in a list")
        return
    for value in given:
        parts = [value]
        if field == "query-string" and isinstance(value, Mapping):
            parts = [part for part in value.values() if part is not None]
            if not set(value) <= PAIR or value.get("value") is None:
                yield Problem(
                    f"condition {field}: a value has the keys {', '.join(sorted(map(str, value))) or 'none'}",
                    "a pair has a value, and may have a key",
                    "write it as {key: ..., value: ...}",
                )
        for part in parts:
            if isinstance(part, bool) or not isinstance(part, str | int):
                yield Problem(
                    f"condition {field}: a value is a {type(part).__name__}",
                    "AWS takes text, and YAML does not keep how another value was written",
                    "write it in quotes",
                )


def _test_header_problems(conditions: Sequence[Condition]) -> Iterator[Problem]:
    if any(condition.name == TEST_HEADER for condition in conditions):
        yield Problem(
            f"condition http-header {TEST_HEADER}",
            "the test rule selects test traffic by that header",
            "use another header",
        )
