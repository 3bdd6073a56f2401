# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The region of the connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield that the connection goes to another region than the stack's, or to the environment's."""
    region, options = values.get("mcp_server_region"), values.get("mcp_server_aws")
    if isinstance(options, Mapping) and region and options.get("region") != region:
        found = options.get("region") or "none"
        yield f"mcp_server_aws: wanted the region of mcp_server_region, {region}; found {found}"
