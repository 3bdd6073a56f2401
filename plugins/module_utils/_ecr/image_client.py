# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Reads an image of ECR: its digest, the platforms that it is for, and what its scan found. Never writes."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .._core.calls import aws_call
from .image_check_plan import ImageName, Platform, Scan, findings_of, listed_platforms

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
PAUSE = 3  # seconds between two looks at a scan
_CONFIG_LIMIT = 4 << 20  # bytes; an image's configuration has some kilobytes


PAGE = 1000  # images of one call, the most that ECR gives
UNKNOWN = datetime(1, 1, 1, tzinfo=UTC)  # when an image was pushed of which ECR does not say it
# What ECR answers for a layer that a pull-through cache has not fetched.
NOT_CACHED = ("LayersNotFoundException", "LayerInaccessibleException", "UnableToGetUpstreamLayerException")


class LayerNotCached(AnsibleAWSError):  # type: ignore[misc]
    """ECR has the manifest of an image, but not its configuration."""


class Registry:
    """The images of one repository, in this account or in another one of the region."""

    def __init__(
        self, client: Any, name: ImageName, registry_id: str | None = None, arn: str = "", **urls: Any
    ) -> None:
        """arn: the repository's, where it is known; `urls`: how open_url verifies certificates, for layers in S3."""
        self.client = client
        self.name = name
        self.arn = arn
        self.account = registry_id
        # Why the upstream registry of a pull-through cache gave no image, where ECR says so.
        self.upstream_refusal = ""
        self._urls = urls
        self._where = {"repositoryName": name.repository, **({"registryId": registry_id} if registry_id else {})}

    @aws_call("read the image {self.name.repository} from ECR", missing=["RepositoryNotFoundException"])
    def image(self) -> dict[str, Any] | None:
        """BatchGetImage's answer for the image; None when ECR has no such image."""
        accepted = [*INDEXES, *MANIFESTS]
        request = {"imageIds": [self.name.image_id], "acceptedMediaTypes": accepted}
        try:
            answer = self.client.batch_get_image(**self._where, **request)
        except is_boto3_error_code("UnableToGetUpstreamImageException") as error:
            self.upstream_refusal = error.response["Error"].get("Message", "") or "UnableToGetUpstreamImageException"
            return None
        for failure in answer.get("failures", []):
            if failure.get("failureCode", "").startswith("Upstream"):
                self.upstream_refusal = f"{failure['failureCode']}: {failure.get('failureReason', '')}"
        return next(iter(answer.get("images", [])), None)

    @aws_call("look up {self.name.uri} in ECR", missing=["ImageNotFoundException", "RepositoryNotFoundException"])
    def described(self) -> bool | None:
        """Whether ECR has the image, asked so that a pull-through cache fetches nothing."""
        ecr = self.client
        ecr.describe_images(**self._where, imageIds=[self.name.image_id])
        return True

    def platforms(self, image: dict[str, Any], assumed: str | None = None) -> list[Platform]:
        """The platforms of an image, from its index or else from its configuration.

        assumed: that of an image without an index, whose configuration is then not read.
        """
        manifest = json.loads(image.get("imageManifest") or "{}")
        if "manifests" in manifest:
            return listed_platforms(manifest)
        if assumed:
            return [Platform(assumed, image["imageId"]["imageDigest"])]
        config = json.loads(self._layer(manifest["config"]["digest"])) if "config" in manifest else manifest
        if not config.get("architecture"):
            return []
        return [Platform(f"{config.get('os', 'linux')}/{config['architecture']}", image["imageId"]["imageDigest"])]

    def _layer(self, digest: str) -> bytes:
        # Here, as few images need it and it takes longer to import than a call.
        from ansible.module_utils.urls import ConnectionError as UrlError
        from ansible.module_utils.urls import open_url

        url = self._layer_url(digest)
        if url is None:
            raise LayerNotCached(message=f"ECR does not have the configuration of the image {self.name.repository}")
        try:
            content: bytes = open_url(url, timeout=30, **self._urls).read(_CONFIG_LIMIT)
        except (OSError, UrlError) as error:
            raise AnsibleAWSError(
                message=f"wanted the configuration of the image {self.name.repository}, which shows its platform; ECR "
                f"named a place in S3 that cannot be read from here ({error}); allow it, push an image index, or "
                "say with image_assume_platform: true that it is the task's",
            ) from error
        if "sha256:" + hashlib.sha256(content).hexdigest() != digest:
            raise AnsibleAWSError(
                message=f"the configuration of the image {self.name.repository} is not what {digest} says"
            )
        return content

    @aws_call("find the configuration of the image {self.name.repository} in ECR", missing=NOT_CACHED)
    def _layer_url(self, digest: str) -> str | None:
        return str(self.client.get_download_url_for_layer(**self._where, layerDigest=digest)["downloadUrl"])

    @aws_call("ask whether the ECR repository {self.name.repository} scans images")
    def scans_on_push(self) -> bool:
        """Whether images are scanned without being asked; the registry's own setting takes part."""
        answer = self.client.batch_get_repository_scanning_configuration(repositoryNames=[self.name.repository])
        found = answer.get("scanningConfigurations", [])
        return any(one.get("scanFrequency") != "MANUAL" for one in found)

    def await_scan(
        self, digest: str, on_push: bool, seconds: float, sleep: Callable[[float], None] = time.sleep
    ) -> Scan:
        """The scan of a manifest, when it is complete or so many seconds have passed."""
        left = seconds
        while True:
            scan = self._scan(digest) or Scan("NONE")
            # ECR knows of a scan only some moments after the push.
            if left <= 0 or not (scan.pending or (scan.status == "NONE" and on_push)):
                return scan
            pause = min(PAUSE, left)
            sleep(pause)
            left -= pause

    @aws_call("read the scan of {self.name.repository} from ECR", missing=["ScanNotFoundException"])
    def _scan(self, digest: str) -> Scan | None:
        request = {**self._where, "imageId": {"imageDigest": digest}}
        answers = list(self.client.get_paginator("describe_image_scan_findings").paginate(**request))
        status = answers[0].get("imageScanStatus", {})
        findings = tuple(finding for answer in answers for finding in findings_of(answer))
        return Scan(status.get("status", "NONE"), status.get("description", ""), findings)


@aws_call("describe the ECR repository {name}", missing=["RepositoryNotFoundException"])
def describe_repository(ecr: Any, name: str) -> dict[str, Any] | None:
    """The repository of that name in this account; None when there is none."""
    found: dict[str, Any] = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    return found


@aws_call("look up {repository}:{tag} in ECR", missing=["ImageNotFoundException", "RepositoryNotFoundException"])
def tagged_images(ecr: Any, repository: str, tag: str) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])[
        "imageDetails"
    ]
    return found


@aws_call("list the images of {repository} in ECR", missing=["RepositoryNotFoundException"])
def newest_tag(ecr: Any, repository: str, prefix: str) -> str | None:
    """The tag with that prefix of the image that was pushed last."""
    request = {"repositoryName": repository, "filter": {"tagStatus": "TAGGED"}}
    pages = ecr.get_paginator("describe_images").paginate(**request, PaginationConfig={"PageSize": PAGE})
    found = [
        (image.get("imagePushedAt", UNKNOWN), tag)
        for page in pages
        for image in page.get("imageDetails", [])
        for tag in image.get("imageTags", [])
        if tag.startswith(prefix)
    ]
    return str(max(found)[1]) if found else None
