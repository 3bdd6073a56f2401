# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Waiting for a deployment to complete, or for a service to be deleted, and reporting the progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .._core.calls import Stale
from .._core.problem import short_arns, whole_arns
from .client import Answer, ServiceClient
from .deployment_outcome import TargetDeployment, complaints, judge, progress
from .deployment_state import primary_of, status_of, waiting_hooks
from .diagnostics import collect
from .names import short_name

# Seconds between two polls, short at first for tasks that are healthy quickly; the last one repeats.
PAUSES = (0.3, 0.5, 1.0, 1.0, 2.0, 3.0, 5.0)


def looks(timeout: float) -> Iterator[float]:
    """Seconds left, again and again with pauses between, until `timeout` seconds are over; at least once."""
    deadline = time.monotonic() + timeout
    count = 0
    while True:
        yield max(deadline - time.monotonic(), 0.0)
        left = deadline - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(PAUSES[min(count, len(PAUSES) - 1)], left))
        count += 1


def with_record(target: TargetDeployment, service: Answer | None) -> TargetDeployment:
    """The same with the service deployment that ECS names now: the answer to a write may still name the one before."""
    if service and primary_of(service).get("id") == target.id:
        return replace(target, record=service.get("currentServiceDeployment") or target.record)
    return target


def stop_overdue(calls: ServiceClient, arn: str | None) -> str:
    """The deadline has passed: have ECS roll back, if it can. Returns what came of it, as a sentence."""
    if not arn:
        return "It was not stopped: ECS names no service deployment for it, and goes on trying"
    try:
        record = next(iter(calls.records([arn])), {})
        if not record.get("sourceServiceRevisions"):
            return "It was not stopped: there is no earlier deployment to roll back to, and ECS goes on trying"
        calls.stop(arn, "ROLLBACK")
    except Stale:
        return "It ended by itself just then"
    except AnsibleAWSError as error:
        return f"It could not be stopped, and ECS goes on trying: {error}"
    return "It was stopped, and ECS rolls back to the deployment before it"


class DeploymentFailed(AnsibleAWSError):  # type: ignore[misc]
    """The deployment is not what runs; the message holds the evidence, the result its ARNs whole.

    whole: the same message with its ARNs whole, for one that goes on from it.
    """

    def __init__(self, message: str) -> None:
        self.whole = message
        super().__init__(message=short_arns(message), **whole_arns(message))


class DeploymentWaiter:
    """The wait for one service.

    label: what an operator calls the service; timeout: seconds; report: takes a line while the module runs; progress:
    the lines of an earlier wait of this run.
    """

    def __init__(
        self,
        calls: ServiceClient,
        label: str,
        timeout: int,
        report: Callable[[str], None],
        progress: Sequence[str] = (),
    ) -> None:
        self.calls, self.label, self.timeout, self.report = calls, label, timeout, report
        self.progress = list(progress)
        self.paused_hook = ""  # where the deployment was when the wait ended before it did
        self._reported = ""
        self._refused: dict[str, None] = {}  # what the health check said; ECS takes such a target away at once

    def complete(self, target: TargetDeployment, unchanged: bool = False, or_paused: bool = False) -> Answer:
        """Wait until the deployment is complete; returns the service. Raises DeploymentFailed when it never will be.

        unchanged: whether it is an earlier run's; or_paused: whether one that waits at a hook is enough.
        """
        service: Answer | None = None
        for left in looks(self.timeout + target.waits):
            service = self.calls.describe()
            target = with_record(target, service)
            record = self._record(target)
            verdict = judge(service, target, record)
            if service and verdict.state == "done" and unchanged and not self.progress:
                return service  # nothing was waited for, so nothing is reported
            if service:
                targets = self.calls.targets(service)
                self._refused.update(dict.fromkeys(complaints(targets)))
                self._report(progress(service, target, targets, record), left)
            if service and verdict.state == "done":
                return service
            if service and verdict.state == "paused" and or_paused:
                self.paused_hook = verdict.hook
                return service
            if verdict.state == "failed":
                raise self._failure(f"failed: {verdict.reason}", service, target)
        stopped = stop_overdue(self.calls, target.record)
        raise self._failure(f"is not complete after {self.timeout + target.waits} s. {stopped}", service, target)

    def look(self, target: TargetDeployment) -> None:
        """See whether the deployment is paused, without waiting for it."""
        hooks = waiting_hooks(self._record(target) or {})
        self.paused_hook = hooks[0] if hooks else ""

    def _record(self, target: TargetDeployment) -> Answer | None:
        """The service deployment of one that shifts traffic."""
        if not (target.shifts and target.record):
            return None
        return next(iter(self.calls.records([target.record])), None)

    def gone(self, task_arns: Sequence[str], at_least: int = 0) -> None:
        """Wait until the service is inactive and its tasks have stopped: their interfaces hold the security group.

        at_least: seconds to wait where the timeout is shorter.
        """
        running, timeout = list(task_arns), max(self.timeout, at_least)
        for left in looks(timeout):
            service, running = self.calls.describe(), self.calls.not_stopped(running)
            if not running and (service is None or status_of(service) == "INACTIVE"):
                return
            self._report(f"draining, {len(running)} tasks left", left)
        raise DeploymentFailed(
            f"{self.label} is deleted, but not gone after {timeout} s ({len(running)} tasks left); "
            "run again to wait on, or give wait_timeout more seconds"
        )

    def _report(self, line: str, left: float) -> None:
        if line == self._reported:
            return
        self._reported = line
        self.progress.append(f"{line}, {left:.0f} s left")
        self.report(self.progress[-1])

    def _failure(self, what: str, service: Answer | None, target: TargetDeployment) -> DeploymentFailed:
        parts = [f"{self.label}: deployment {target.id} of {short_name(target.task_definition)} {what.rstrip('.')}."]
        if service:
            parts.append(collect(self.calls, service, target))
        if self._refused:
            parts += ["The load balancer's health check:", *(f"  {line}" for line in self._refused)]
        if self.progress:
            parts += ["Progress:", *(f"  {line}" for line in self.progress)]
        return DeploymentFailed("\n".join(parts))
