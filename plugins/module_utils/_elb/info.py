# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What the neighbours_info module returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.clients import Clients
from .foreign_snapshot import read


def foreign_snapshot(client: Clients, params: Mapping[str, Any]) -> dict[str, Any]:
    """What of the load balancer belongs to others."""
    return read(client("elbv2"), params["load_balancer"], params["own_tags"])
