# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Why a deployment failed: the task that failed, its containers, its log, the service's events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .client import Answer, ServiceClient, described_task_definition, last_log_lines
from .deployment_outcome import TargetDeployment
from .deployment_room import of_event
from .names import short_name

EVENTS, LOG_LINES = 5, 20
UNHEALTHY = "is unhealthy in"  # "(port 8000) is unhealthy in (target-group ...) due to (reason ...)"


def collect(calls: ServiceClient, service: Answer, target: TargetDeployment) -> str:
    """What an operator needs to know, as lines. An error of reading is a line too, never raised.

    service: of DescribeServices.
    """
    return "\n".join(_lines(calls, service, target))


def _lines(calls: ServiceClient, service: Answer, target: TargetDeployment) -> Iterator[str]:
    try:
        for record in calls.records([target.record] if target.record else []):
            yield from _of_record(record)
    except AnsibleAWSError as error:
        yield str(error)
    try:
        tasks = calls.tasks(calls.list_tasks() or [])
        task = failed_task([task for task in tasks if task.get("startedBy") == target.id])
        if task is None:
            yield "No task of this deployment was started, or ECS forgot it (it shows stopped tasks for an hour)."
        else:
            yield from describe(task)
            yield from _logs(calls.client, task)
    except AnsibleAWSError as error:
        yield str(error)
    room = of_event(service)
    if room:
        yield f"{room}."
    events = [event.get("message", "") for event in service.get("events", [])]
    # What the load balancer's health check said comes before all that ECS did about it.
    events = events[:EVENTS] + [message for message in events[EVENTS:] if UNHEALTHY in message][:1]
    if events:
        yield "Last events of the service:"
        yield from (f"  {message}" for message in events)


def failed_task(tasks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The task that explains most: one that stopped by itself, the latest; then an unhealthy one; then any."""

    def rank(task: Mapping[str, Any]) -> tuple[bool, bool, str]:
        by_itself = task.get("stopCode") not in (None, "ServiceSchedulerInitiated", "UserInitiated")
        broken = by_itself or task.get("healthStatus") == "UNHEALTHY" or "health" in task.get("stoppedReason", "")
        return broken, bool(task.get("stoppedReason")), str(task.get("stoppedAt") or task.get("createdAt") or "")

    return max(tasks, key=rank, default=None)


def describe(task: Mapping[str, Any]) -> Iterator[str]:
    """A task and its containers, a line each."""
    state = task.get("lastStatus", "")
    code = f"{task['stopCode']}: " if task.get("stopCode") else ""
    yield f"Task {short_name(task['taskArn'])} is {state}: {code}{task.get('stoppedReason') or 'no stopped reason'}"
    for container in task.get("containers", []):
        details = [str(container.get("lastStatus", ""))]
        if container.get("exitCode") is not None:
            details.append(f"exit code {container['exitCode']}")
        if container.get("healthStatus") not in (None, "UNKNOWN"):
            details.append(f"health check {container['healthStatus']}")
        if container.get("reason"):
            details.append(container["reason"])
        yield f"  container {container.get('name')}: {', '.join(details)}"


def _of_record(record: Mapping[str, Any]) -> Iterator[str]:
    """The service deployment's own words; a rollback has a reason of its own."""
    reasons = dict.fromkeys([record.get("statusReason"), record.get("rollback", {}).get("reason")])
    reported = " ".join(reason for reason in reasons if reason)
    if record.get("status") and reported:
        yield f"The service deployment is {record['status']}: {reported}"
    rang = record.get("alarms", {}).get("triggeredAlarmNames") or []
    if rang:
        yield f"CloudWatch alarms that rang: {', '.join(rang)}"


def _logs(client: Any, task: Mapping[str, Any]) -> Iterator[str]:
    definition = described_task_definition(client("ecs"), task["taskDefinitionArn"])
    for container in definition.get("containerDefinitions", []):
        logging = container.get("logConfiguration", {})
        options = logging.get("options", {})
        if logging.get("logDriver") != "awslogs" or not options.get("awslogs-stream-prefix"):
            continue
        group = options.get("awslogs-group", "")
        stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{short_name(task['taskArn'])}"
        try:
            lines = last_log_lines(client("logs"), group, stream, LOG_LINES)
        except AnsibleAWSError as error:
            yield f"The log cannot be read: {error}"
            continue
        if lines:
            yield f"Last log lines of {container['name']} ({group}, {stream}):"
            yield from (f"  {line}" for line in lines)
        else:
            yield f"Container {container['name']} logged nothing ({group}, {stream})."
