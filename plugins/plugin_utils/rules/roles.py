# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The roles that the server assumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the server would have to assume and could not."""
    assumable = values.get("mcp_server_assumable_roles")
    if values.get("mcp_server_credentials") == "assume_role" and not assumable:
        yield "mcp_server_assumable_roles: wanted at least one role ARN, because mcp_server_credentials is assume_role"
    allowed = values.get("iam_assumable_roles")
    if isinstance(assumable, list) and isinstance(allowed, list) and not values.get("iam_existing_task_role"):
        missing = sorted(str(role) for role in assumable if role not in allowed)
        if missing:
            yield (
                "iam_assumable_roles: wanted all of mcp_server_assumable_roles, which the server is to assume; "
                f"found no {', '.join(missing)}; leave it out, and it is the same"
            )
