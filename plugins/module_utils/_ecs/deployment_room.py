# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""Whether a rolling deployment can replace a number of tasks within its two percentages. Pure.

Source: DeploymentConfiguration in the Amazon ECS API Reference: the greatest number of tasks is rounded down, the least
up.
"""

from __future__ import annotations

from collections.abc import Iterable

from .._core.problem import Problem


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
