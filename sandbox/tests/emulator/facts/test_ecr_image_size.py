"""An image's size counts its config."""

from __future__ import annotations

import pytest

from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.ecr_push import push


@pytest.mark.usefixtures("empty")
def test_the_size_counts_the_config(client: Client) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app")
    push(ecr, "a config of 22 bytes..", "v1")
    (image,) = ecr.describe_images(repositoryName="app")["imageDetails"]
    assert image["imageSizeInBytes"] == 22
