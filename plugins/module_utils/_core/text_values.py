# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""Maps whose values end as text at AWS: which values of YAML are one, and what to write for the others. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .problem import Problem

# What is wrong with other types than text and whole numbers, which are taken as they are written.
REASONS = {
    bool: "AWS takes text, not a boolean",
    float: "AWS takes text, and YAML does not keep how a number was written: 1.10 becomes 1.1",
    dict: "AWS takes text, not a map",
    list: "AWS takes text, not a list",
}
OF_DATES = "AWS takes text, not a date or a time"


def text_problems(values: Mapping[Any, Any], null: str = "") -> Iterator[Problem]:
    """Yield a problem for each name and each value that is not text.

    Args:
        values: the map as YAML gave it.
        null: why null is refused as a value; without a reason it is let pass, and leaves its name out.
    """
    for name, value in values.items():
        if not isinstance(name, str) and (isinstance(name, bool) or not isinstance(name, int)):
            yield Problem(f"the name {name!r}", "a name is text", f"write it in quotes, such as {_quoted(name)}")
        elif value is None:
            if null:
                yield Problem(f"{name} is null", null, "give it a text, or remove it")
        elif not _is_text(value):
            yield Problem(f"{name} is {_shown(value)}", _reason(value), f"write it in quotes, such as {_quoted(value)}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def _reason(value: Any) -> str:
    return next((reason for kind, reason in REASONS.items() if isinstance(value, kind)), OF_DATES)


def _shown(value: Any) -> str:
    return f"{type(value).__name__} {value!s}" if isinstance(value, bool | float) else f"a {type(value).__name__}"


def _quoted(value: Any) -> str:
    """A value as it can be written: a boolean in YAML's spelling, a list or a map as JSON."""
    if isinstance(value, bool):
        return f"'{str(value).lower()}'"
    if isinstance(value, Mapping | list | tuple):
        return f"'{json.dumps(value, default=str)}'"
    return f"'{value}'"
