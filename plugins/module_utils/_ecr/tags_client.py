# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Reads and writes the tags of one ECR repository in this account."""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .._core.calls import aws_call
from .._core.problem import Problem
from .._core.refusal import Refused
from .._core.tags import tags_from
from .image_client import INDEXES, MANIFESTS
from .in_use_tags_plan import Tagged


class TagsClient:
    """The image tags of a repository."""

    def __init__(self, ecr: Any, repository: str) -> None:
        self.ecr = ecr
        self.repository = repository

    @aws_call("list the tags of the ECR repository {self.repository}")
    def tags_of_repository(self, arn: str) -> dict[str, str]:
        """The repository's own tags, which say whose it is."""
        answer = self.ecr.list_tags_for_resource(resourceArn=arn)
        there: dict[str, str] = tags_from(answer.get("tags"))
        return there

    @aws_call("list the images of the ECR repository {self.repository}")
    def all(self) -> list[Tagged]:
        """Every tag with the digest that it stands for."""
        pages = self.ecr.get_paginator("list_images").paginate(
            repositoryName=self.repository, filter={"tagStatus": "TAGGED"}
        )
        return [Tagged(one["imageDigest"], one["imageTag"]) for page in pages for one in page["imageIds"]]

    @aws_call("tag an image of the ECR repository {self.repository}", missing=["ImageAlreadyExistsException"])
    def add(self, digest: str, tag: str) -> None:
        """Give an image a tag. That it has it already is no failure."""
        found = self.ecr.batch_get_image(
            repositoryName=self.repository,
            imageIds=[{"imageDigest": digest}],
            acceptedMediaTypes=[*INDEXES, *MANIFESTS],
        ).get("images")
        if not found:
            raise Refused(
                f"tag {self.repository}@{digest}",
                Problem("ECR has no such image", "only an image that is there gets a tag", "push it again"),
            )
        self.ecr.put_image(
            repositoryName=self.repository,
            imageManifest=found[0]["imageManifest"],
            imageManifestMediaType=found[0]["imageManifestMediaType"],
            imageTag=tag,
            imageDigest=digest,
        )

    @aws_call("untag an image of the ECR repository {self.repository}")
    def remove(self, tag: str) -> None:
        """Remove a tag, which deletes an image that has no other. A tag that does not exist is no failure."""
        answer = self.ecr.batch_delete_image(repositoryName=self.repository, imageIds=[{"imageTag": tag}])
        failures = [one for one in answer.get("failures", []) if one.get("failureCode") != "ImageNotFound"]
        if failures:
            raise AnsibleAWSError(message=f"failed to remove the tag {tag} of {self.repository}: {failures}")
