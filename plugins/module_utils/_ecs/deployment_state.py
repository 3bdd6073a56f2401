# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What the records of service deployments mean to an operator, and what may be done about one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .._core.problem import Problem

Record = Mapping[str, Any]  # of DescribeServiceDeployments, in the API's names

RUNS = ("pending", "in_progress", "paused")
ENDS = ("stopping", "rolling_back")
_STATES = {
    "PENDING": "pending",
    "IN_PROGRESS": "in_progress",
    "SUCCESSFUL": "completed",
    "STOP_REQUESTED": "stopping",
    "STOPPED": "stopped",
    "ROLLBACK_REQUESTED": "rolling_back",
    "ROLLBACK_IN_PROGRESS": "rolling_back",
    "ROLLBACK_SUCCESSFUL": "rolled_back",
    "ROLLBACK_FAILED": "rollback_failed",
}
KNOWN_STATES = [
    "pending",
    "in_progress",
    "paused",
    "completed",
    "stopping",
    "stopped",
    "failed",
    "rolling_back",
    "rolled_back",
    "rollback_failed",
]
# The statuses of a service deployment that will never be complete.
UNDONE = frozenset(
    {
        "STOP_REQUESTED",
        "STOPPED",
        "ROLLBACK_REQUESTED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_SUCCESSFUL",
        "ROLLBACK_FAILED",
    }
)
PROVEN = ("SUCCESSFUL", "ROLLBACK_SUCCESSFUL")  # statuses that show that something of the service has served


def state_of(record: Record) -> str:
    """One word for a service deployment; a status that this release does not know in lower case.

    paused: it waits at a hook for somebody's word. failed: ECS itself stopped it, for its circuit breaker or an alarm,
    and there was nothing to roll back to. stopped: somebody stopped it, or a newer deployment took its place.
    One whose status is not said runs: it must not be taken for over.
    """
    status = str(record.get("status", "IN_PROGRESS"))
    state = _STATES.get(status, status.lower())
    if state in RUNS and waiting_hooks(record):
        return "paused"
    tripped = "TRIGGERED" in (record.get(guard, {}).get("status") for guard in ("deploymentCircuitBreaker", "alarms"))
    return "failed" if state == "stopped" and tripped else state


def waiting_hooks(record: Record) -> list[str]:
    """The ids of the hooks that wait for an action."""
    hooks = record.get("lifecycleHookDetails") or []
    return [str(hook["hookId"]) for hook in hooks if hook.get("status") == "AWAITING_ACTION" and hook.get("hookId")]


def status_of(service: Mapping[str, Any]) -> str:
    """ACTIVE, DRAINING or INACTIVE. A service whose status is not said is there: it must not be taken for gone."""
    return str(service.get("status", "ACTIVE"))


def primary_of(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """The PRIMARY deployment, or an empty one."""
    deployments: Sequence[Mapping[str, Any]] = service.get("deployments", [])
    return next((one for one in deployments if one.get("status") == "PRIMARY"), {})


def deployment_of(service: Mapping[str, Any], identifier: str) -> Mapping[str, Any] | None:
    """The deployment with this id."""
    return next((one for one in service.get("deployments", []) if one.get("id") == identifier), None)


def has_served(service: Mapping[str, Any], proven: Sequence[Record]) -> bool:
    """Whether a deployment of this service was ever complete.

    service: of DescribeServices; proven: its records with a status of PROVEN. A record from before the service began
    belongs to an earlier service of that name.
    """
    if any(deployment.get("rolloutState") == "COMPLETED" for deployment in service.get("deployments", [])):
        return True
    return any(record["createdAt"] >= service["createdAt"] for record in proven)


@dataclass(frozen=True)
class Step:
    """The one call to make, if any, and the hook that it is about; `problem` says why there can be none."""

    action: Literal["none", "stop", "continue"] = "none"
    hook: str = ""
    problem: Problem | None = None


def plan(wanted: str, record: Record, hook: str | None) -> Step:
    """What brings a deployment to the wanted state: stopped or continued."""
    state = state_of(record)
    if wanted == "stopped" and state in RUNS:
        return Step("stop")
    if wanted != "continued" or state != "paused":
        return Step()
    waiting = waiting_hooks(record)
    if hook is None and len(waiting) > 1:
        found = f"{len(waiting)} hooks wait ({', '.join(waiting)})"
        return Step(problem=Problem(found, "a call continues one of them", "say which with hook_id"))
    if hook is not None and hook not in waiting:
        found = f"hook {hook} does not wait; these do: {', '.join(waiting)}"
        return Step(problem=Problem(found, "only a hook that waits can be continued", "give one of these as hook_id"))
    return Step("continue", hook or waiting[0])


def is_over(wanted: str, record: Record, step: Step) -> bool:
    """Whether the wait for a wanted state ends with this record. A continued deployment may pause at its next hook."""
    state = state_of(record)
    if state == "paused":
        return wanted != "stopped" and step.hook not in waiting_hooks(record)
    return state not in (*RUNS, *ENDS)


def is_right(wanted: str, state: str, hook_action: str) -> bool:
    """Whether the state that a wait ended with is what was wanted."""
    if wanted == "stopped":
        return state != "rollback_failed"
    if wanted == "continued" and hook_action == "ROLLBACK":
        return state == "rolled_back"
    return state == "completed" or (wanted == "continued" and state == "paused")
