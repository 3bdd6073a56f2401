# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters for the operator's reports, and the one that detects drift."""

from __future__ import annotations

from typing import Any

from ansible_collections.quilt.mcp_server.plugins.plugin_utils import pages
from ansible_collections.quilt.mcp_server.plugins.plugin_utils.drift import judge


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {
            "drift": judge,
            "drift_page": pages.drift,
            "rollback_page": pages.rollback,
            "status_page": pages.status,
        }
