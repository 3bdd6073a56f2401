"""A scan finds nothing, unless it was given findings."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.ecr_push import push


@pytest.fixture
def scanned(client: Client, empty: ControlPlane) -> dict[str, Any]:
    """An image whose scan is complete: what a request for its findings says."""
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app")
    digest = push(ecr, "one", "v1")
    asked = {"repositoryName": "app", "imageId": {"imageDigest": digest}}
    ecr.start_image_scan(**asked)
    return asked


def test_an_image_is_clean(client: Client, scanned: dict[str, Any]) -> None:
    answer = client("ecr").describe_image_scan_findings(**scanned)
    assert (answer["imageScanStatus"]["status"], answer["imageScanFindings"]["findings"]) == ("COMPLETE", [])


def test_findings_that_were_given_are_shown(client: Client, empty: ControlPlane, scanned: dict[str, Any]) -> None:
    known = {"findings": [{"name": "CVE-2026-1", "severity": "HIGH"}], "findingSeverityCounts": {"HIGH": 1}}
    result = {**scanned, "imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": known}
    request = urllib.request.Request(
        f"{empty.url}/moto-api/static/ecr/scan-finding-results",
        data=json.dumps({"results": [result], "region": empty.region, "account_id": empty.account_id}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request):
        pass
    answer = client("ecr").describe_image_scan_findings(**scanned)
    assert answer["imageScanFindings"]["findings"] == known["findings"]
