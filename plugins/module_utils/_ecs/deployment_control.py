# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Stop or continue one service deployment, and await its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .._core.calls import LostAnswer, Stale
from .._core.clients import Clients
from .._core.plan import Current, refuse_foreign
from .._core.problem import Problem, home_of
from .._core.progress import report_progress
from .._core.refusal import InvalidParameters, Refused
from .._core.shapes import Document
from .._core.tags import tags_from
from .client import Answer
from .deployment_info import Deployments
from .deployment_outcome import TargetDeployment, target_deployment
from .deployment_state import Step, is_over, is_right, plan, state_of, status_of
from .diagnostics import collect
from .names import short_name
from .strategy import waits
from .waiter import DeploymentFailed, looks, stop_overdue

VERBS = {"stopped": "stop", "continued": "continue"}  # of the states that can be wanted


class DeploymentController(Deployments):
    """One service deployment, brought to a state."""

    def __init__(self, module: Any) -> None:
        super().__init__(Clients(module), module.params)
        self.module = module
        self.wanted: str = module.params["state"]
        self.what = f"{VERBS[self.wanted]} a deployment of {self.label}"

    def execute(self) -> Document:
        """Bring the deployment to the state. Returns the result; raises DeploymentFailed for one that is rejected."""
        rejection = self.params["rejection"]
        if not rejection:
            return self._execute()
        if self.wanted != "continued" or self.params["hook_action"] != "ROLLBACK":
            raise InvalidParameters(
                Problem(
                    f"rejection is given with state: {self.wanted} and hook_action: {self.params['hook_action']}",
                    "a deployment is rejected at its hook, which rolls it back",
                    "set state: continued and hook_action: ROLLBACK",
                ),
                label=self.what,
            )
        start = (
            f"The new tasks of {self.calls.name} did not pass the gate, and got no production traffic:\n{rejection}\n"
        )
        try:
            self._execute()
        except AnsibleAWSError as error:
            raise DeploymentFailed(
                f"{start}The deployment could not be rolled back; ECS does so itself when its hook times out. "
                f"{error.message}"
            ) from error
        done = "The deployment was rolled back; all traffic is with the tasks that ran before."
        raise DeploymentFailed(
            f"{start}{'Check mode: the deployment would be rolled back.' if self.module.check_mode else done}"
        )

    def _execute(self) -> Document:
        """Read, plan and (outside check mode) act and wait."""
        service = self._own_service()
        record = self._find(service)
        step = plan(self.wanted, record, self.params["hook_id"]) if record else Step()
        if step.problem:
            raise Refused(f"continue deployment {short_name(_arn(record))} of {self.label}", step.problem)
        before = record
        progress: list[str] = []
        if record and not self.module.check_mode:
            self._act(record, step)
            if self.params["wait"]:
                record = self._wait(service, record, step, progress)
            elif step.action != "none":
                record = self._read(_arn(record))
        changed = step.action != "none"
        after = _predicted(step, self.params) if changed and self.module.check_mode else _status(record)
        return {
            "changed": changed,
            "diff": {"before": _status(before), "after": after if changed else _status(before)},
            "deployment": next(iter(self.described([record])), {}) if record else {},
            "progress": progress,
        }

    def _own_service(self) -> Answer:
        service = self.calls.describe()
        if service is None or status_of(service) == "INACTIVE":
            if self.module.check_mode or self.wanted == "stopped":
                return {}
            raise Refused(
                self.what,
                Problem(
                    f"there is no such service in cluster {self.calls.cluster}",
                    "a deployment belongs to a service",
                    "correct service_name, cluster, the region or the profile",
                ),
            )
        tags = tags_from(service.get("tags", []))
        refuse_foreign(self.what, Current({}, {}, tags), self.params["require_tags"])
        return service

    def _find(self, service: Answer) -> Answer:
        """The deployment that was named, or the latest of the service; empty when there is none."""
        given = self.params["service_deployment_arn"]
        if not service:
            return {}
        if given and short_name(given.rpartition("/")[0]) != self.calls.name:
            raise Refused(
                self.what,
                Problem(
                    f"{given} is a deployment of another service",
                    "a module's task is about one service",
                    "correct service_deployment_arn, or leave it out for the latest deployment",
                ),
            )
        arn = given or _arn(next(iter(self.calls.list_records() or []), {}))
        return self._read(arn) if arn else {}

    def _read(self, arn: str) -> Answer:
        found = self.calls.records([arn])
        if not found:
            raise Refused(
                self.what,
                Problem(
                    f"ECS knows no service deployment {arn}{home_of(arn)}",
                    "it keeps them for 90 days",
                    "correct service_deployment_arn, or leave it out for the latest deployment",
                ),
            )
        return found[0]

    def _act(self, record: Answer, step: Step) -> None:
        if step.action == "stop":
            try:
                self.calls.stop(_arn(record), self.params["stop_type"])
            except Stale:  # it ended meanwhile, which the wait sees
                return
        elif step.action == "continue":
            if not hasattr(self.client("ecs"), "continue_service_deployment"):
                raise Refused(
                    self.what,
                    Problem(
                        "ContinueServiceDeployment is not known to the installed botocore",
                        "a deployment that waits at a hook goes on only when it is called",
                        "upgrade boto3",
                    ),
                )
            self._resume(record, step)

    def _resume(self, record: Answer, step: Step, attempts: int = 3) -> None:
        """Continue at the hook; again only where a lost answer left the deployment waiting there."""
        try:
            self.calls.resume(_arn(record), step.hook, self.params["hook_action"])
        except LostAnswer:
            time.sleep(2)
            latest = self._read(_arn(record))
            if plan(self.wanted, latest, step.hook) != step:
                return
            if attempts == 1:
                raise
            self._resume(latest, step, attempts - 1)

    def _wait(self, service: Answer, record: Answer, step: Step, progress: list[str]) -> Answer:
        """Wait for the end; `progress` gets the lines that are reported."""
        arn = _arn(record)
        timeout = self.params["wait_timeout"] + waits(record.get("deploymentConfiguration", {}))
        for left in looks(timeout):
            record = self._read(arn)
            self._report(record, left, progress)
            if is_over(self.wanted, record, step):
                break
        else:
            stopped = stop_overdue(self.calls, arn) if self.params["on_timeout"] == "stop" else ""
            raise self._failure(service, record, f"after {timeout} s it still is", progress, stopped)
        if not is_right(self.wanted, state_of(record), self.params["hook_action"]):
            raise self._failure(service, record, "it is", progress)
        return record

    def _report(self, record: Answer, left: float, progress: list[str]) -> None:
        counts = record.get("targetServiceRevision", {})
        running, asked = counts.get("runningTaskCount", 0), counts.get("requestedTaskCount", 0)
        line = f"{state_of(record)}: {running} of {asked} running, {counts.get('pendingTaskCount', 0)} pending"
        if not progress or not progress[-1].startswith(f"{line}, "):
            progress.append(f"{line}, {left:.0f} s left")
            report_progress(self.module, self.label, progress[-1])

    def _failure(
        self, service: Answer, record: Answer, what: str, progress: list[str], then: str = ""
    ) -> DeploymentFailed:
        reason = record.get("statusReason") or "ECS gave no reason"
        parts = [
            f"{self.label}: wanted deployment {short_name(_arn(record))} {self.wanted}; "
            f"{what} {state_of(record)}: {reason}"
        ]
        latest = self._latest(service)
        target = _deployment_of(latest, record)
        if target:
            parts.append(collect(self.calls, latest, target))
        if then:
            parts.insert(1, f"{then}.")
        return DeploymentFailed("\n".join([*parts, "Progress:", *(f"  {line}" for line in progress)]))

    def _latest(self, service: Answer) -> Answer:
        try:
            return self.calls.describe() or service
        except AnsibleAWSError:
            return service


def _arn(record: Answer) -> str:
    return str(record.get("serviceDeploymentArn", ""))


def _status(record: Answer) -> Document:
    return {"state": state_of(record)} if record else {}


def _predicted(step: Step, params: Mapping[str, Any]) -> Document:
    rolls_back = params["stop_type"] if step.action == "stop" else params["hook_action"]
    return {"state": {"ROLLBACK": "rolled_back", "ABORT": "stopped"}.get(rolls_back, "in_progress")}


def _deployment_of(service: Answer, record: Answer) -> TargetDeployment | None:
    """The deployment of DescribeServices that a record is about: the current one, or else the one that failed."""
    if service.get("currentServiceDeployment") == _arn(record):
        return target_deployment(service)
    failed = [one for one in service.get("deployments", []) if one.get("rolloutState") == "FAILED"]
    return TargetDeployment(failed[0]["id"], failed[0]["taskDefinition"], record=_arn(record)) if failed else None
