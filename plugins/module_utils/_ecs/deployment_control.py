# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""Read service deployments, and stop, continue or await one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict

from .._core.calls import Stale
from .._core.plan import Current, Refused, refuse_foreign
from .._core.progress import tell
from .._core.shapes import Document, to_snake
from .client import Answer, Calls
from .deployment_outcome import Ours, ours_of
from .deployment_state import PROVEN, Step, has_served, is_over, is_right, plan, state_of
from .diagnostics import collect
from .names import short_name
from .strategy import waits
from .waiter import DeploymentFailed, looks, stop_overdue

KEYS = (
    "service_deployment_arn",
    "state",
    "status",
    "status_reason",
    "task_definition",
    "images",
    "requested_task_count",
    "running_task_count",
    "pending_task_count",
    "failed_task_count",
    "lifecycle_stage",
    "lifecycle_hook_details",
    "rollback",
    "created_at",
    "started_at",
    "finished_at",
)


class Deployments:
    """The deployments of one service. `module` is an AnsibleAWSModule with `cluster` and `service_name`."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.label = f"ECS service {module.params['service_name']}"
        self._clients: dict[str, Any] = {}
        self.calls = Calls(self.client, short_name(module.params["cluster"]), module.params["service_name"])

    def client(self, service: str) -> Any:
        """The boto3 client, made once per run."""
        if service not in self._clients:
            self._clients[service] = self.module.client(service)
        return self._clients[service]

    def info(self) -> Document:
        """The result of the _info module."""
        service = self.calls.describe()
        if service is None or service["status"] == "INACTIVE":
            return {"exists": False, "served": False, "deployments": []}
        statuses = self.module.params["states"]
        records = self.calls.list_records() or []
        proven = [record for record in records if record["status"] in PROVEN]
        current = [record for record in records if record["createdAt"] >= service["createdAt"]]
        latest = [record["serviceDeploymentArn"] for record in current[: self.module.params["limit"]]]
        shown = self.described(self.calls.records(latest))
        return {
            "exists": True,
            "served": has_served(service, proven),
            "deployments": [one for one in shown if not statuses or one["state"] in statuses],
        }

    def described(self, records: list[Answer]) -> list[Document]:
        """Records as results show them, always with the same keys."""
        wanted = [revision for record in records if (revision := _revision_arn(record))]
        revisions = self.calls.revisions(wanted) if wanted else {}
        return [self._described(record, revisions.get(_revision_arn(record), {})) for record in records]

    def _described(self, record: Answer, revision: Mapping[str, Any]) -> Document:
        model = self.client("ecs").meta.service_model
        shown: Document = to_snake(record, model.shape_for("ServiceDeployment"))
        images = {one["containerName"]: one["image"] for one in revision.get("containerImages", [])}
        more = {
            **(shown.get("target_service_revision") or {}),
            "state": state_of(record),
            "task_definition": revision.get("taskDefinition"),
            "images": images,
            "failed_task_count": record.get("deploymentCircuitBreaker", {}).get("failureCount", 0),
        }
        return {name: {**shown, **more}.get(name) for name in KEYS}


class Steering(Deployments):
    """One service deployment, brought to a state."""

    def __init__(self, module: Any) -> None:
        super().__init__(module)
        self.wanted: str = module.params["state"]
        self.progress: list[str] = []

    def execute(self) -> Document:
        """Read, plan and (outside check mode) act and wait. Returns the result."""
        service = self._own_service()
        record = self._find(service)
        step = plan(self.wanted, record, self.module.params["hook_id"]) if record else Step()
        if step.refusal:
            raise Refused(message=f"{self.label}: {short_name(_arn(record))} was not continued: {step.refusal}")
        before = record
        if record and not self.module.check_mode:
            self._act(record, step)
            if self.module.params["wait"]:
                record = self._wait(service, record, step)
            elif step.action != "none":
                record = self._read(_arn(record))
        changed = step.action != "none"
        after = _predicted(step, self.module.params) if changed and self.module.check_mode else _status(record)
        return {
            "changed": changed,
            "diff": {"before": _status(before), "after": after if changed else _status(before)},
            "deployment": next(iter(self.described([record])), {}) if record else {},
            "progress": self.progress,
        }

    def _own_service(self) -> Answer:
        service = self.calls.describe()
        if service is None or service["status"] == "INACTIVE":
            if self.module.check_mode or self.wanted == "stopped":
                return {}
            raise Refused(message=f"{self.label}: there is no such service in cluster {self.calls.cluster}")
        tags = boto3_tag_list_to_ansible_dict(service.get("tags", []), "key", "value")
        refuse_foreign(self.label, Current({}, {}, tags), self.module.params["require_tags"])
        return service

    def _find(self, service: Answer) -> Answer:
        """The deployment that was named, or the latest of the service; empty when there is none."""
        given = self.module.params["service_deployment_arn"]
        if not service:
            return {}
        if given and short_name(given.rpartition("/")[0]) != self.calls.name:
            raise Refused(message=f"{given} is no deployment of {self.label}")
        arn = given or _arn(next(iter(self.calls.list_records() or []), {}))
        return self._read(arn) if arn else {}

    def _read(self, arn: str) -> Answer:
        found = self.calls.records([arn])
        if not found:
            raise Refused(message=f"{self.label}: ECS knows no service deployment {arn}; it keeps them for 90 days")
        return found[0]

    def _act(self, record: Answer, step: Step) -> None:
        params = self.module.params
        if step.action == "stop":
            try:
                self.calls.stop(_arn(record), params["stop_type"])
            except Stale:  # it ended meanwhile, which the wait sees
                return
        elif step.action == "continue":
            if not hasattr(self.client("ecs"), "continue_service_deployment"):
                raise Refused(message="ContinueServiceDeployment: not known to the installed botocore; upgrade boto3")
            self.calls.resume(_arn(record), step.hook, params["hook_action"])

    def _wait(self, service: Answer, record: Answer, step: Step) -> Answer:
        arn = _arn(record)
        timeout = self.module.params["wait_timeout"] + waits(record.get("deploymentConfiguration", {}))
        for left in looks(timeout):
            record = self._read(arn)
            self._tell(record, left)
            if is_over(self.wanted, record, step):
                break
        else:
            stopped = stop_overdue(self.calls, arn) if self.module.params["on_timeout"] == "stop" else ""
            raise self._failure(service, record, f"after {timeout} s it still is", stopped)
        if not is_right(self.wanted, state_of(record), self.module.params["hook_action"]):
            raise self._failure(service, record, "it is")
        return record

    def _tell(self, record: Answer, left: float) -> None:
        counts = record.get("targetServiceRevision", {})
        running, asked = counts.get("runningTaskCount", 0), counts.get("requestedTaskCount", 0)
        line = f"{state_of(record)}: {running} of {asked} running, {counts.get('pendingTaskCount', 0)} pending"
        if not self.progress or not self.progress[-1].startswith(f"{line}, "):
            self.progress.append(f"{line}, {left:.0f} s left")
            tell(self.module, self.label, self.progress[-1])

    def _failure(self, service: Answer, record: Answer, what: str, then: str = "") -> DeploymentFailed:
        reason = record.get("statusReason") or "ECS gave no reason"
        parts = [
            f"{self.label}: wanted deployment {short_name(_arn(record))} {self.wanted}; "
            f"{what} {state_of(record)}: {reason}"
        ]
        latest = self._latest(service)
        ours = _deployment_of(latest, record)
        if ours:
            parts.append(collect(self.calls, latest, ours))
        if then:
            parts.insert(1, f"{then}.")
        return DeploymentFailed(message="\n".join([*parts, "Progress:", *(f"  {line}" for line in self.progress)]))

    def _latest(self, service: Answer) -> Answer:
        try:
            return self.calls.describe() or service
        except AnsibleAWSError:
            return service


def _arn(record: Answer) -> str:
    return str(record.get("serviceDeploymentArn", ""))


def _revision_arn(record: Answer) -> str:
    return str(record.get("targetServiceRevision", {}).get("arn", ""))


def _status(record: Answer) -> Document:
    return {"state": state_of(record)} if record else {}


def _predicted(step: Step, params: Mapping[str, Any]) -> Document:
    rolls_back = params["stop_type"] if step.action == "stop" else params["hook_action"]
    return {"state": {"ROLLBACK": "rolled_back", "ABORT": "stopped"}.get(rolls_back, "in_progress")}


def _deployment_of(service: Answer, record: Answer) -> Ours | None:
    """The deployment of DescribeServices that a record is about: the current one, or else the one that failed."""
    if service.get("currentServiceDeployment") == _arn(record):
        return ours_of(service)
    failed = [one for one in service.get("deployments", []) if one.get("rolloutState") == "FAILED"]
    return Ours(failed[0]["id"], failed[0]["taskDefinition"], record=_arn(record)) if failed else None
