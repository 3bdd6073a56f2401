"""An image's digest is the sha256 of its manifest."""

from __future__ import annotations

import hashlib

import pytest

from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.ecr_push import push


@pytest.mark.usefixtures("empty")
def test_the_digest_is_that_of_the_manifest(client: Client) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app")
    digest = push(ecr, "one", "v1")
    (image,) = ecr.batch_get_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])["images"]
    assert digest == "sha256:" + hashlib.sha256(image["imageManifest"].encode()).hexdigest()
