# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What the modules return about a decision, and what they ask of the installed botocore. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.problem import Problem
from .match import conditions as conds
from .placement import End, Placement, Rule

Document = dict[str, Any]


def rule(one: Rule) -> Document:
    """A rule of somebody else."""
    return {
        "rule_arn": one.arn,
        "priority": one.priority,
        "conditions": [condition.document() for condition in one.conditions],
        "text": conds.text(one.conditions),
    }


def placement(decision: Placement | None, predicted: bool) -> Document:
    """Where the rule stands and why; empty when nothing was decided."""
    if decision is None:
        return {}
    window = decision.window
    return {
        "priority": decision.priority,
        "reason": decision.reason,
        "predicted": predicted,
        "window": {"lowest": window.low + 1, "highest": window.high - 1},
        "after": _end(window.after),
        "before": _end(window.before),
    }


def overlaps(decision: Placement | None) -> list[Document]:
    """The rules that share requests with the managed rule, each with such a request."""
    return [
        {
            **rule(overlap.rule),
            "evaluated": "earlier" if overlap.earlier else "later",
            "example_request": overlap.example.text() if overlap.example else None,
        }
        for overlap in (decision.overlaps if decision else ())
    ]


def _end(end: End | None) -> Document | None:
    if end is None:
        return None
    others = [rule(one) for one in end.together if one is not end.rule]
    return {**rule(end.rule), "together_with": others, "example_request": end.example.text() if end.example else None}


def unsupported(model: Any, params: Mapping[str, Any]) -> list[Problem]:
    """What is asked for and unknown to the installed botocore, each with the version that knows it.

    ``model``: the botocore service model of elbv2.
    """
    conditions, actions = params.get("conditions") or [], params.get("actions") or []
    regex = any(_has_regex(condition) for condition in conditions)
    jwt = any(action.get("type") == "jwt-validation" for action in actions)
    needed = [
        (regex, "HostHeaderConditionConfig", "RegexValues", "regex_values", "1.40.53"),
        (params.get("transforms") is not None, "CreateRuleInput", "Transforms", "transforms", "1.40.53"),
        (jwt, "Action", "JwtValidationConfig", "action jwt-validation", "1.40.72"),
    ]
    return [
        Problem(
            f"{what} is not known to the installed botocore",
            f"it needs botocore {version} or newer on the controller",
            "upgrade boto3 and botocore",
        )
        for wanted, shape, member, what, version in needed
        if wanted and member not in model.shape_for(shape).members
    ]


def _has_regex(condition: Mapping[str, Any]) -> bool:
    configs = [value for value in condition.values() if isinstance(value, Mapping)]
    return bool(condition.get("regex_values") or any(config.get("regex_values") for config in configs))
