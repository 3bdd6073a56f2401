# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The options that every resource has."""

from __future__ import annotations

from typing import Any

REPLACE = "replace"


def common_arguments(replaceable: bool = False) -> dict[str, Any]:
    """The options of every resource; documented by the fragments quilt.mcp_server.resource and .replaceable."""
    more = {REPLACE: {"type": "bool", "default": False}} if replaceable else {}
    return {
        **more,
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        "purge_tags": {"type": "bool", "default": False},
        "require_tags": {"type": "dict", "default": {}},
        "leave_foreign": {"type": "bool", "default": False},
    }
