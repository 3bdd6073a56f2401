# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An ECS service: how it is read, compared and written."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, ClassVar, cast

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .._core.calls import LostAnswer, Stale
from .._core.compare import normalize
from .._core.plan import Current, Plan, Reading, changed_among
from .._core.problem import Problem, home_of
from .._core.progress import report_progress
from .._core.reconciler import Run
from .._core.refusal import InvalidParameters, Refused
from .._core.resource import ModelResource
from .._core.shapes import KNOWN_AFTER_APPLY, Document, members, to_snake, without_empty
from .._core.tags import tags_from
from .._elb.client import balancer_of_groups
from .._elb.run_snapshot import is_kept, keep_snapshot
from .capacity import ClusterCapacity, missing, names_of, strategy_problems
from .client import Answer, ServiceClient
from .deployment_outcome import TargetDeployment, target_deployment
from .deployment_room import problem_of_update
from .deployment_state import PROVEN, has_served, primary_of, status_of
from .names import short_name
from .service_defaults import (
    CLEARED,
    DEFAULTS,
    UNORDERED,
    as_kept,
    clears_hooks,
    needs_force,
    service_defaults,
    to_send,
)
from .service_plan import ServicePlan, ServiceReading, ServiceWritten, scaling_warnings
from .strategy import pauses, problems
from .waiter import DeploymentFailed, DeploymentWaiter
from .zone_rebalancing import rebalancing_problems

# Not in the answer of DescribeServices, only in that of DescribeServiceRevisions.
OF_REVISION = ("gateway_connectors", "monitoring")
CLEARED_WITHIN = 600  # seconds: deregistration delay and stop timeout; wait_timeout is about the deployment
DEPLOYMENT_KEYS = (
    "id",
    "status",
    "task_definition",
    "rollout_state",
    "rollout_state_reason",
    "desired_count",
    "running_count",
    "pending_count",
    "failed_tasks",
    "created_at",
    "updated_at",
)

ANOTHER_SERVICE = "create a service of another name, point the rule at its target group, and delete this one then"


