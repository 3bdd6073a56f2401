# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The parameters that hold evidence, and the tags on ECS's resources. ServiceClient, and no decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
)

from .._core.calls import aws_call
from .._core.secret_reference import CURRENT, Reference
from .._core.shapes import Document
from .._core.tags import tags_from
from .._ecs.client import TASKS_AT_ONCE
from .evidence_document import folder, from_text, release_of

AT_ONCE = 10  # names of DeleteParameters


class Store:
    """The evidence of one deployment in the parameter store. Every method raises AnsibleAWSError."""

    def __init__(self, ssm: Any, deployment: str) -> None:
        self.ssm, self.deployment, self.folder = ssm, deployment, folder(deployment)

    def name(self, release: int) -> str:
        return f"{self.folder}/{release}"

    @aws_call("read the evidence in {self.folder}")
    def read(self) -> dict[int, Document]:
        """The documents by release; a parameter that holds no evidence is left out."""
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path=self.folder)
        found = [from_text(parameter["Value"]) for page in pages for parameter in page["Parameters"]]
        return {document["release"]: document for document in found if document}

    @aws_call("read the tags of {self.folder}/{release}", missing=["InvalidResourceId"])
    def tags(self, release: int) -> dict[str, str] | None:
        """None when there is no such parameter."""
        answer = self.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=self.name(release))
        tags: dict[str, str] = tags_from(answer.get("TagList"))
        return tags

    # PutParameter takes tags or Overwrite, not both.
    @aws_call("create {self.folder}/{release}", stale=["ParameterAlreadyExists"])
    def create(self, release: int, text: str, tags: Mapping[str, str]) -> None:
        tag_list = ansible_dict_to_boto3_tag_list(dict(tags))
        description = f"Evidence that release {release} of {self.deployment} was proven"
        self.ssm.put_parameter(
            Name=self.name(release), Value=text, Type="String", Description=description, Tags=tag_list
        )

    @aws_call("write {self.folder}/{release}")
    def update(self, release: int, text: str) -> None:
        self.ssm.put_parameter(Name=self.name(release), Value=text, Type="String", Overwrite=True)

    @aws_call("delete evidence in {self.folder}")
    def delete(self, releases: Sequence[int]) -> None:
        """That one is gone already is no failure."""
        names = [self.name(release) for release in releases]
        for start in range(0, len(names), AT_ONCE):
            self.ssm.delete_parameters(Names=names[start : start + AT_ONCE])

    @aws_call("tag {self.folder}/{release}")
    def tag(self, release: int, tags: Mapping[str, str]) -> None:
        tag_list = ansible_dict_to_boto3_tag_list(dict(tags))
        self.ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=self.name(release), Tags=tag_list)

    @aws_call("untag {self.folder}/{release}")
    def untag(self, release: int, keys: Sequence[str]) -> None:
        self.ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=self.name(release), TagKeys=list(keys))


@aws_call("tag {arn}")
def tag_in_ecs(ecs: Any, arn: str, tags: Mapping[str, str]) -> None:
    """Tag a service or a task definition."""
    ecs.tag_resource(resourceArn=arn, tags=ansible_dict_to_boto3_tag_list(dict(tags), "key", "value"))


@aws_call("list the revisions of {family} after {release}")
def newer_revisions(ecs: Any, family: str, release: int) -> list[str]:
    """The ARNs of the ACTIVE ones, the latest first."""
    found: list[str] = []
    pages = ecs.get_paginator("list_task_definitions").paginate(familyPrefix=family, status="ACTIVE", sort="DESC")
    for page in pages:
        newer = [arn for arn in page["taskDefinitionArns"] if release_of(arn) > release]
        found += newer
        if len(newer) < len(page["taskDefinitionArns"]):
            break
    return found


@aws_call("describe task definition {reference}", missing=["ClientException"])
def definition(ecs: Any, reference: str) -> Mapping[str, Any] | None:
    """A revision with its tags; of a family the latest ACTIVE one; None when there is none."""
    answer: Mapping[str, Any] = ecs.describe_task_definition(taskDefinition=reference, include=["TAGS"])
    return answer


@aws_call("describe target group {arn}", missing=["TargetGroupNotFound"])
def balancers_of(elb: Any, arn: str) -> list[str]:
    (group,) = elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    balancers: list[str] = group.get("LoadBalancerArns", [])
    return balancers


@aws_call("describe the tasks of cluster {cluster}")
def tasks(ecs: Any, cluster: str, arns: Sequence[str]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for start in range(0, len(arns), TASKS_AT_ONCE):
        found += ecs.describe_tasks(cluster=cluster, tasks=list(arns[start : start + TASKS_AT_ONCE]))["tasks"]
    return found


@aws_call("describe the targets of {arn}", missing=["TargetGroupNotFound"])
def target_health(elb: Any, arn: str) -> list[Mapping[str, Any]] | None:
    found: list[Mapping[str, Any]] = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return found


@aws_call("describe secret {reference.resource}", missing=["ResourceNotFoundException"])
def current_version(secretsmanager: Any, reference: Reference) -> str | None:
    staged: dict[str, list[str]] = secretsmanager.describe_secret(SecretId=reference.resource).get(
        "VersionIdsToStages", {}
    )
    return next((version for version, stages in staged.items() if CURRENT in stages), None)


@aws_call("find {digest} in {repository}", missing=["ImageNotFoundException", "RepositoryNotFoundException"])
def images(ecr: Any, repository: str, digest: str) -> list[Any]:
    found: list[Any] = ecr.describe_images(repositoryName=repository, imageIds=[{"imageDigest": digest}])[
        "imageDetails"
    ]
    return found
