# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""How ECR understands a repository's mutability and its two JSON documents. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .._core.problem import Problem
from .._core.refusal import InvalidParameters
from .._core.shapes import KNOWN_AFTER_APPLY, Document

_ACCOUNT = re.compile(r"^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$")
# The elements of a policy whose value is one thing or a list of things without an order.
_SETS = ("Action", "NotAction", "Resource", "NotResource")
_TAG_LISTS = ("tagPrefixList", "tagPatternList")


def has_exclusions(mutability: str | None) -> bool:
    return bool(mutability) and str(mutability).endswith("_WITH_EXCLUSION")


def check_mutability(mutability: str, filters: list[Any] | None) -> None:
    """Raise InvalidParameters when exclusion filters and mutability do not belong together."""
    if filters and not has_exclusions(mutability):
        raise InvalidParameters(
            Problem(
                f"image_tag_mutability_exclusion_filters are given, and image_tag_mutability is {mutability}",
                "it has no exclusions",
                "set image_tag_mutability to IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION",
            )
        )
    if filters == [] and has_exclusions(mutability):
        raise InvalidParameters(
            Problem(
                f"image_tag_mutability is {mutability}, and image_tag_mutability_exclusion_filters is empty",
                "the filters say what is excluded",
                "give image_tag_mutability_exclusion_filters",
            )
        )


def check_lifecycle(policy: Mapping[str, Any] | None) -> None:
    """Raise InvalidParameters that names every rule which cannot be put in order; ECR judges the rest."""
    rules = (policy or {}).get("rules", [])
    if not isinstance(rules, list):
        raise InvalidParameters(_wrong("lifecycle_policy.rules", rules, "a list"))
    problems = [problem for n, rule in enumerate(rules) for problem in _wrong_in(f"lifecycle_policy.rules[{n}]", rule)]
    if problems:
        raise InvalidParameters(*problems)


def check_policy(policy: Mapping[str, Any] | None) -> None:
    """Raise InvalidParameters when a statement of a repository policy is no dictionary."""
    statements = _statements(policy or {})
    problems = [
        _wrong(f"repository_policy.Statement[{n}]", one, "a dictionary")
        for n, one in enumerate(statements)
        if not isinstance(one, Mapping)
    ]
    if problems:
        raise InvalidParameters(*problems)


def _wrong(where: str, value: Any, wanted: str) -> Problem:
    return Problem(f"{where} is {value!r}", f"it must be {wanted}", f"write {wanted} there")


def _wrong_in(where: str, rule: Any) -> list[Problem]:
    if not isinstance(rule, Mapping):
        return [_wrong(where, rule, "a dictionary")]
    priority, selection = rule.get("rulePriority"), rule.get("selection", {})
    found = []
    if isinstance(priority, bool) or not isinstance(priority, int):
        found.append(_wrong(f"{where}.rulePriority", priority, "a whole number"))
    if not isinstance(selection, Mapping):
        return [*found, _wrong(f"{where}.selection", selection, "a dictionary")]
    lists = [name for name in _TAG_LISTS if not isinstance(selection.get(name, []), list)]
    return found + [_wrong(f"{where}.selection.{name}", selection[name], "a list") for name in lists]


def same_key(wanted: Any, current: Any) -> bool:
    """Whether a wanted KMS key can be the current one: ECR echoes an ARN, whatever form it was given.

    An alias names some key that only KMS knows; it is taken to be the current one, which nobody can change anyway.
    """
    if not isinstance(wanted, str) or not isinstance(current, str) or wanted == KNOWN_AFTER_APPLY:
        return False
    return wanted == current or "alias/" in wanted or current.endswith(f":key/{wanted}")


def parse(text: str | None) -> Document:
    """A JSON document of the service; an absent one is empty."""
    document: Document = json.loads(text) if text else {}
    return document


def normalized_lifecycle(policy: Mapping[str, Any]) -> Document:
    """A lifecycle policy with its rules in the order of their priority."""
    rules = [_sorted_selection(rule) for rule in policy.get("rules", [])]
    return {**policy, "rules": sorted(rules, key=lambda rule: rule["rulePriority"])}


def normalized_policy(policy: Mapping[str, Any]) -> Document:
    """A repository policy with one spelling for what IAM writes in several ways: sets, accounts, single statements."""
    return {**policy, "Statement": [_statement(statement) for statement in _statements(policy)]}


def _statements(policy: Mapping[str, Any]) -> list[Any]:
    statements = policy.get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _sorted_selection(rule: Mapping[str, Any]) -> Document:
    selection = dict(rule.get("selection", {}))
    for name in _TAG_LISTS:
        if name in selection:
            selection[name] = _as_set(selection[name])
    return {**rule, "selection": selection}


def _statement(statement: Mapping[str, Any]) -> Document:
    result = {name: _as_set(value) if name in _SETS else value for name, value in statement.items()}
    for name in ("Principal", "NotPrincipal"):
        principal = result.get(name)
        if principal == "*":
            principal = {"AWS": "*"}
        if isinstance(principal, Mapping):
            result[name] = {kind: sorted(map(_account, _as_set(who))) for kind, who in principal.items()}
    condition: Any = result.get("Condition")
    if isinstance(condition, Mapping):
        result["Condition"] = {operator: _compared(keys) for operator, keys in condition.items()}
    return result


def _compared(keys: Any) -> Any:
    """What one operator compares: the values of a key are a set, and IAM has them as text."""
    if not isinstance(keys, Mapping):
        return keys
    return {key: _as_set([_text(value) for value in _as_set(values)]) for key, values in keys.items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_set(value: Any) -> list[Any]:
    return sorted(value, key=str) if isinstance(value, list) else [value]


def _account(principal: str) -> str:
    """An account by its number: IAM turns it into the ARN of its root."""
    match = _ACCOUNT.match(str(principal))
    return match.group(1) if match else str(principal)
