# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The connection, against the stack's region and account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield that the connection goes to another region or account than the stack's, or to the environment's region."""
    region, account, options = (values.get(f"mcp_server_{name}") for name in ("region", "account_id", "aws"))
    if not isinstance(options, Mapping):
        return
    if region and options.get("region") != region:
        found = options.get("region") or "none"
        yield f"mcp_server_aws: wanted the region of mcp_server_region, {region}; found {found}"
    role = options.get("assume_role")
    arn = str(role.get("role_arn") or "") if isinstance(role, Mapping) else ""
    owner = "".join(arn.split(":")[4:5])
    if owner and account and owner != str(account):
        yield f"mcp_server_aws: wanted a role of mcp_server_account_id, {account}, in assume_role; found one of {owner}"
