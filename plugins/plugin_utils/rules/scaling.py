# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The values that scale the service; without a maximum it is not scaled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._autoscaling.schedule import (
    name_problems,
    schedule_problems,
    time_zone_problems,
)

from .numbers import as_int

SCHEDULED_ACTION_KEYS = ("scheduled_action_name", "schedule", "scalable_target_action")
JUDGES = {"scheduled_action_name": name_problems, "schedule": schedule_problems, "timezone": time_zone_problems}


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong between the values of the scaling."""

    def number(name: str) -> int:
        return as_int(values.get(f"scaling_{name}")) or 0

    least, most = number("min"), number("max")
    if least > most:
        yield f"scaling_min: wanted at most scaling_max, which is {most}; found {least}"
    given = values.get("scaling_scheduled_actions")
    actions = given if isinstance(given, list) else []
    wishes = {
        "scaling_cpu_target": number("cpu_target"),
        "scaling_requests_target": number("requests_target"),
        "scaling_scheduled_actions": len(actions),
    }
    if most == 0:
        for name in (name for name, wish in wishes.items() if wish):
            yield f"{name}: only used with scaling_max, the greatest number of tasks; found none"
    strategy = values.get("mcp_server_strategy") or "ROLLING"
    if number("requests_target") and strategy != "ROLLING":
        yield (
            "scaling_requests_target: counts the requests of one target group, and with "
            f"mcp_server_strategy {strategy} the traffic moves between two; wanted scaling_cpu_target"
        )
    for action in (action for action in actions if isinstance(action, Mapping)):
        yield from _action_problems(action)


def _action_problems(action: Mapping[str, Any]) -> Iterator[str]:
    missing = [key for key in SCHEDULED_ACTION_KEYS if not action.get(key)]
    name = action.get("scheduled_action_name", "without a name")
    where = f"scaling_scheduled_actions: the action {name}"
    if missing:
        yield f"{where} lacks {', '.join(missing)}"
    for key, judge in JUDGES.items():
        value = action.get(key)
        for problem in judge(value) if isinstance(value, str) and value else ():
            yield f"{where}: {problem.line()}"
