# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""IAM policy documents: one form to compare, and what they say. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Policy = dict[str, Any]

# Members of a statement that IAM takes as a text or as a list of texts, in any order.
_SETS = ("Action", "NotAction", "Resource", "NotResource")


def canonical_policy(document: Mapping[str, Any] | str) -> Policy:
    """A policy document in the one form in which two equal ones are equal.

    IAM keeps a document as it was sent: a list of one may be the one, the order of a list means nothing, and a
    condition's value may be a number or a truth value.
    """
    given = json.loads(document) if isinstance(document, str) else document
    statements = [_canonical_statement(one) for one in _as_list(given.get("Statement", []))]
    return {**given, "Statement": statements}


def _canonical_statement(statement: Mapping[str, Any]) -> Policy:
    found = dict(statement)
    for name in (*_SETS, "Principal", "NotPrincipal"):
        if name in found:
            value = found[name]
            found[name] = _sets_of(value) if isinstance(value, Mapping) else _as_set(value)
    if "Condition" in found:
        found["Condition"] = {operator: _sets_of(keys) for operator, keys in found["Condition"].items()}
    return found


def _sets_of(values: Mapping[str, Any]) -> dict[str, list[str]]:
    return {key: _as_set(value) for key, value in values.items()}


def _as_set(value: Any) -> list[str]:
    return sorted({_as_text(one) for one in _as_list(value)})


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def trusted_services(document: Mapping[str, Any]) -> set[str]:
    """The services that a trust policy allows to assume its role; conditions are not looked at."""
    return set(_services(document))


def _services(document: Mapping[str, Any]) -> Iterator[str]:
    for statement in _as_list(document.get("Statement", [])):
        principal = statement.get("Principal")
        if statement.get("Effect") == "Allow" and isinstance(principal, Mapping):
            yield from map(str, _as_list(principal.get("Service", [])))


def permissions_of(document: Mapping[str, Any]) -> list[str]:
    """What a policy allows, a statement each, as "actions on resources"; not what AWS allows every caller."""
    found = [(_as_list(one.get("Action", [])), one) for one in _as_list(document.get("Statement", []))]
    return [
        f"{', '.join(actions)} on {', '.join(_as_list(one.get('Resource', [])))}"
        for actions, one in found
        if actions != ["sts:GetCallerIdentity"]
    ]
