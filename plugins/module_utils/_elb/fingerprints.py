# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""Values that belong to others and may be secret: compared and shown by a fingerprint. Pure.

A rule may ask for a header that only a content delivery network knows, or for a token in the query.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

CONFIGS = {"http-header": "HttpHeaderConfig", "query-string": "QueryStringConfig"}
VALUES = ("Values", "RegexValues")
LENGTH = 12  # hexadecimal digits
FORM = re.compile(rf"<sha256:[0-9a-f]{{{LENGTH}}}>")


def fingerprint(value: str) -> str:
    """What stands for a value wherever it is shown: the same for the same value."""
    return f"<sha256:{hashlib.sha256(value.encode()).hexdigest()[:LENGTH]}>"


def is_fingerprint(value: str) -> bool:
    """Whether a value is what fingerprint() returns, and stands for one that nobody can find out from it."""
    return FORM.fullmatch(value) is not None


def without_secrets(condition: Mapping[str, Any]) -> dict[str, Any]:
    """A condition of DescribeRules with the values of headers and query strings as fingerprints; names stay."""
    config = CONFIGS.get(str(condition.get("Field")))
    if config is None:
        return dict(condition)
    shown = {**condition, config: {**condition.get(config, {})}}
    for place in (shown, shown[config]):
        place.update({name: [_of(value) for value in place[name]] for name in VALUES if place.get(name)})
    return shown


def _of(value: Any) -> Any:
    """A value, or the value of a pair."""
    if isinstance(value, Mapping):
        return {**value, **({"Value": fingerprint(str(value["Value"]))} if value.get("Value") else {})}
    return fingerprint(str(value))
