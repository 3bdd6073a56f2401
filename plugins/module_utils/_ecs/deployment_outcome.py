# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Whether the deployment that was started is there, judged from what DescribeServices answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from .deployment_state import UNDONE, deployment_of, primary_of, waiting_hooks
from .names import short_name
from .strategy import progress as shift_progress
from .strategy import shifts, waits

ServiceAnswer = Mapping[str, Any]  # a service of DescribeServices, in the API's names
Record = Mapping[str, Any]  # a service deployment of DescribeServiceDeployments
Target = Mapping[str, Any]  # a target of DescribeTargetHealth
# One call makes a deployment and its record. How far apart ECS says that they were made cannot be checked here.
AT_ONCE = timedelta(minutes=1)


@dataclass(frozen=True)
class TargetDeployment:
    """The deployment that is waited for.

    record: the ARN of its service deployment, which ECS keeps for longer; shifts: whether it shifts traffic, so that
    only its record shows how it goes; waits: the seconds that it waits because it was asked to.
    """

    id: str
    task_definition: str
    created_at: datetime | None = None
    record: str | None = None
    shifts: bool = False
    waits: int = 0


@dataclass(frozen=True)
class Verdict:
    """waiting, paused, done or failed; `reason` says why it failed, `hook` where it is paused."""

    state: Literal["waiting", "paused", "done", "failed"]
    reason: str = ""
    hook: str = ""


def judge(service: ServiceAnswer | None, target: TargetDeployment, record: Record | None = None) -> Verdict:
    """The state of the deployment that was started. `record`: its service deployment, of one that shifts traffic.

    Done: it is PRIMARY, its rollout COMPLETED and all its tasks run. Failed: it failed, was rolled back, was replaced
    by another, or the service is being deleted. ECS leaves a failed deployment in the list only for a while, so that
    it is missing is a failure too, unless the answer is from before it began: DescribeServices may lag a moment.
    Where traffic shifts, the record decides: there is a bake time after the last task is healthy. But one that was
    undone may be another's: of the deployment before it, as the answer to a write may still name it, or of one after
    it that was rolled back to it. Paused: a hook waits to be continued.
    """
    if service is None or service.get("status") != "ACTIVE":
        status = service.get("status", "gone") if service else "gone"
        return Verdict("failed", f"the service is {status}: somebody deletes it")
    primary, deployment = primary_of(service), deployment_of(service, target.id)
    if record:
        status = record.get("status", "")
        if status in UNDONE and _is_of(record, target):
            return Verdict("failed", _undone(record, deployment, primary))
        if status not in UNDONE and status != "SUCCESSFUL":
            hooks = waiting_hooks(record)
            return Verdict("paused", hook=hooks[0]) if hooks else Verdict("waiting")
    state = deployment.get("rolloutState") if deployment else None
    if deployment and state == "FAILED":
        return Verdict("failed", _failure(deployment, primary))
    if deployment is None and _is_older(primary, target):
        return Verdict("waiting")
    if deployment is None or deployment.get("status") != "PRIMARY":
        return Verdict("failed", _displaced(primary))
    complete = state == "COMPLETED" or (state is None and len(service.get("deployments", [])) == 1)
    if complete and deployment.get("runningCount", 0) >= deployment.get("desiredCount", 0):
        return Verdict("done")
    return Verdict("waiting")


def progress(
    service: ServiceAnswer, target: TargetDeployment, targets: Sequence[Target] | None, record: Record | None = None
) -> str:
    """One line for an operator. `targets`: when there is a load balancer."""
    deployment = deployment_of(service, target.id) or {}
    old = sum(one.get("runningCount", 0) for one in service.get("deployments", []) if one.get("id") != target.id)
    parts = [
        f"{deployment.get('runningCount', 0)} of {deployment.get('desiredCount', 0)} running",
        f"{deployment.get('pendingCount', 0)} pending",
    ]
    if deployment.get("failedTasks"):
        parts.append(f"{deployment['failedTasks']} failed")
    if old:
        parts.append(f"{old} of earlier deployments")
    if targets is not None:
        healthy = [one for one in targets if one["TargetHealth"]["State"] == "healthy"]
        parts.append(f"{len(healthy)} of {len(targets)} targets healthy")
    if record:
        parts.append(shift_progress(record))
    return f"{short_name(target.task_definition)}: {', '.join(parts)}"


def complaints(targets: Sequence[Target] | None) -> list[str]:
    """The reasons of the targets that fail the load balancer's health check."""
    return [
        f"{one['Target']['Id']}:{one['Target'].get('Port', '')}: {health.get('Description') or 'no reason'}"
        for one in targets or ()
        if (health := one["TargetHealth"])["State"] == "unhealthy"
    ]


def target_deployment(service: ServiceAnswer) -> TargetDeployment:
    """The deployment that a write, or a look at an unchanged service, has as PRIMARY."""
    primary = primary_of(service)
    record = service.get("currentServiceDeployment")
    return TargetDeployment(
        primary.get("id", ""),
        primary.get("taskDefinition", ""),
        primary.get("createdAt"),
        record,
        shifts(service),
        waits(service.get("deploymentConfiguration", {})),
    )


def _is_of(record: Record, target: TargetDeployment) -> bool:
    """Whether this record was made with the deployment."""
    created = record.get("createdAt")
    return created is None or target.created_at is None or abs(created - target.created_at) <= AT_ONCE


def _is_older(primary: Mapping[str, Any], target: TargetDeployment) -> bool:
    """Whether this PRIMARY deployment was last touched before this one began; a rollback touches it."""
    touched = primary.get("updatedAt") or primary.get("createdAt")
    return touched is not None and target.created_at is not None and touched < target.created_at


def _undone(record: Record, deployment: Mapping[str, Any] | None, primary: Mapping[str, Any]) -> str:
    """Why a deployment that shifted traffic will not be complete, as far as its two documents say."""
    reasons = [record.get("statusReason"), (deployment or {}).get("rolloutStateReason")]
    reported = " ".join(dict.fromkeys(reason for reason in reasons if reason)) or "ECS gave no reason"
    return f"{reported} {_displaced(primary)}" if primary.get("id") != (deployment or primary).get("id") else reported


def _failure(deployment: Mapping[str, Any], primary: Mapping[str, Any]) -> str:
    reason = deployment.get("rolloutStateReason") or "ECS gave no reason"
    if primary.get("id") == deployment.get("id"):
        return f"{reason} It was not rolled back"
    return f"{reason} {_displaced(primary)}"


def _displaced(primary: Mapping[str, Any]) -> str:
    """Which deployment stands in its place, and why."""
    instead = f"{short_name(primary.get('taskDefinition', 'nothing'))} ({primary.get('id', 'no deployment')})"
    reason = primary.get("rolloutStateReason", "")
    if "roll" in reason.lower() and "back" in reason.lower():
        return f"ECS rolled back to {instead}: {reason}"
    return f"The service now runs {instead}, so this deployment was rolled back or replaced by another one"
