# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What the stack_info module returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.clients import Clients
from .._core.credentials import identify
from .._core.shapes import Document
from .client import read
from .plan import resolve
from .records import Wanted
from .removal_plan import resolve_removal


def stack(client: Clients, params: Mapping[str, Any]) -> Document:
    """The stack. Raises RefusedList with every problem at once, AccessError when AWS cannot be used."""
    wanted = _wanted(client.region, params)
    identity = identify(client, params["account_id"])
    judge = resolve_removal if params["removal"] else resolve
    resolution = judge(wanted, read(client, identity, wanted))
    if resolution.problems:
        raise resolution.refusal()
    return {"stack": resolution.stack, "warnings": resolution.warnings}


def _wanted(region: str, params: Mapping[str, Any]) -> Wanted:
    """The description of the stack in the module's parameters."""
    return Wanted(
        region=region,
        vpc_name=params["vpc_name"] or "",
        vpc_id=params["vpc_id"] or "",
        load_balancer_name=params["load_balancer_name"],
        cluster_name=params["cluster_name"],
        listener_port=params["listener_port"],
        host=params["host"],
        hosted_zone_name=params["hosted_zone_name"],
        private_subnet_ids=tuple(params["private_subnet_ids"]),
        private_subnet_tags={key: str(value) for key, value in params["private_subnet_tags"].items()},
        minimum_zones=params["minimum_zones"],
        secrets=tuple(params["secrets"]),
        capacity_providers=tuple(params["capacity_providers"]),
        option_names=params["option_names"],
    )
