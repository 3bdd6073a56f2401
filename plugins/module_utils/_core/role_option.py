# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The option `assume_role` of the connection: its arguments, and what AWS would refuse in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .problem import Problem

OPTIONS: dict[str, dict[str, Any]] = {
    "role_arn": {"type": "str", "required": True},
    "session_name": {"type": "str", "default": "quilt.mcp_server"},
    "external_id": {"type": "str"},
    "duration": {"type": "int", "default": 3600},
    "session_folder": {"type": "path"},
}
ARGUMENT = {"type": "dict", "options": OPTIONS}
DEFAULTS = {name: option["default"] for name, option in OPTIONS.items() if "default" in option}

# The bounds of STS: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
SHORTEST, LONGEST = 900, 43200
FORMS = {
    "role_arn": (r"arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+", "the ARN of an IAM role"),
    "session_name": (r"[\w+=,.@-]{2,64}", "2 to 64 letters, digits and _ + = , . @ -"),
    "external_id": (r"[\w+=,.@:/-]{2,1224}", "2 to 1224 letters, digits and _ + = , . @ : / -"),
}


def role_problems(role: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what AWS would refuse in the option `assume_role`, whatever the credentials are."""
    for name, (form, meaning) in FORMS.items():
        value = role.get(name)
        if value is not None and not re.fullmatch(form, str(value), re.ASCII):
            shown = repr(value) if name != "external_id" else "a value of another form"
            yield Problem(f"{name} is {shown}", f"AWS takes {meaning}", f"correct {name}")
    duration = role.get("duration")
    if duration is not None and not (str(duration).isdigit() and SHORTEST <= int(duration) <= LONGEST):
        yield Problem(
            f"duration is {duration!r}",
            f"a session lasts a whole number of seconds from {SHORTEST} to {LONGEST}",
            "leave duration out, which gives an hour; the session is renewed whenever it is about to end",
        )
