"""PutImage moves tags and refuses to as AWS does."""

from __future__ import annotations

import hashlib
import json

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.ecr_push import MANIFEST_TYPE, push


def test_an_immutable_tag_and_a_missing_repository_are_refused(empty: ControlPlane, client: Client) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app", imageTagMutability="IMMUTABLE")
    manifests = [json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "layers": [], "n": n}) for n in (1, 2)]
    image = ecr.put_image(repositoryName="app", imageTag="v1", imageManifest=manifests[0])["image"]
    assert image["imageId"]["imageDigest"] == "sha256:" + hashlib.sha256(manifests[0].encode()).hexdigest()
    for manifest, error in zip(manifests, ("ImageAlreadyExists", "ImageTagAlreadyExists"), strict=True):
        with pytest.raises(ClientError, match=error):
            ecr.put_image(repositoryName="app", imageTag="v1", imageManifest=manifest)
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        ecr.put_image(repositoryName="none", imageTag="v1", imageManifest=manifests[0])


@pytest.mark.usefixtures("empty")
def test_a_tag_that_moves_leaves_its_image_untagged(client: Client) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app")
    old, new = push(ecr, "one", "v1"), push(ecr, "two", "v1")
    images = ecr.describe_images(repositoryName="app")["imageDetails"]
    assert {image["imageDigest"]: image.get("imageTags") for image in images} == {old: None, new: ["v1"]}


@pytest.mark.usefixtures("empty")
def test_an_exclusion_filter_is_a_glob(client: Client) -> None:
    ecr = client("ecr")
    ecr.create_repository(
        repositoryName="app",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "dev-*"}],
    )
    push(ecr, "one", "dev-1"), push(ecr, "two", "dev-1")
    push(ecr, "one", "v1")
    with pytest.raises(ClientError, match="ImageTagAlreadyExists"):
        push(ecr, "two", "v1")
