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

from .._shapes import KNOWN_AFTER_APPLY, Document, InvalidParameters

_ACCOUNT = re.compile(r"^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$")
# The elements of a policy whose value is one thing or a list of things without an order.
_SETS = ("Action", "NotAction", "Resource", "NotResource")


def has_exclusions(mutability: str | None) -> bool:
    return bool(mutability) and str(mutability).endswith("_WITH_EXCLUSION")


def check_mutability(mutability: str | None, filters: list[Any] | None) -> None:
    """Raise InvalidParameters when exclusion filters and mutability do not belong together."""
    if filters and not has_exclusions(mutability):
        raise InvalidParameters(
            message="image_tag_mutability_exclusion_filters need image_tag_mutability: IMMUTABLE_WITH_EXCLUSION or "
            f"MUTABLE_WITH_EXCLUSION, not {mutability or 'unset'}"
        )
    if filters == [] and has_exclusions(mutability):
        raise InvalidParameters(
            message=f"image_tag_mutability: {mutability} needs image_tag_mutability_exclusion_filters"
        )


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


def normalised_lifecycle(policy: Mapping[str, Any]) -> Document:
    """A lifecycle policy with its rules in the order of their priority."""
    rules = [_sorted_selection(rule) for rule in policy.get("rules", [])]
    return {**policy, "rules": sorted(rules, key=lambda rule: int(rule.get("rulePriority", 0)))}


def normalised_policy(policy: Mapping[str, Any]) -> Document:
    """A repository policy with one spelling for what IAM writes in several ways: sets, accounts, single statements."""
    statements = policy.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    return {**policy, "Statement": [_statement(statement) for statement in statements]}


def _sorted_selection(rule: Mapping[str, Any]) -> Document:
    selection = dict(rule.get("selection", {}))
    for name in ("tagPrefixList", "tagPatternList"):
        if name in selection:
            selection[name] = sorted(selection[name])
    return {**rule, "selection": selection}


def _statement(statement: Mapping[str, Any]) -> Document:
    result = {name: _as_set(value) if name in _SETS else value for name, value in statement.items()}
    for name in ("Principal", "NotPrincipal"):
        principal = result.get(name)
        if principal == "*":
            principal = {"AWS": "*"}
        if isinstance(principal, Mapping):
            result[name] = {kind: sorted(map(_account, _as_set(who))) for kind, who in principal.items()}
    return result


def _as_set(value: Any) -> list[Any]:
    return sorted(value) if isinstance(value, list) else [value]


def _account(principal: str) -> str:
    """An account by its number: IAM turns it into the ARN of its root."""
    match = _ACCOUNT.match(str(principal))
    return match.group(1) if match else str(principal)
