# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""Whether a rolling deployment can replace a number of tasks within its two percentages. Pure.

Source: DeploymentConfiguration in the Amazon ECS API Reference: the greatest number of tasks is rounded down, the least
up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._core.problem import Problem

# What ECS writes into the service's events when a deployment cannot go on.
EVENT = "because of the service deployment configuration"
# Changes of a service with which ECS replaces no task.
WITHOUT_NEW_TASKS = frozenset(
    {
        "availability_zone_rebalancing",
        "deployment_configuration",
        "desired_count",
        "enable_ecs_managed_tags",
        "enable_execute_command",
        "health_check_grace_period_seconds",
        "placement_constraints",
        "placement_strategy",
        "propagate_tags",
    }
)


def has_room(tasks: int, minimum: int, maximum: int) -> bool:
    """Whether ECS can start a new task before it stops one, or stop one before it starts a new one.

    Args:
        tasks: how many run, the desired count.
        minimum: minimumHealthyPercent.
        maximum: maximumPercent.
    """
    most, least = tasks * maximum // 100, -(-tasks * minimum // 100)
    return tasks == 0 or most > tasks or least < tasks


def room_problem(tasks: int, minimum: int, maximum: int) -> Problem | None:
    """Why a deployment could never replace the tasks, or None when it can."""
    if has_room(tasks, minimum, maximum):
        return None
    shown = "1 task" if tasks == 1 else f"{tasks} tasks"
    return Problem(
        f"{shown}, minimum_healthy_percent {minimum}, maximum_percent {maximum}",
        f"none of {shown} may be stopped before another runs, and none may run in addition"
        if tasks > 1
        else "the task may not be stopped before another runs, and none may run in addition",
        f"set maximum_percent to {least_maximum(tasks)} or more, or minimum_healthy_percent to "
        f"{greatest_minimum(tasks)} or less",
    )


def least_maximum(tasks: int) -> int:
    """The least maximumPercent with which one more task than these may run."""
    return -(-(tasks + 1) * 100 // tasks)


def greatest_minimum(tasks: int) -> int:
    """The greatest minimumHealthyPercent with which one of these tasks may be stopped first."""
    return (tasks - 1) * 100 // tasks


def without_room(counts: Iterable[int], minimum: int, maximum: int) -> list[int]:
    """Those of the numbers of tasks that no deployment could replace."""
    return [tasks for tasks in counts if not has_room(tasks, minimum, maximum)]


def problem_of_update(before: Mapping[str, Any], after: Mapping[str, Any], force: bool) -> Problem | None:
    """Why an update could never replace the tasks of a service.

    Args:
        before: the service as it is, its own number of tasks included, which the autoscaler may have set.
        after: the service as it is wanted, with a whole deployment_configuration.
        force: whether new tasks are started though nothing differs.
    """
    configuration = after.get("deployment_configuration") or {}
    changed = {name for name, value in after.items() if before.get(name) != value}
    replaces = force or bool(changed - WITHOUT_NEW_TASKS)
    percentages = configuration.get("minimum_healthy_percent"), configuration.get("maximum_percent")
    tasks = before.get("desired_count")
    if not replaces or configuration.get("strategy", "ROLLING") != "ROLLING" or not isinstance(tasks, int):
        return None
    minimum, maximum = percentages
    if not isinstance(minimum, int) or not isinstance(maximum, int):
        return None
    return room_problem(tasks, minimum, maximum)


def of_event(service: Mapping[str, Any]) -> str:
    """What the event about the deployment configuration means for a service of DescribeServices; or nothing."""
    events = [str(event.get("message", "")) for event in service.get("events", [])]
    configuration = service.get("deploymentConfiguration", {})
    minimum, maximum = configuration.get("minimumHealthyPercent"), configuration.get("maximumPercent")
    if minimum is None or maximum is None or not any(EVENT in message for message in events):
        return ""
    problem = room_problem(int(service.get("desiredCount", 0)), minimum, maximum)
    start = (
        f"The percentages minimum_healthy_percent {minimum} and maximum_percent {maximum} left the deployment no room"
    )
    return f"{start}: {problem.remedy}" if problem else start
