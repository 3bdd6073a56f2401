"""What is read from an image's name, its index and its scan, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.image_check_plan import (
    Finding,
    ImageName,
    Platform,
    Scan,
    findings_of,
    judge,
    listed_platforms,
    parse_name,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.image_client import Registry

DIGEST = "sha256:" + "0" * 64
AMD = [Platform("linux/amd64", DIGEST)]


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("host/app", ImageName("host", "app")),
        ("host:5000/a/b:1.0", ImageName("host:5000", "a/b", "1.0")),
        (f"host/app@{DIGEST}", ImageName("host", "app", "", DIGEST)),
        (f"host/app:1@{DIGEST}", ImageName("host", "app", "1", DIGEST)),
        ("app", None),
        ("host/app@sha256:1", None),
    ],
)
def test_names(uri: str, name: ImageName | None) -> None:
    assert parse_name(uri) == name


@pytest.mark.parametrize(
    ("registry", "home"),
    [
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com", ("123456789012", "us-east-1")),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", ("123456789012", "us-gov-west-1")),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", ("123456789012", "cn-north-1")),
        ("public.ecr.aws", None),
        ("127.0.0.1:8445", None),
    ],
)
def test_the_home_of_a_registry(registry: str, home: tuple[str, str] | None) -> None:
    assert ImageName(registry, "app").home == home


def test_an_attestation_is_no_platform() -> None:
    unknown = {"os": "unknown", "architecture": "unknown"}
    entries = [{"platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}, "digest": "a"}]
    assert listed_platforms({"manifests": [*entries, {"platform": unknown, "digest": "b"}]}) == [
        Platform("linux/arm64", "a")
    ]


def test_enhanced_findings_are_findings_too() -> None:
    details = {"vulnerabilityId": "CVE-2026-1", "vulnerablePackages": [{"name": "zlib"}, {"name": "perl"}]}
    answer = {"imageScanFindings": {"enhancedFindings": [{"severity": "HIGH", "packageVulnerabilityDetails": details}]}}
    assert findings_of(answer) == (Finding("CVE-2026-1", "HIGH", "zlib, perl"),)
    assert findings_of({}) == ()


@pytest.mark.parametrize(
    ("scan", "on_push", "words"),
    [
        pytest.param(Scan("COMPLETE"), True, None, id="clean"),
        pytest.param(Scan("ACTIVE"), True, None, id="clean, scanned all the time"),
        pytest.param(None, False, None, id="not asked for"),
        pytest.param(Scan("COMPLETE", findings=(Finding("CVE-1", "MEDIUM", ""),)), True, None, id="below"),
        pytest.param(Scan("COMPLETE", findings=(Finding("CVE-1", "HIGH", ""),)), True, "CVE-1 (HIGH);", id="at it"),
        pytest.param(Scan("COMPLETE", findings=(Finding("CVE-1", "CRITICAL", ""),)), True, "CVE-1", id="above"),
        pytest.param(Scan("IN_PROGRESS"), True, "raise image_scan_wait", id="not done"),
        pytest.param(Scan("NONE"), True, "before scanning was on", id="older than scanning"),
        pytest.param(Scan("NONE"), False, "set ecr_scan_on_push", id="not enabled"),
        pytest.param(Scan("UNSUPPORTED_IMAGE", "no os"), True, "UNSUPPORTED_IMAGE (no os)", id="cannot be scanned"),
        pytest.param(Scan("FAILED"), True, "FAILED", id="failed"),
    ],
)
def test_what_a_scan_refuses(scan: Scan | None, on_push: bool, words: str | None) -> None:
    problems = list(judge("linux/amd64", AMD, "HIGH", scan, on_push))
    assert len(problems) == (words is not None)
    assert not words or words in problems[0]


def test_many_findings_are_not_all_named() -> None:
    findings = tuple(Finding(f"CVE-{number:02}", "HIGH", "") for number in range(14))
    (problem,) = judge(None, [], "LOW", Scan("COMPLETE", findings=findings), True)
    assert "CVE-09" in problem
    assert "CVE-10" not in problem
    assert "and 4 more" in problem


class Waiting(Registry):
    """A registry whose scan is as far as a list says."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)

    def _scan(self, digest: str) -> Any:
        status = self.statuses.pop(0)
        return None if status == "NONE" else Scan(status)


@pytest.mark.parametrize(
    ("statuses", "on_push", "seconds", "ends", "slept"),
    [
        pytest.param(["COMPLETE"], True, 300, "COMPLETE", [], id="at once"),
        pytest.param(["NONE", "PENDING", "COMPLETE"], True, 300, "COMPLETE", [3, 3], id="begins late"),
        pytest.param(["NONE"], False, 300, "NONE", [], id="nothing will come"),
        pytest.param(["PENDING"] * 3, True, 4, "PENDING", [3, 1], id="out of time"),
        pytest.param(["PENDING"], True, 0, "PENDING", [], id="no wait"),
    ],
)
def test_the_wait_for_a_scan(statuses: list[str], on_push: bool, seconds: int, ends: str, slept: list[float]) -> None:
    pauses: list[float] = []
    assert Waiting(*statuses).await_scan(DIGEST, on_push, seconds, pauses.append).status == ends
    assert pauses == slept
