# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""What Availability Zone rebalancing does not go with. Pure.

Source: "Balancing an Amazon ECS service across Availability Zones" in the Amazon ECS Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._core.problem import Problem

ZONE = "attribute:ecs.availability-zone"
FIELD = "availability_zone_rebalancing"


def rebalancing_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield why ECS refuses to rebalance a service: its parameters, or the whole of it."""
    if document.get(FIELD) != "ENABLED":
        return
    remedy = f"set {FIELD} to DISABLED"
    maximum = (document.get("deployment_configuration") or {}).get("maximum_percent")
    if isinstance(maximum, int) and maximum <= 100:
        yield Problem(
            f"{FIELD} is ENABLED with maximum_percent {maximum}",
            "ECS starts a task in another zone before it stops one, and none may run in addition",
            f"set maximum_percent above 100, or {remedy}",
        )
    if document.get("scheduling_strategy") == "DAEMON":
        yield Problem(f"{FIELD} is ENABLED with scheduling_strategy DAEMON", "each instance has its task", remedy)
    if document.get("launch_type") == "EXTERNAL":
        yield Problem(f"{FIELD} is ENABLED with launch_type EXTERNAL", "those machines are in no zone", remedy)
    if any(balancer.get("load_balancer_name") for balancer in document.get("load_balancers") or []):
        yield Problem(
            f"{FIELD} is ENABLED with a Classic Load Balancer", "ECS does not support the two together", remedy
        )
    first = next(iter(document.get("placement_strategy") or []), None)
    if first is not None and (first.get("type"), first.get("field")) != ("spread", ZONE):
        yield Problem(
            f"{FIELD} is ENABLED, and placement_strategy begins with {first.get('type')} {first.get('field', '')}",
            f"the first one must spread over {ZONE}",
            f"put that one first, or {remedy}",
        )
    if any(ZONE in (one.get("expression") or "") for one in document.get("placement_constraints") or []):
        yield Problem(f"{FIELD} is ENABLED, and placement_constraints name {ZONE}", "they fix the zones", remedy)
