# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An ECR repository: how it is read, compared and written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from .._core.calls import aws_call
from .._core.plan import Current, Plan, Refused
from .._core.resource import Resource
from .._core.shapes import KNOWN_AFTER_APPLY, Document
from .repository_defaults import (
    check_lifecycle,
    check_mutability,
    check_policy,
    has_exclusions,
    normalised_lifecycle,
    normalised_policy,
    parse,
    same_key,
)

GONE = "RepositoryNotFoundException"


class Repository(Resource):
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
    beside = ("lifecycle_policy", "repository_policy")
    facts = ("repository_arn", "registry_id", "repository_uri", "created_at")
    defaults = {  # noqa: RUF012  (a ClassVar of the base)
        "image_tag_mutability": "MUTABLE",
        "image_scanning_configuration": {"scan_on_push": False},
        "image_scanning_configuration.scan_on_push": False,
        "encryption_configuration": {"encryption_type": "AES256"},
        "encryption_configuration.encryption_type": "AES256",
    }
    unordered = ("image_tag_mutability_exclusion_filters",)
    immutable = ("encryption_configuration",)
    way_out = (
        "Encryption is chosen at creation: copy the images to a repository of another name, or delete this one first"
    )

    def validate(self) -> None:
        if self.params["image_tag_mutability"]:  # else after() judges by the one that is there
            check_mutability(self.params["image_tag_mutability"], self._filters)
        check_lifecycle(self.params["lifecycle_policy"])
        check_policy(self.params["repository_policy"])

    @property
    def _filters(self) -> list[Any] | None:
        filters: list[Any] | None = self.params["image_tag_mutability_exclusion_filters"]
        return filters

    def normalised(self, document: Mapping[str, Any]) -> Document:
        result = super().normalised(document)
        if not has_exclusions(result["image_tag_mutability"]):
            result.pop("image_tag_mutability_exclusion_filters", None)
        if "lifecycle_policy" in result:
            result["lifecycle_policy"] = normalised_lifecycle(result["lifecycle_policy"])
        if "repository_policy" in result:
            result["repository_policy"] = normalised_policy(result["repository_policy"])
        return result

    def after(self, wanted: Document, current: Current | None) -> Document:
        result = super().after(wanted, current)
        if not self.params["image_tag_mutability"]:
            check_mutability(result["image_tag_mutability"], self._filters)
        # A policy is one document: it replaces, it does not merge.
        for policy in self.beside:
            if wanted.get(policy):
                result[policy] = self.normalised({**result, policy: wanted[policy]})[policy]
        if current is not None:
            key = current.document["encryption_configuration"].get("kms_key")
            if same_key(result["encryption_configuration"].get("kms_key"), key):
                result["encryption_configuration"]["kms_key"] = key
        return result

    def read(self) -> Current | None:
        repository = self._describe()
        if repository is None:
            return None
        return self.current(
            repository,
            "Repository",
            self._tags(repository["repositoryArn"]),
            lifecycle_policy=parse(self._lifecycle_policy()),
            repository_policy=parse(self._repository_policy()),
        )

    def predict(self, plan: Plan) -> Document:
        if plan.current:
            return {}
        meta = self.client().meta
        suffix = "amazonaws.com.cn" if meta.partition == "aws-cn" else "amazonaws.com"
        known = self.account_id != KNOWN_AFTER_APPLY
        uri = f"{self.account_id}.dkr.ecr.{meta.region_name}.{suffix}/{self.name}"
        return {
            "repository_arn": self.arn(f"repository/{self.name}"),
            "registry_id": self.account_id,
            "repository_uri": uri if known else KNOWN_AFTER_APPLY,
        }

    def create(self, plan: Plan) -> None:
        self._create(self.request_for(plan.wanted), ansible_dict_to_boto3_tag_list(plan.tags_after))
        self._write_policies(plan, [name for name in self.beside if name in plan.after])

    def update(self, plan: Plan) -> None:
        if plan.changes.keys() & {"image_tag_mutability", "image_tag_mutability_exclusion_filters"}:
            self._write_mutability(self.request_for(plan.after, "PutImageTagMutability"))
        if "image_scanning_configuration" in plan.changes:
            self._write_scanning(self.request_for(plan.after, "PutImageScanningConfiguration"))
        self._write_policies(plan, [name for name in self.beside if name in plan.changes])

    def delete(self, current: Current) -> None:
        try:
            self._delete(bool(self.params["force"]))
        except is_ansible_aws_error_code("RepositoryNotEmptyException") as error:
            raise Refused(message=f"{self.label} still has images; force: true deletes them with it") from error

    @aws_call("tag ECR repository {self.name}")
    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        arn = current.facts["repository_arn"]
        self.client().tag_resource(resourceArn=arn, tags=ansible_dict_to_boto3_tag_list(tags))

    @aws_call("untag ECR repository {self.name}")
    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.client().untag_resource(resourceArn=current.facts["repository_arn"], tagKeys=list(keys))

    @aws_call("describe ECR repository {self.name}", missing=[GONE])
    def _describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client().describe_repositories(repositoryNames=[self.name])["repositories"][0]
        return found

    @aws_call("list the tags of ECR repository {self.name}")
    def _tags(self, arn: str) -> dict[str, str]:
        tags: dict[str, str] = boto3_tag_list_to_ansible_dict(
            self.client().list_tags_for_resource(resourceArn=arn)["tags"]
        )
        return tags

    @aws_call("get the lifecycle policy of ECR repository {self.name}", missing=["LifecyclePolicyNotFoundException"])
    def _lifecycle_policy(self) -> str:
        text: str = self.client().get_lifecycle_policy(repositoryName=self.name)["lifecyclePolicyText"]
        return text

    @aws_call("get the policy of ECR repository {self.name}", missing=["RepositoryPolicyNotFoundException"])
    def _repository_policy(self) -> str:
        text: str = self.client().get_repository_policy(repositoryName=self.name)["policyText"]
        return text

    @aws_call("create ECR repository {self.name}", stale=["RepositoryAlreadyExistsException"])
    def _create(self, request: dict[str, Any], tags: list[dict[str, str]]) -> None:
        self.client().create_repository(**request, **({"tags": tags} if tags else {}))

    @aws_call("set the tag mutability of ECR repository {self.name}", stale=[GONE])
    def _write_mutability(self, request: dict[str, Any]) -> None:
        self.client().put_image_tag_mutability(**request)

    @aws_call("set the scanning of ECR repository {self.name}", stale=[GONE])
    def _write_scanning(self, request: dict[str, Any]) -> None:
        self.client().put_image_scanning_configuration(**request)

    def _write_policies(self, plan: Plan, names: Sequence[str]) -> None:
        if "lifecycle_policy" in names:
            self._write_lifecycle_policy(plan.after.get("lifecycle_policy"))
        if "repository_policy" in names:
            self._write_repository_policy(plan.wanted.get("repository_policy"))

    @aws_call("write the lifecycle policy of ECR repository {self.name}", missing=["LifecyclePolicyNotFoundException"])
    def _write_lifecycle_policy(self, policy: Document | None) -> None:
        if policy:
            self.client().put_lifecycle_policy(repositoryName=self.name, lifecyclePolicyText=json.dumps(policy))
        else:
            self.client().delete_lifecycle_policy(repositoryName=self.name)

    @aws_call("write the policy of ECR repository {self.name}", missing=["RepositoryPolicyNotFoundException"])
    def _write_repository_policy(self, policy: Document | None) -> None:
        if policy:
            self.client().set_repository_policy(repositoryName=self.name, policyText=json.dumps(policy))
        else:
            self.client().delete_repository_policy(repositoryName=self.name)

    @aws_call("delete ECR repository {self.name}", missing=[GONE])
    def _delete(self, force: bool) -> None:
        self.client().delete_repository(repositoryName=self.name, force=force)
