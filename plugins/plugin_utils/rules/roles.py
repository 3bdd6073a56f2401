# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The roles of the tasks, and those that the server assumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

EXISTING = {
    "iam_existing_task_role": "the task role",
    "iam_existing_execution_role": "the execution role",
}
EXISTING_OF_SHIFTS = {"iam_existing_infrastructure_role": "the role with which ECS shifts traffic"}


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the server would have to assume and could not."""
    assumable = values.get("mcp_server_assumable_roles")
    if values.get("mcp_server_credentials") == "assume_role" and not assumable:
        yield "mcp_server_assumable_roles: wanted at least one role ARN, because mcp_server_credentials is assume_role"
    yield from _boundary_problems(values)
    yield from _account_problems(values)
    allowed = values.get("iam_assumable_roles")
    if isinstance(assumable, list) and isinstance(allowed, list) and not values.get("iam_existing_task_role"):
        missing = sorted(str(role) for role in assumable if role not in allowed)
        if missing:
            yield (
                "iam_assumable_roles: wanted all of mcp_server_assumable_roles, which the server is to assume; "
                f"found no {', '.join(missing)}; leave it out, and it is the same"
            )


def _account_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield that a role of the tasks is of another account: ECS passes roles of its own account alone."""
    account = str(values.get("mcp_server_account_id") or "")
    for name in {**EXISTING, **EXISTING_OF_SHIFTS}:
        parts = str(values.get(name) or "").split(":")
        if len(parts) > 5 and account and parts[4] != account:
            yield f"{name}: wanted a role of the account {account}; found one of {parts[4]}; ECS takes no other"


def _boundary_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield that roles would be created without a boundary, and nobody said that they may."""
    shifts = (values.get("mcp_server_strategy") or "ROLLING") != "ROLLING"
    needed = {**EXISTING, **(EXISTING_OF_SHIFTS if shifts else {})}
    created = [role for name, role in needed.items() if not values.get(name)]
    if created and values.get("iam_permissions_boundary", "none") in (None, ""):
        yield (
            f"iam_permissions_boundary: wanted a permissions boundary for {' and '.join(created)}, which a run creates"
            "; found none; set the ARN of its policy, or none where the roles are to have no limit, or give roles that "
            f"exist ({', '.join(name for name in needed if not values.get(name))})"
        )
