# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An ECS task definition: one document per family, a revision for each of its versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .._core.compare import normalize
from .._core.plan import Current, Plan, Reading
from .._core.reconciler import Run
from .._core.resource import ModelResource
from .._core.shapes import KNOWN_AFTER_APPLY, Document
from .._core.tags import RELEASE_TAGS, settable_tags, tags_from
from .task_definition_client import TaskDefinitionClient
from .task_definition_defaults import DEFAULTS, UNORDERED, as_stored, same_role, to_ask
from .task_definition_problems import check

# A family can hold many hundreds of revisions, and each costs a call: so many of the newest are asked whose they are.
LOOKED_AT = 20


class TaskDefinition(ModelResource):
    kind = "task definition"
    service = "ecs"
    result_key = "task_definition"
    identifier = "family"
    request = "RegisterTaskDefinition"
    fields = (
        "family",
        "task_role_arn",
        "execution_role_arn",
        "network_mode",
        "container_definitions",
        "volumes",
        "placement_constraints",
        "requires_compatibilities",
        "cpu",
        "memory",
        "pid_mode",
        "ipc_mode",
        "proxy_configuration",
        "inference_accelerators",
        "ephemeral_storage",
        "runtime_platform",
        "enable_fault_injection",
        "trusted_execution_configuration",
    )
    computed = ("task_definition_arn", "revision", "status", "registered_at")
    defaults = DEFAULTS
    unordered = UNORDERED

    @cached_property
    def calls(self) -> TaskDefinitionClient:
        return TaskDefinitionClient(self.client(), self.name)

    def validate(self) -> None:
        check(self.wanted())

    def wanted(self) -> Document:
        return to_ask(super().wanted())

    def normalized(self, document: Mapping[str, Any]) -> Document:
        # Ports get their host port before they are put in order.
        return normalize(as_stored(super().normalized(document)), {}, UNORDERED)

    def after(self, wanted: Document, current: Current | None) -> Document:
        """A revision is a whole document: what is not given is not in the next one."""
        result = self.normalized(wanted)
        for role in ("task_role_arn", "execution_role_arn"):
            if current and same_role(result.get(role), current.document.get(role)):
                result[role] = current.document[role]
        return result

    def describe(self) -> Current | None:
        """The latest ACTIVE revision of the deployment.

        Several may share a family: a revision changes nothing of those before it, so that of somebody else is passed
        over, and a family with none of the deployment among the newest gets its next revision from this run.
        """
        latest = self._describe(self.name)
        if latest is None or (_is_active(latest) and self._is_own(latest)):
            return latest
        most = LOOKED_AT if self.params["state"] == "present" else None
        return next((revision for revision in islice(self._active_revisions(), most) if self._is_own(revision)), None)

    def plan(self, reading: Reading) -> Plan:
        """A new revision takes over the tags of the one before, but not AWS's own nor those that say it was proven."""
        plan = super().plan(reading)
        if plan.action != "update" or not plan.changes:
            return plan
        tags = {k: v for k, v in settable_tags(plan.tags_after).items() if k not in RELEASE_TAGS}
        return replace(plan, tags_after=tags)

    def predict(self, plan: Plan) -> Document:
        if plan.current and not plan.changes:
            return {}
        unknown = dict.fromkeys(self.computed, KNOWN_AFTER_APPLY)
        return {**unknown, "status": "ACTIVE"}

    def create(self, plan: Plan) -> None:
        self.calls.register(self.request_for(plan.wanted), plan.tags_after)

    def update(self, plan: Plan) -> None:
        self.create(plan)

    def apply(self, run: Run[Reading, Plan]) -> None:
        if run.plan.action == "update" and run.plan.changes:
            self.update(run.plan)  # with its tags; those of the revision before are history
        else:
            super().apply(run)

    def delete(self, current: Current) -> None:
        for revision in list(self._active_revisions()):
            if self._is_own(revision):
                self._deregister(revision.computed["task_definition_arn"])

    def _deregister(self, arn: str) -> None:
        try:
            self.calls.deregister(arn)
        except AnsibleAWSError as error:  # its code is that of all mistakes
            if "inactive" not in str(error):
                raise

    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.calls.tag(current.computed["task_definition_arn"], tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.calls.untag(current.computed["task_definition_arn"], keys)

    def _is_own(self, revision: Current) -> bool:
        return all(revision.tags.get(key) == value for key, value in self.params["require_tags"].items())

    def _active_revisions(self) -> Iterator[Current]:
        """The ACTIVE revisions of the family, the latest first."""
        arns = self.calls.list_active()
        for arn in sorted(arns, key=lambda arn: int(arn.rsplit(":", 1)[1]), reverse=True):
            revision = self._describe(arn)
            if revision is not None and _is_active(revision):
                yield revision

    def _describe(self, reference: str) -> Current | None:
        answer = self.calls.describe(reference)
        if answer is None:
            return None
        return self.current(answer["taskDefinition"], "TaskDefinition", tags_from(answer.get("tags", [])))


def _is_active(revision: Current) -> bool:
    # A revision whose status is not said is there: to take it for gone would register another one, or leave it.
    return revision.computed["status"] in ("ACTIVE", None)
