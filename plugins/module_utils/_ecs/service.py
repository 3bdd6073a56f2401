# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An ECS service: how it is read, compared and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, ClassVar

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict

from .._core.compare import normalise
from .._core.plan import Current, Plan, Refused, immutable_changes
from .._core.progress import tell
from .._core.resource import Resource
from .._core.shapes import KNOWN_AFTER_APPLY, Document, InvalidParameters, members, to_snake, without_empty
from .client import Answer, Calls
from .deployment_outcome import Ours, ours_of
from .deployment_state import PROVEN, has_served, primary_of
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
from .strategy import pauses, problems
from .waiter import DeploymentFailed, Rollout

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


class Service(Resource):
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
    facts = ("service_arn", "cluster_arn", "status", "created_at")
    defaults = DEFAULTS  # see normalised()
    unordered = UNORDERED
    immutable: ClassVar[Sequence[str]] = ("launch_type", "scheduling_strategy")

    def __init__(self, module: Any) -> None:
        super().__init__(module)
        self.cluster = short_name(self.params["cluster"])
        self.calls = Calls(self.client, self.cluster, self.name)
        self.rollout = Rollout(self.calls, self.label, self.params["wait_timeout"], partial(tell, module, self.label))
        self.answer: Answer | None = None  # the service as last described, when it is ACTIVE
        self.written: Answer | None = None  # the service as our own write answered: its PRIMARY deployment is ours
        self.leftover = False  # an earlier run's deletion still drains
        self.task_arns: list[str] = []  # of a service that is deleted
        self.forced = False

    def validate(self) -> None:
        configuration = self.params["deployment_configuration"] or {}
        found = problems(configuration)
        if self.params["task_definition"] == "":
            found.append("task_definition is empty, and a service cannot be without one")
        if self.params["launch_type"] and self.params["capacity_provider_strategy"]:
            found.append("give one of launch_type and capacity_provider_strategy")
        if self.params["scheduling_strategy"] == "DAEMON" and self.params["desired_count"] is not None:
            found.append("desired_count: DAEMON runs a task on each instance; leave it out")
        if pauses(configuration) and "ContinueServiceDeployment" not in self.model.operation_names:
            found.append(
                "deployment_configuration.lifecycle_hooks: nobody could continue after a PAUSE hook, as "
                "ContinueServiceDeployment is not known to the installed botocore; upgrade boto3, or leave the hook out"
            )
        if found:
            raise InvalidParameters(message="; ".join(found))

    # Reading

    def read(self) -> Current | None:
        described = self.calls.describe()
        self.leftover = described is not None and described["status"] == "DRAINING"
        if described is None or described["status"] != "ACTIVE":
            self.answer = None
            return None
        self.answer = described
        controller = described.get("deploymentController", {}).get("type", "ECS")
        if controller != "ECS":
            raise Refused(
                message=f"{self.label} is deployed by {controller}, which this module cannot do; "
                "use a service with the ECS deployment controller, or another name"
            )
        shape = self.model.shape_for("Deployment")
        of_deployment = to_snake(primary_of(described), shape)
        more = {name: of_deployment[name] for name in self.fields if name in of_deployment and "configuration" in name}
        tags = boto3_tag_list_to_ansible_dict(described.get("tags", []), "key", "value")
        more |= self._of_revision(described)
        return self.current(described, "Service", tags, **{**more, "cluster": self.cluster})

    def _of_revision(self, described: Answer) -> Document:
        """What only the newest service revision in use tells, asked for only when it is a parameter."""
        names = [name for name in OF_REVISION if self.params.get(name) is not None]
        if not names:
            return {}
        arns = [one["arn"] for one in described.get("currentServiceRevisions", [])]
        newest = max(self.calls.revisions(arns).values(), key=lambda one: one["createdAt"], default={})
        told = to_snake(newest, self.model.shape_for("ServiceRevision"))
        return {name: told[name] for name in names if name in told}

    def wanted(self) -> Document:
        return {**super().wanted(), "cluster": self.cluster, **self._revision}

    @property
    def _revision(self) -> Document:
        return {"task_definition": self._task_definition} if self.params["task_definition"] else {}

    @cached_property
    def _task_definition(self) -> str:
        """The ARN of the revision that is asked for; of a family its latest ACTIVE one."""
        given = str(self.params["task_definition"])
        if given.startswith("arn:") or given == KNOWN_AFTER_APPLY:
            return given
        arn = self.calls.resolve(given)
        if arn is None and not self.module.check_mode:
            raise Refused(message=f"{self.label}: there is no active task definition {given}; create it first")
        return arn or given

    # Planning

    def normalised(self, document: Mapping[str, Any]) -> Document:
        given = without_empty(document, self.request_shape)
        return as_kept(normalise(given, service_defaults(given), self.unordered))

    def after(self, wanted: Document, current: Current | None) -> Document:
        if current and self._scaled_elsewhere(current):
            wanted = {name: value for name, value in wanted.items() if name != "desired_count"}
        after = super().after(wanted, current)
        if wanted.get("capacity_provider_strategy"):
            after.pop("launch_type", None)  # UpdateService replaces the one by the other
        if current and current.document.get("platform_version"):
            after.setdefault("platform_version", "LATEST")  # what ECS takes when none is named
        return after

    def stuck(self, plan: Plan) -> dict[str, tuple[Any, Any]]:
        """A launch type changes only into a capacity provider strategy, and only an empty one changes back."""
        strategies = plan.changes.get("capacity_provider_strategy", (None, None))
        moves = bool(strategies[0]) != bool(strategies[1])
        never = [name for name in self.immutable if not (name == "launch_type" and moves)]
        if "network_configuration" not in plan.after:
            never.append("network_configuration")  # UpdateService has no way to take it off
        return immutable_changes(plan, never)

    def plan(self, current: Current | None) -> Plan:
        plan = super().plan(current)
        if current is None or self.params["state"] == "absent":
            return plan
        failed = primary_of(self.answer or {}).get("rolloutState") == "FAILED"
        self.forced = self.params["force_new_deployment"] or failed
        action = "update" if self.forced and plan.action == "none" else plan.action
        return replace(plan, action=action, warnings=(*plan.warnings, *self._scaling_warnings(current)))

    def _scaled_elsewhere(self, current: Current) -> bool:
        """Whether a desired count that differs is not ours to change."""
        asked = self.params["desired_count"]
        return asked is not None and asked != current.document.get("desired_count") and self._autoscaler != "none"

    def _scaling_warnings(self, current: Current) -> list[str]:
        if not self._scaled_elsewhere(current):
            return []
        stays = f"{self.label}: desired_count stays {current.document['desired_count']}: "
        if self._autoscaler == "registered":
            return [f"{stays}Application Auto Scaling decides it; change its minimum and maximum instead"]
        return [
            f"{stays}whether Application Auto Scaling decides it cannot be read ({self._autoscaler}); "
            "allow application-autoscaling:DescribeScalableTargets"
        ]

    @cached_property
    def _autoscaler(self) -> str:
        """Of the service: "none", "registered", or why it cannot be told. Asked only when the count would change."""
        try:
            return "registered" if self.calls.is_scaled() else "none"
        except AnsibleAWSError as error:
            return str(error)

    def predict(self, plan: Plan) -> Document:
        if plan.current:
            return {}
        return {
            "service_arn": self.arn(f"service/{self.cluster}/{self.name}"),
            "cluster_arn": self.arn(f"cluster/{self.cluster}"),
            "status": "ACTIVE",
        }

    # Writing

    def create(self, plan: Plan) -> None:
        if self.leftover:
            self._wait_until_gone()
        document = to_send(plan.wanted, {}, plan.wanted)
        if plan.after["scheduling_strategy"] == "REPLICA":
            document.setdefault("desired_count", plan.after["desired_count"])  # required, though it has a default here
        self.written = self.calls.create(_complete(self.request_for(document)), plan.tags_after)

    def apply(self, plan: Plan) -> None:
        if plan.action == "update" and not plan.changes and self.forced:
            self.update(plan)
        super().apply(plan)

    def update(self, plan: Plan) -> None:
        changed = {name: plan.after[name] for name in plan.changes if name in plan.after}
        request = self.request_for(to_send(changed, plan.before, plan.wanted), "UpdateService")
        known = members(self.shape_of("UpdateService"))
        cleared = [name for name in plan.changes if name not in plan.after and name in known]
        request |= {known[name][0]: CLEARED.get(name, []) for name in cleared}
        if self.forced or needs_force(plan.changes):
            request["forceNewDeployment"] = True
        if clears_hooks(plan.before, plan.after):
            request.setdefault("deploymentConfiguration", {})["lifecycleHooks"] = []
        self.written = self.calls.update(_complete(request))

    def delete(self, current: Current) -> None:
        self.task_arns = self.calls.list_tasks() or []
        if current.document.get("desired_count"):
            self.calls.update({"desiredCount": 0})
        self.calls.delete()
        self.leftover = True

    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.calls.tag(current.facts["service_arn"], tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.calls.untag(current.facts["service_arn"], keys)

    # Waiting

    def finish(self, plan: Plan) -> Document:
        waits = self.params["wait"] and not self.module.check_mode
        if self.params["state"] == "absent":
            if waits and (plan.action == "delete" or self.leftover):
                self._wait_until_gone()
            return self._outcome({}, "")
        if self.module.check_mode and plan.changed:
            return self._outcome(self._predicted(plan), KNOWN_AFTER_APPLY)
        service = self.written or self.answer or {}
        if waits:
            service = self._completed(ours_of(service))
        else:
            self.rollout.look(ours_of(service))
        return self._outcome(self._shown(primary_of(service)), service.get("currentServiceDeployment", ""))

    def _outcome(self, deployment: Document, record: str) -> Document:
        """The further keys of the result, always the same."""
        return {
            "deployment": deployment,
            "service_deployment_arn": record,
            "paused_hook": self.rollout.paused_hook,
            "progress": self.rollout.progress,
        }

    def _completed(self, ours: Ours) -> Answer:
        try:
            or_paused = self.params["wait_for"] == "completed_or_paused"
            return self.rollout.complete(ours, unchanged=self.written is None, or_paused=or_paused)
        except DeploymentFailed as failure:
            if self.params["on_first_failure"] == "keep":
                raise
            cleared = self._take_away(ours)
            raise DeploymentFailed(message=f"{failure.message}\n{cleared}" if cleared else failure.message) from failure

    def _take_away(self, ours: Ours) -> str:
        """Delete the service if it never served and still is about our deployment. Returns what came of it."""
        try:
            service = self.calls.describe()
            if service is None or service["status"] != "ACTIVE" or primary_of(service).get("id") != ours.id:
                return ""
            if has_served(service, self.calls.list_records(PROVEN) or []):
                return ""
            self.task_arns = self.calls.list_tasks() or []
            if service.get("schedulingStrategy") != "DAEMON":
                self.calls.update({"desiredCount": 0})
            self.calls.delete()
            self.rollout.gone(self.task_arns, CLEARED_WITHIN)
        except AnsibleAWSError as error:
            return f"{self.label} has never served, but could not be taken away: {error}"
        return f"{self.label} has never served, so it was deleted again: nothing of it runs."

    def _wait_until_gone(self) -> None:
        self.rollout.gone(self.task_arns or self.calls.list_tasks() or [])

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
