"""ECR's layers, scans and lifecycle policies answer as AWS documents them."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.emulator.facts.ecr_lifecycle_preview import expiring
from sandbox.testing.fixtures import Client

DAY = 24 * 3600
NOW = 1000.0 * DAY
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


@dataclass
class Image:
    """An image pushed so many days ago."""

    image_digest: str
    days: float
    image_tags: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    image_pushed_at: float = field(init=False)
    image_manifest: str = field(init=False)

    def __post_init__(self) -> None:
        self.image_pushed_at = NOW - self.days * DAY
        self.image_manifest = json.dumps({"manifests": [{"digest": child} for child in self.children]})


def rule(priority: int, status: str, more: dict[str, Any] | None = None, **count: int) -> dict[str, Any]:
    """rule(1, "any", keep=3) or rule(1, "untagged", days=7)."""
    kind = {"keep": "imageCountMoreThan", "days": "sinceImagePushed"}
    ((name, number),) = count.items()
    selection = {"tagStatus": status, "countType": kind[name], "countNumber": number, **(more or {})}
    return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}


IN_USE = rule(1, "tagged", {"tagPrefixList": ["in-use-"]}, keep=1000)


@pytest.mark.parametrize(
    ("rules", "images", "expired"),
    [
        pytest.param([rule(1, "any", keep=1)], [Image("old", 2), Image("new", 1)], {"old": 1}, id="the oldest goes"),
        pytest.param([rule(1, "untagged", days=7)], [Image("a", 8), Image("b", 6)], {"a": 1}, id="by age"),
        pytest.param([rule(1, "untagged", days=7)], [Image("a", 8, ("v1",))], {}, id="tagged is not untagged"),
        pytest.param(
            [IN_USE, rule(2, "any", keep=1)],
            [Image("used", 9, ("v1", "in-use-x")), Image("old", 2, ("v2",)), Image("new", 1, ("v3",))],
            {"old": 2},
            id="what an earlier rule matches stays",
        ),
        pytest.param(
            [rule(2, "any", keep=1), IN_USE],
            [Image("used", 9, ("in-use-x",)), Image("new", 1, ("v3",))],
            {},
            id="the number decides, not the place",
        ),
        pytest.param(
            [rule(1, "tagged", {"tagPrefixList": ["in-use-"]}, keep=1), rule(2, "any", keep=1)],
            [Image("a", 3, ("in-use-a",)), Image("b", 2, ("in-use-b",)), Image("c", 1, ("v1",))],
            {"a": 1},
            id="a rule expires what is beyond its own number",
        ),
        pytest.param(
            [rule(1, "tagged", {"tagPrefixList": ["a", "b"]}, days=1)],
            [Image("both", 3, ("a1", "b1")), Image("one", 3, ("a2",))],
            {"both": 1},
            id="every prefix must be met",
        ),
        pytest.param(
            [rule(1, "tagged", {"tagPatternList": ["*-rc*"]}, days=1)],
            [Image("rc", 3, ("1.0-rc1",)), Image("final", 3, ("1.0",))],
            {"rc": 1},
            id="patterns",
        ),
        pytest.param(
            [rule(1, "untagged", days=7)],
            [Image("child", 30), Image("list", 30, ("v1",), children=("child",))],
            {},
            id="what a manifest list refers to stays",
        ),
    ],
)
def test_which_images_a_policy_expires(rules: list[Any], images: list[Image], expired: dict[str, int]) -> None:
    assert expiring({"rules": rules}, images, NOW) == expired


def push(ecr: Any, content: str, tag: str) -> str:
    config = {"digest": "sha256:" + hashlib.sha256(content.encode()).hexdigest(), "size": len(content)}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": []})
    digest: str = ecr.put_image(repositoryName="app", imageManifest=manifest, imageTag=tag)["image"]["imageId"][
        "imageDigest"
    ]
    return digest


@pytest.mark.usefixtures("empty")
def test_the_preview_tells_what_would_go(client: Client) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app")
    with pytest.raises(ClientError, match="LifecyclePolicyPreviewNotFound"):
        ecr.get_lifecycle_policy_preview(repositoryName="app")
    with pytest.raises(ClientError, match="LifecyclePolicyNotFound"):
        ecr.start_lifecycle_policy_preview(repositoryName="app")
    old, _ = push(ecr, "one", "v1"), push(ecr, "two", "v2")
    policy = json.dumps({"rules": [rule(1, "any", keep=1)]})
    ecr.put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=policy)
    ecr.start_lifecycle_policy_preview(repositoryName="app")
    preview = ecr.get_lifecycle_policy_preview(repositoryName="app")
    assert preview["status"] == "COMPLETE"
    assert [one["imageDigest"] for one in preview["previewResults"]] == [old]


@pytest.mark.usefixtures("empty")
def test_a_layer_is_downloaded_without_a_login_and_the_bucket_is_not_ours(client: Client) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app")
    upload = ecr.initiate_layer_upload(repositoryName="app")["uploadId"]
    content = b'{"architecture": "arm64"}'
    ecr.upload_layer_part(
        repositoryName="app", uploadId=upload, partFirstByte=0, partLastByte=len(content) - 1, layerPartBlob=content
    )
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    ecr.complete_layer_upload(repositoryName="app", uploadId=upload, layerDigests=[digest])
    url = ecr.get_download_url_for_layer(repositoryName="app", layerDigest=digest)["downloadUrl"]
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == content
    assert client("s3").list_buckets()["Buckets"] == []
    with pytest.raises(ClientError, match="LayersNotFound"):
        ecr.get_download_url_for_layer(repositoryName="app", layerDigest="sha256:" + "0" * 64)


def test_a_push_is_scanned_if_the_repository_says_so(client: Client, empty: ControlPlane) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app")
    unscanned = push(ecr, "one", "v1")
    with pytest.raises(ClientError, match="ScanNotFound"):
        ecr.describe_image_scan_findings(repositoryName="app", imageId={"imageDigest": unscanned})
    ecr.put_image_scanning_configuration(repositoryName="app", imageScanningConfiguration={"scanOnPush": True})
    settings = ecr.batch_get_repository_scanning_configuration(repositoryNames=["app"])["scanningConfigurations"]
    assert [(one["scanOnPush"], one["scanFrequency"]) for one in settings] == [(True, "SCAN_ON_PUSH")]
    digest = push(ecr, "two", "v2")
    asked = {"repositoryName": "app", "imageId": {"imageDigest": digest}}
    assert ecr.describe_image_scan_findings(**asked)["imageScanStatus"]["status"] == "IN_PROGRESS"
    answer = ecr.describe_image_scan_findings(**asked)
    assert (answer["imageScanStatus"]["status"], answer["imageScanFindings"]["findings"]) == ("COMPLETE", [])

    known = {"findings": [{"name": "CVE-2026-1", "severity": "HIGH"}], "findingSeverityCounts": {"HIGH": 1}}
    result = {
        "repositoryName": "app",
        "imageId": {"imageDigest": digest},
        "imageScanStatus": {"status": "COMPLETE"},
        "imageScanFindings": known,
    }
    request = urllib.request.Request(
        f"{empty.url}/moto-api/static/ecr/scan-finding-results",
        data=json.dumps({"results": [result], "region": "us-east-1", "account_id": "850787717197"}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request):
        pass
    assert ecr.describe_image_scan_findings(**asked)["imageScanFindings"]["findings"] == known["findings"]
