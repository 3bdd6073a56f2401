# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An ECS task definition: one document per family, a revision for each of its versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from .._core.calls import aws_call
from .._core.compare import normalise
from .._core.plan import Current, Plan
from .._core.resource import Resource
from .._core.shapes import KNOWN_AFTER_APPLY, Document
from .._core.tags import RELEASE_TAGS, settable_tags
from .task_definition_defaults import DEFAULTS, UNORDERED, as_stored, check, same_role, to_ask

# A family can hold many hundreds of revisions, and each costs a call: so many of the newest are asked whose they are.
LOOKED_AT = 20


class TaskDefinition(Resource):
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
    facts = ("task_definition_arn", "revision", "status", "registered_at")
    defaults = DEFAULTS
    unordered = UNORDERED

    def validate(self) -> None:
        check(self.wanted())

    def wanted(self) -> Document:
        return to_ask(super().wanted())

    def normalised(self, document: Mapping[str, Any]) -> Document:
        # Ports get their host port before they are put in order.
        return normalise(as_stored(super().normalised(document)), {}, UNORDERED)

    def after(self, wanted: Document, current: Current | None) -> Document:
        """A revision is a whole document: what is not given is not in the next one."""
        result = self.normalised(wanted)
        for role in ("task_role_arn", "execution_role_arn"):
            if current and same_role(result.get(role), current.document.get(role)):
                result[role] = current.document[role]
        return result

    def read(self) -> Current | None:
        """The latest ACTIVE revision that is ours.

        Several may share a family: a revision changes nothing of those before it, so that of somebody else is passed
        over, and a family without ours among the newest gets its next revision from us.
        """
        latest = self._describe(self.name)
        if latest is None or (_is_active(latest) and self._is_ours(latest)):
            return latest
        most = LOOKED_AT if self.params["state"] == "present" else None
        return next((revision for revision in islice(self._active_revisions(), most) if self._is_ours(revision)), None)

    def plan(self, current: Current | None) -> Plan:
        """A new revision takes over the tags of the one before, but not AWS's own nor those that say it was proven."""
        plan = super().plan(current)
        if plan.action != "update" or not plan.changes:
            return plan
        tags = {k: v for k, v in settable_tags(plan.tags_after).items() if k not in RELEASE_TAGS}
        return replace(plan, tags_after=tags)

    def predict(self, plan: Plan) -> Document:
        if plan.current and not plan.changes:
            return {}
        unknown = dict.fromkeys(self.facts, KNOWN_AFTER_APPLY)
        return {**unknown, "status": "ACTIVE"}

    def create(self, plan: Plan) -> None:
        self._register(self.request_for(plan.wanted), _tag_list(plan.tags_after))

    def update(self, plan: Plan) -> None:
        self.create(plan)

    def apply(self, plan: Plan) -> None:
        if plan.action == "update" and plan.changes:
            self.update(plan)  # with its tags; those of the revision before are history
        else:
            super().apply(plan)

    def delete(self, current: Current) -> None:
        for revision in list(self._active_revisions()):
            if self._is_ours(revision):
                self._retire(revision.facts["task_definition_arn"])

    def _retire(self, arn: str) -> None:
        try:
            self._deregister(arn)
        except AnsibleAWSError as error:  # its code is that of all mistakes
            if "inactive" not in str(error):
                raise

    @aws_call("tag task definition {self.name}")
    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        arn = current.facts["task_definition_arn"]
        self.client().tag_resource(resourceArn=arn, tags=_tag_list(tags))

    @aws_call("untag task definition {self.name}")
    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.client().untag_resource(resourceArn=current.facts["task_definition_arn"], tagKeys=list(keys))

    def _is_ours(self, revision: Current) -> bool:
        return all(revision.tags.get(key) == value for key, value in self.params["require_tags"].items())

    def _active_revisions(self) -> Iterator[Current]:
        """The ACTIVE revisions of the family, the latest first."""
        arns = self._list()
        for arn in sorted(arns, key=lambda arn: int(arn.rsplit(":", 1)[1]), reverse=True):
            revision = self._describe(arn)
            if revision is not None and _is_active(revision):
                yield revision

    # ECS says "ClientException: Unable to describe task definition" for a family without a revision.
    @aws_call("describe task definition {reference}", missing=["ClientException"])
    def _describe(self, reference: str) -> Current:
        answer = self.client().describe_task_definition(taskDefinition=reference, include=["TAGS"])
        tags = boto3_tag_list_to_ansible_dict(answer.get("tags", []))
        return self.current(answer["taskDefinition"], "TaskDefinition", tags)

    @aws_call("list the revisions of task definition {self.name}")
    def _list(self) -> list[str]:
        pages = self.client().get_paginator("list_task_definitions").paginate(familyPrefix=self.name, status="ACTIVE")
        return [arn for page in pages for arn in page["taskDefinitionArns"]]

    @aws_call("register task definition {self.name}", retry_messages=["Too many concurrent attempts"])
    def _register(self, request: dict[str, Any], tags: list[dict[str, str]]) -> None:
        self.client().register_task_definition(**request, **({"tags": tags} if tags else {}))

    @aws_call("deregister task definition {arn}")
    def _deregister(self, arn: str) -> None:
        self.client().deregister_task_definition(taskDefinition=arn)


def _is_active(revision: Current) -> bool:
    return bool(revision.facts["status"] == "ACTIVE")


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = ansible_dict_to_boto3_tag_list(tags, "key", "value")
    return listed
