# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The parameters of a module as Ansible prints them with its result: without the values of headers and query strings.

`no_log` would not do: it is for a whole option, and the values of hosts and paths are in the same one; and Ansible then
removes the text of each value from the whole result, so that a header value "1" would leave no number in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._elb.fingerprints import CONFIGS, fingerprint
from .explain import request_of
from .match.conditions import CONFIG_OPTIONS

Document = dict[str, Any]
CONDITIONS = ("conditions", "planned_conditions", "rule_conditions")
VALUES = ("values", "regex_values")
SECRET_OPTIONS = [CONFIG_OPTIONS[kind] for kind in CONFIGS]


def take_parameters(module: Any) -> Document:
    """The parameters of a module; from now on the module itself has, and prints, fingerprints of secret values."""
    given = dict(module.params)
    for name in CONDITIONS:
        if given.get(name):
            module.params[name] = [_condition(condition) for condition in given[name]]
    if given.get("explain"):
        module.params["explain"] = _request(given["explain"])
    if given.get("headers"):
        module.params["headers"] = _headers(given["headers"])
    return given


def _condition(condition: Mapping[str, Any]) -> Document:
    nested = {name: _values(condition[name]) for name in SECRET_OPTIONS if condition.get(name)}
    return {**(_values(condition) if condition.get("field") in CONFIGS else condition), **nested}


def _values(holder: Mapping[str, Any]) -> Document:
    given = {name: holder[name] for name in VALUES if isinstance(holder.get(name), list)}
    return {**holder, **{name: [_value(value) for value in values] for name, values in given.items()}}


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {**value, "value": fingerprint(str(value.get("value") or ""))}
    return fingerprint(str(value))


def _headers(given: Mapping[str, Any]) -> Document:
    return {
        name: [_value(value) for value in values] if isinstance(values, list) else _value(values)
        for name, values in given.items()
    }


def _request(asked: Mapping[str, Any]) -> Document:
    headers = _headers(asked.get("headers") or {})
    query = request_of(asked).query_text()
    return {**asked, **({"headers": headers} if headers else {}), **({"query": query} if query else {})}
