# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: may change without notice.

"""Between the service's CamelCase and a task's snake_case, for rules. Pure.

Unlike _shapes it keeps what is empty (an empty query of a redirect means "send none on") and needs no service model;
unlike Ansible's own conversion it leaves the keys of free maps alone at every depth.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

FREE_MAPS = ("AuthenticationRequestExtraParams", "authentication_request_extra_params")


def to_snake(value: Any) -> Any:
    """RuleArn to rule_arn, at every depth."""
    return _renamed(value, lambda name: re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower())


def to_camel(value: Any) -> Any:
    """rule_arn to RuleArn, at every depth; what is None is left out."""
    return _renamed(value, lambda name: "".join(part.capitalize() for part in name.split("_")))


def without_none(value: Any) -> Any:
    """Ansible fills every unset suboption with None."""
    return _renamed(value, lambda name: name)


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {
            rename(name): dict(item) if name in FREE_MAPS else _renamed(item, rename)
            for name, item in value.items()
            if item is not None
        }
    return [_renamed(item, rename) for item in value] if isinstance(value, list) else value
