# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An ECR repository: how it is read, compared and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, cast

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from .._core.calls import Stale
from .._core.plan import Current, Plan, Reading
from .._core.problem import Problem
from .._core.refusal import Refused
from .._core.resource import ModelResource
from .._core.shapes import KNOWN_AFTER_APPLY, Document
from .._ecs.image_users_client import ImageUsersClient
from .registry_host import host_of
from .repository_client import RepositoryClient
from .repository_defaults import (
    check_lifecycle,
    check_mutability,
    check_policy,
    has_exclusions,
    normalized_lifecycle,
    normalized_policy,
    parse,
    same_key,
)


@dataclass(frozen=True)
class RepositoryReading(Reading):
    """users: the services and tasks that run its images, when they are asked for."""

    users: tuple[Document, ...] = ()


class Repository(ModelResource):
    kind = "ECR repository"
    service = "ecr"
    result_key = "repository"
    identifier = "repository_name"
    request = "CreateRepository"
    fields = (
        "repository_name",
        "image_tag_mutability",
        "image_tag_mutability_exclusion_filters",
        "image_scanning_configuration",
        "encryption_configuration",
        "lifecycle_policy",
        "repository_policy",
    )
    set_separately = ("lifecycle_policy", "repository_policy")
    computed = ("repository_arn", "registry_id", "repository_uri", "created_at")
    defaults = {  # noqa: RUF012  (a ClassVar of the base)
        "image_tag_mutability": "MUTABLE",
        "image_scanning_configuration": {"scan_on_push": False},
        "image_scanning_configuration.scan_on_push": False,
        "encryption_configuration": {"encryption_type": "AES256"},
        "encryption_configuration.encryption_type": "AES256",
    }
    unordered = ("image_tag_mutability_exclusion_filters",)
    immutable: ClassVar[Mapping[str, str]] = {
        "encryption_configuration": "copy the images to a repository of another name, and deploy them from there"
    }

    @cached_property
    def calls(self) -> RepositoryClient:
        return RepositoryClient(self.client(), self.name)

    def validate(self) -> None:
        if self.params["image_tag_mutability"]:  # else after() judges by the one that is there
            check_mutability(self.params["image_tag_mutability"], self._filters)
        check_lifecycle(self.params["lifecycle_policy"])
        check_policy(self.params["repository_policy"])

    @property
    def _filters(self) -> list[Any] | None:
        filters: list[Any] | None = self.params["image_tag_mutability_exclusion_filters"]
        return filters

    def normalized(self, document: Mapping[str, Any]) -> Document:
        result = super().normalized(document)
        if not has_exclusions(result["image_tag_mutability"]):
            result.pop("image_tag_mutability_exclusion_filters", None)
        if "lifecycle_policy" in result:
            result["lifecycle_policy"] = normalized_lifecycle(result["lifecycle_policy"])
        if "repository_policy" in result:
            result["repository_policy"] = normalized_policy(result["repository_policy"])
        return result

    def after(self, wanted: Document, current: Current | None) -> Document:
        result = super().after(wanted, current)
        if not self.params["image_tag_mutability"]:
            check_mutability(result["image_tag_mutability"], self._filters)
        # A policy is one document: it replaces, it does not merge.
        for policy in self.set_separately:
            if wanted.get(policy):
                result[policy] = self.normalized({**result, policy: wanted[policy]})[policy]
        if current is not None:
            key = current.document["encryption_configuration"].get("kms_key")
            if same_key(result["encryption_configuration"].get("kms_key"), key):
                result["encryption_configuration"]["kms_key"] = key
        return result

    def describe(self) -> Current | None:
        repository = self.calls.describe()
        if repository is None:
            return None
        return self.current(
            repository,
            "Repository",
            self.calls.tags(repository["repositoryArn"]),
            lifecycle_policy=parse(self.calls.lifecycle_policy()),
            repository_policy=parse(self.calls.repository_policy()),
        )

    def predict(self, plan: Plan) -> Document:
        if plan.current:
            return {}
        known = self.account_id != KNOWN_AFTER_APPLY
        uri = f"{host_of(self.account_id, self.client().meta.region_name)}/{self.name}"
        return {
            "repository_arn": self.arn(f"repository/{self.name}"),
            "registry_id": self.account_id,
            "repository_uri": uri if known else KNOWN_AFTER_APPLY,
        }

    def create(self, plan: Plan) -> None:
        self.calls.create(self.request_for(plan.wanted), plan.tags_after)
        self._write_policies(plan, [name for name in self.set_separately if name in plan.after])

    def update(self, plan: Plan) -> None:
        if plan.changes.keys() & {"image_tag_mutability", "image_tag_mutability_exclusion_filters"}:
            self.calls.write_mutability(self.request_for(plan.after, "PutImageTagMutability"))
        if "image_scanning_configuration" in plan.changes:
            self.calls.write_scanning(self.request_for(plan.after, "PutImageScanningConfiguration"))
        self._write_policies(plan, [name for name in self.set_separately if name in plan.changes])

    def read(self, lost: Sequence[Stale]) -> RepositoryReading:
        current = self.describe()
        asked = self.params["state"] == "absent" and self.params["refuse_used_images"] and current is not None
        uri = current.computed["repository_uri"] if current else ""
        return RepositoryReading(current, tuple(ImageUsersClient(self.client("ecs"), uri).all()) if asked else ())

    def plan(self, reading: Reading) -> Plan:
        plan = super().plan(reading)
        required = self.params["require_tags"]
        users = cast(RepositoryReading, reading).users if plan.action == "delete" else ()
        others = [one["arn"] for one in users if not required.items() <= one["tags"].items()]
        if others:
            raise Refused(
                f"delete {self.label}",
                Problem(
                    f"its images are in use by {', '.join(others)}",
                    "these could start no task any more",
                    "give them other images first, or keep the repository with mcp_server_retain: [repository]",
                ),
            )
        return plan

    def delete(self, current: Current) -> None:
        try:
            self.calls.delete(bool(self.params["force"]))
        except is_ansible_aws_error_code("RepositoryNotEmptyException") as error:
            still = Problem(
                "it still has images", "ECR deletes only an empty one", "set force: true, which deletes them with it"
            )
            raise Refused(f"delete {self.label}", still) from error

    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.calls.tag(current.computed["repository_arn"], tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.calls.untag(current.computed["repository_arn"], keys)

    def _write_policies(self, plan: Plan, names: Sequence[str]) -> None:
        if "lifecycle_policy" in names:
            self.calls.write_lifecycle_policy(plan.after.get("lifecycle_policy"))
        if "repository_policy" in names:
            self.calls.write_repository_policy(plan.wanted.get("repository_policy"))
