"""A push is scanned when the repository says so."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.ecr_push import push


def test_a_push_is_scanned_if_the_repository_says_so(client: Client, empty: ControlPlane) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app")
    unscanned = push(ecr, "one", "v1")
    with pytest.raises(ClientError, match="ScanNotFound"):
        ecr.describe_image_scan_findings(repositoryName="app", imageId={"imageDigest": unscanned})
    ecr.put_image_scanning_configuration(repositoryName="app", imageScanningConfiguration={"scanOnPush": True})
    asked = {"repositoryName": "app", "imageId": {"imageDigest": push(ecr, "two", "v2")}}
    statuses = [ecr.describe_image_scan_findings(**asked)["imageScanStatus"]["status"] for _ in range(2)]
    assert statuses == ["IN_PROGRESS", "COMPLETE"]
