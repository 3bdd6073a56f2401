# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""Where the tasks run: capacity providers and Availability Zones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.capacity import RANGES, strategy_problems

from .numbers import as_int

PROVIDERS = "ecs_service_capacity_providers"
REBALANCING = "ecs_service_availability_zone_rebalancing"
MAXIMUM = "ecs_service_maximum_percent"
KEYS = ("capacity_provider", *RANGES)


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what ECS would refuse of the capacity providers, and of the rebalancing with the percentages."""
    given = values.get(PROVIDERS)
    items = [item for item in given if isinstance(item, Mapping)] if isinstance(given, list | tuple) else []
    for item in items:
        for key in [key for key in item if key not in KEYS]:
            yield f"{PROVIDERS}: wanted only the keys {', '.join(KEYS)}; found {key}"
        for key in RANGES:
            if item.get(key) is not None and as_int(item[key]) is None:
                where = f"{PROVIDERS}: {key} of {item.get('capacity_provider')}"
                yield f"{where}: wanted a whole number; found {item[key]!r}"
    typed = [{**item, **{key: as_int(item[key]) for key in RANGES if key in item}} for item in items]
    for problem in strategy_problems(typed):
        yield f"{PROVIDERS}: {problem.line()}"
    if len(typed) == 1 and not typed[0].get("weight") and not typed[0].get("base"):
        yield f"{PROVIDERS}: wanted a weight above 0, as one of 0 gets no task; found none; set weight to 1"
    if values.get(REBALANCING) == "ENABLED" and as_int(values.get(MAXIMUM)) == 100:
        yield (
            f"{REBALANCING}: ECS starts a task in another zone before it stops one, and with {MAXIMUM} 100 none may "
            f"run in addition; found ENABLED; set {MAXIMUM} to 200, or the other to DISABLED"
        )
