"""An image's size counts its config and its layers."""

from __future__ import annotations

import json

import pytest

from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.ecr_push import MANIFEST_TYPE


@pytest.mark.usefixtures("empty")
def test_the_size_counts_config_and_layers(client: Client) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app")
    parts = [{"digest": f"sha256:{n}" + "0" * 63, "size": size} for n, size in enumerate((22, 300, 4000))]
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": parts[0], "layers": parts[1:]}
    ecr.put_image(repositoryName="app", imageManifest=json.dumps(manifest), imageTag="v1")
    (image,) = ecr.describe_images(repositoryName="app")["imageDetails"]
    assert image["imageSizeInBytes"] == 4322
