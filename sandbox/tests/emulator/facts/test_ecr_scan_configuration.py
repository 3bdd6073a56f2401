"""The effective setting follows scanOnPush."""

from __future__ import annotations

import pytest

from sandbox.testing.fixtures import Client


@pytest.mark.usefixtures("empty")
def test_the_setting_follows_scan_on_push(client: Client) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app")

    def setting() -> tuple[bool, str]:
        answer = ecr.batch_get_repository_scanning_configuration(repositoryNames=["app"])
        (one,) = answer["scanningConfigurations"]
        return one["scanOnPush"], one["scanFrequency"]

    assert setting() == (False, "MANUAL")
    ecr.put_image_scanning_configuration(repositoryName="app", imageScanningConfiguration={"scanOnPush": True})
    assert setting() == (True, "SCAN_ON_PUSH")