class Service(ModelResource):
    kind = "ECS service"
    service = "ecs"
    result_key = "service"
    identifier = "service_name"
    request = "CreateService"
    fields = (
        "service_name",
        "cluster",
        "task_definition",
        "desired_count",
        "launch_type",
        "capacity_provider_strategy",
        "platform_version",
        "scheduling_strategy",
        "deployment_configuration",
        "network_configuration",
        "load_balancers",
        "service_registries",
        "service_connect_configuration",
        "volume_configurations",
        "vpc_lattice_configurations",
        "gateway_connectors",
        "monitoring",
        "health_check_grace_period_seconds",
        "placement_constraints",
        "placement_strategy",
        "propagate_tags",
        "enable_ecs_managed_tags",
        "enable_execute_command",
        "availability_zone_rebalancing",
    )
    computed = ("service_arn", "cluster_arn", "status", "created_at")
    defaults = DEFAULTS  # see normalized()
    unordered = UNORDERED
    immutable: ClassVar[Mapping[str, str]] = {
        "launch_type": "set capacity_provider_strategy instead, which an update changes; an empty one undoes it",
        "scheduling_strategy": ANOTHER_SERVICE,
    }

    @property
    def cluster(self) -> str:
        return short_name(self.params["cluster"])

    @cached_property
    def calls(self) -> ServiceClient:
        return ServiceClient(self.client, self.cluster, self.name)

    def waiter(self, progress: Sequence[str] = ()) -> DeploymentWaiter:
        """A wait of its own. progress: what was reported before it."""
        report = partial(report_progress, self.module, self.label)
        return DeploymentWaiter(self.calls, self.label, self.params["wait_timeout"], report, progress)

    def validate(self) -> None:
        configuration = self.params["deployment_configuration"] or {}
        found = problems(configuration)
        if self.params["task_definition"] == "":
            found.append(
                Problem("task_definition is empty", "a service cannot be without one", "give one, or leave it out")
            )
        if self.params["launch_type"] and self.params["capacity_provider_strategy"]:
            found.append(
                Problem(
                    "launch_type and capacity_provider_strategy are both given",
                    "each says where the tasks run",
                    "give one of launch_type and capacity_provider_strategy",
                )
            )
        judged = self.params["capacity_provider_strategy"] or self.params["availability_zone_rebalancing"]
        wanted = self.wanted() if judged else {}
        strategy = strategy_problems(wanted.get("capacity_provider_strategy") or [])
        found += [problem.at("capacity_provider_strategy") for problem in strategy]
        found += rebalancing_problems(wanted)
        if self.params["scheduling_strategy"] == "DAEMON" and self.params["desired_count"] is not None:
            found.append(
                Problem(
                    f"desired_count is {self.params['desired_count']} with scheduling_strategy: DAEMON",
                    "DAEMON runs a task on each instance",
                    "leave desired_count out",
                )
            )
        if pauses(configuration) and "ContinueServiceDeployment" not in self.model.operation_names:
            found.append(
                Problem(
                    "deployment_configuration.lifecycle_hooks has a PAUSE hook, and ContinueServiceDeployment is not "
                    "known to the installed botocore",
                    "nobody could continue after the hook",
                    "upgrade boto3, or leave the hook out",
                )
            )
        if found:
            raise InvalidParameters(*found)

    # Reading

    def read(self, lost: Sequence[Stale]) -> ServiceReading:
        described = self.calls.describe()
        answer = described if described is not None and status_of(described) == "ACTIVE" else None
        current = self._current(answer) if answer else None
        present = self.params["state"] == "present"
        return ServiceReading(
            current=current,
            answer=answer,
            draining=described is not None and status_of(described) == "DRAINING",
            task_definition=self._resolve() if present else None,
            autoscaler=self._autoscaler(current) if present and current else "",
            capacity=self._capacity(current) if present else None,
        )

    def describe(self) -> Current | None:
        described = self.calls.describe()
        return self._current(described) if described is not None and status_of(described) == "ACTIVE" else None

    def _current(self, described: Answer) -> Current:
        shape = self.model.shape_for("Deployment")
        of_deployment = to_snake(primary_of(described), shape)
        more = {name: of_deployment[name] for name in self.fields if name in of_deployment and "configuration" in name}
        tags = tags_from(described.get("tags", []))
        more |= self._of_revision(described)
        return self.current(described, "Service", tags, **{**more, "cluster": self.cluster})

    def _of_revision(self, described: Answer) -> Document:
        """What only the newest service revision in use shows, asked for only when it is a parameter."""
        names = [name for name in OF_REVISION if self.params.get(name) is not None]
        if not names:
            return {}
        arns = [one["arn"] for one in described.get("currentServiceRevisions", [])]
        newest = max(self.calls.revisions(arns).values(), key=lambda one: one["createdAt"], default={})
        reported = to_snake(newest, self.model.shape_for("ServiceRevision"))
        return {name: reported[name] for name in names if name in reported}

    def _resolve(self) -> str | None:
        """The ARN of the revision that is asked for; of a family its latest ACTIVE one."""
        given = str(self.params["task_definition"] or "")
        known = not given or given.startswith("arn:") or given == KNOWN_AFTER_APPLY
        return given if known else self.calls.resolve(given)

    def _autoscaler(self, current: Current) -> str:
        """Of the service: "none", "registered", or why it is not known. Asked only when the count would change."""
        if self.params["desired_count"] in (None, current.document.get("desired_count")):
            return ""
        try:
            return "registered" if self.calls.is_scaled() else "none"
        except AnsibleAWSError as error:
            return str(error)

    def _capacity(self, current: Current | None) -> ClusterCapacity | None:
        """The cluster's, read only for capacity providers that the service does not use yet."""
        used = names_of((current.document if current else {}).get("capacity_provider_strategy") or [])
        if set(names_of(self.params["capacity_provider_strategy"] or [])) <= set(used):
            return None
        cluster = self.calls.describe_cluster()
        return ClusterCapacity.of(cluster) if cluster is not None else None

    # Planning

    def wanted(self) -> Document:
        return {**super().wanted(), "cluster": self.cluster}

    def wanted_given(self, reading: Reading) -> Document:
        reading = cast(ServiceReading, reading)
        wanted = self.wanted()
        if self.params["task_definition"]:
            wanted["task_definition"] = reading.task_definition or self.params["task_definition"]
        if reading.autoscaler not in ("", "none"):
            wanted.pop("desired_count")
        return wanted

    def normalized(self, document: Mapping[str, Any]) -> Document:
        given = without_empty(document, self.request_shape)
        return as_kept(normalize(given, service_defaults(given), self.unordered))

    def after(self, wanted: Document, current: Current | None) -> Document:
        after = super().after(wanted, current)
        if wanted.get("capacity_provider_strategy"):
            after.pop("launch_type", None)  # UpdateService replaces the one by the other
        if current and current.document.get("platform_version"):
            after.setdefault("platform_version", "LATEST")  # what ECS takes when none is named
        return after

    def immutable_changes(self, plan: Plan) -> dict[str, tuple[Any, Any]]:
        """A launch type changes only into a capacity provider strategy, and only an empty one changes back."""
        strategies = plan.changes.get("capacity_provider_strategy", (None, None))
        moves = bool(strategies[0]) != bool(strategies[1])
        never = ["scheduling_strategy", *([] if moves else ["launch_type"])]
        if "network_configuration" not in plan.after:
            never.append("network_configuration")  # UpdateService has no way to take it off
        return changed_among(plan, never)

    def remedy_for(self, field: str) -> str:
        return self.immutable.get(field, ANOTHER_SERVICE)

    def plan(self, reading: Reading) -> ServicePlan:
        reading = cast(ServiceReading, reading)
        self._refuse_unmanageable(reading)
        plan = super().plan(reading).extended(ServicePlan, draining=reading.draining)
        if self.params["state"] == "absent":
            return plan
        self._refuse_impossible(reading, plan)
        plan = replace(plan, warnings=(*plan.warnings, *self._unverified(plan)))
        if reading.current is None:
            return plan
        failed = primary_of(reading.answer or {}).get("rolloutState") == "FAILED"
        force = bool(self.params["force_new_deployment"] or failed)
        action = "update" if force and plan.action == "none" else plan.action
        problem = problem_of_update(plan.before, plan.after, force) if action == "update" else None
        if problem:
            raise Refused(f"deploy {self.label}", problem)
        warnings = (*plan.warnings, *scaling_warnings(self.label, reading.current, reading.autoscaler))
        primary = primary_of(reading.answer or {}).get("id", "")
        return replace(plan, action=action, force=force, primary=primary, warnings=warnings)

    def _refuse_impossible(self, reading: ServiceReading, plan: Plan) -> None:
        """Refuse what ECS would refuse of the service that is planned, given what else there is."""
        found = list(rebalancing_problems(plan.after)) if plan.action != "none" else []
        if reading.capacity is not None:
            wanted = names_of(self.params["capacity_provider_strategy"])
            lacking = missing(self.cluster, reading.capacity, wanted, self.client("ecs").meta.region_name)
            found += [lacking] if lacking else []
        if found:
            raise Refused(f"{'change' if reading.current else 'create'} {self.label}", *found)

    def _unverified(self, plan: Plan) -> list[str]:
        """What a deployment of no task leaves open, although it is complete."""
        if plan.after.get("desired_count") != 0 or not self.params["wait"]:
            return []
        release = short_name(str(plan.after["task_definition"]))
        return [
            f"{self.label} has 0 tasks, so neither a health check nor a gate has verified {release}. "
            "Run playbooks/verify.yml when tasks run again"
        ]

    def _refuse_unmanageable(self, reading: ServiceReading) -> None:
        controller = (reading.answer or {}).get("deploymentController", {}).get("type", "ECS")
        if controller != "ECS":
            raise Refused(
                f"{'delete' if self.params['state'] == 'absent' else 'change'} {self.label}",
                Problem(
                    f"it is deployed by {controller}",
                    "this module deploys by ECS alone",
                    "use a service with the ECS deployment controller, or another name",
                ),
            )
        if self.params["state"] == "present" and reading.task_definition is None and not self.module.check_mode:
            given = self.params["task_definition"]
            raise Refused(
                f"change {self.label}",
                Problem(
                    f"there is no active task definition {given}{home_of(given or '')}",
                    "a service starts its tasks from it",
                    "create it first, or correct task_definition",
                ),
            )

    def predict(self, plan: Plan) -> Document:
        if plan.current:
            return {}
        return {
            "service_arn": self.arn(f"service/{self.cluster}/{self.name}"),
            "cluster_arn": self.arn(f"cluster/{self.cluster}"),
            "status": "ACTIVE",
        }

    # Writing

    def before_apply(self, run: Run[Reading, Plan]) -> None:
        file = self.params.get("foreign_snapshot")
        if file and not is_kept(file):
            keep_snapshot(self.client("elbv2"), self._balancer(run.plan), self.params["require_tags"], file)

    def _balancer(self, plan: Plan) -> str:
        """The load balancer that the tasks are behind; empty when there is none."""
        behind = [*(plan.before.get("load_balancers") or []), *(plan.after.get("load_balancers") or [])]
        arns = [one["target_group_arn"] for one in behind if one.get("target_group_arn")]
        return balancer_of_groups(self.client("elbv2"), arns) if arns else ""

    def create(self, plan: Plan) -> ServiceWritten:
        return self._create(plan, (self.calls.list_tasks() or []) if cast(ServicePlan, plan).draining else None)

    def _create(self, plan: Plan, leftovers: Sequence[str] | None) -> ServiceWritten:
        """leftovers: the tasks of the service that must have gone before; None when there was none."""
        waiter = self.waiter()
        if leftovers is not None:
            waiter.gone(leftovers)
        document = to_send(plan.wanted, {}, plan.wanted)
        if plan.after["scheduling_strategy"] == "REPLICA":
            document.setdefault("desired_count", plan.after["desired_count"])  # required, though it has a default here
        answer = self.calls.create(_complete(self.request_for(document)), plan.tags_after)
        return ServiceWritten(answer, progress=tuple(waiter.progress))

    def apply(self, run: Run[Reading, Plan]) -> ServiceWritten | None:
        plan = cast(ServicePlan, run.plan)
        if plan.action == "replace" and plan.current is not None:
            return self._create(plan, self.delete(plan.current).task_arns)
        forced = self.update(plan) if plan.action == "update" and plan.force and not plan.changes else None
        written: ServiceWritten | None = super().apply(run)
        return written or forced

    def update(self, plan: Plan) -> ServiceWritten:
        changed = {name: plan.after[name] for name in plan.changes if name in plan.after}
        request = self.request_for(to_send(changed, plan.before, plan.wanted), "UpdateService")
        known = members(self.shape_of("UpdateService"))
        cleared = [name for name in plan.changes if name not in plan.after and name in known]
        request |= {known[name][0]: CLEARED.get(name, []) for name in cleared}
        if cast(ServicePlan, plan).force or needs_force(plan.changes):
            request["forceNewDeployment"] = True
        if clears_hooks(plan.before, plan.after):
            request.setdefault("deploymentConfiguration", {})["lifecycleHooks"] = []
        return ServiceWritten(self._update(_complete(request), cast(ServicePlan, plan).primary))

    def _update(self, request: Document, primary: str) -> Answer:
        """primary: the deployment that is to be replaced. Where the answer is lost, a later one is what it began."""
        try:
            return self.calls.update(request)
        except LostAnswer:
            service = self.calls.describe()
            if service is None or primary_of(service).get("id", primary) == primary:
                raise
            return service

    def delete(self, current: Current) -> ServiceWritten:
        task_arns = tuple(self.calls.list_tasks() or [])
        if current.document.get("desired_count"):
            self._start_none()
        self.calls.delete()
        return ServiceWritten(task_arns=task_arns)

    def _start_none(self) -> None:
        """Have ECS start no further task. A lost answer is no failure, as the count may be set twice."""
        for pause in (2, 4, 0):
            try:
                self.calls.update({"desiredCount": 0})
                return
            except LostAnswer:
                if not pause:
                    raise
                time.sleep(pause)

    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.calls.tag(current.computed["service_arn"], tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.calls.untag(current.computed["service_arn"], keys)

    # Waiting

    def after_apply(self, run: Run[Reading, Plan]) -> Document:
        plan, written = cast(ServicePlan, run.plan), run.written or ServiceWritten()
        waiter = self.waiter(written.progress)
        waits = self.params["wait"] and not self.module.check_mode
        if self.params["state"] == "absent":
            if waits and (plan.action == "delete" or plan.draining):
                waiter.gone(written.task_arns or self.calls.list_tasks() or [])
            return _outcome({}, "", waiter)
        if self.module.check_mode and plan.changed:
            return _outcome(self._predicted(plan), KNOWN_AFTER_APPLY, waiter)
        service = written.answer or cast(ServiceReading, run.reading).answer or {}
        if waits:
            service = self._completed(waiter, target_deployment(service), unchanged=written.answer is None)
        else:
            waiter.look(target_deployment(service))
        return _outcome(self._shown(primary_of(service)), service.get("currentServiceDeployment", ""), waiter)

    def _completed(self, waiter: DeploymentWaiter, target: TargetDeployment, unchanged: bool) -> Answer:
        try:
            or_paused = self.params["wait_for"] == "completed_or_paused"
            return waiter.complete(target, unchanged, or_paused)
        except DeploymentFailed as failure:
            if self.params["on_first_failure"] == "keep":
                raise
            cleared = self._take_away(waiter, target)
            raise DeploymentFailed(f"{failure.whole}\n{cleared}" if cleared else failure.whole) from failure

    def _take_away(self, waiter: DeploymentWaiter, target: TargetDeployment) -> str:
        """Delete the service if it never served and still is about this deployment. Returns what came of it."""
        try:
            service = self.calls.describe()
            if service is None or status_of(service) != "ACTIVE" or primary_of(service).get("id") != target.id:
                return ""
            if has_served(service, self.calls.list_records(PROVEN) or []):
                return ""
            task_arns = self.calls.list_tasks() or []
            if service.get("schedulingStrategy") != "DAEMON":
                self._start_none()
            self.calls.delete()
            waiter.gone(task_arns, CLEARED_WITHIN)
        except AnsibleAWSError as error:
            return f"{self.label} has never served, but could not be taken away: {error}"
        return f"{self.label} has never served, so it was deleted again: nothing of it runs."

    def _shown(self, deployment: Mapping[str, Any]) -> Document:
        """A deployment in the result, always with the same keys."""
        shown = to_snake(deployment, self.model.shape_for("Deployment"))
        return {name: shown.get(name) for name in DEPLOYMENT_KEYS}

    def _predicted(self, plan: Plan) -> Document:
        known = {name: plan.after.get(name) for name in ("task_definition", "desired_count")}
        return {**dict.fromkeys(DEPLOYMENT_KEYS, KNOWN_AFTER_APPLY), **known, "status": "PRIMARY"}


def _complete(request: Document) -> Document:
    """Put back the one empty list that the API requires."""
    alarms = request.get("deploymentConfiguration", {}).get("alarms")
    if alarms is not None:
        alarms.setdefault("alarmNames", [])
    return request


def _outcome(deployment: Document, record: str, waiter: DeploymentWaiter) -> Document:
    """The further keys of the result, always the same."""
    return {
        "deployment": deployment,
        "service_deployment_arn": record,
        "paused_hook": waiter.paused_hook,
        "progress": waiter.progress,
    }
