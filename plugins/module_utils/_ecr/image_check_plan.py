# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What an image in ECR must be to be deployed: there, of the task's platform, without findings of the scan. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .registry_host import Home, home_of

# Least first. What ECR calls UNDEFINED, UNTRIAGED or INFORMATIONAL is below them all.
SEVERITIES = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
SHOWN = 10  # findings named in one message

_NAME = re.compile(
    r"(?P<registry>[^/]+)/(?P<repository>[^@:]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True)
class ImageName:
    """The parts of an image's URI; `tag` and `digest` are empty when they are not in it."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def home(self) -> Home | None:
        """Account and region of the ECR registry that it names; None for any other."""
        return home_of(self.registry)

    @property
    def image_id(self) -> dict[str, str]:
        """How ECR's API is asked for it; a digest is worth more than a tag."""
        return {"imageDigest": self.digest} if self.digest else {"imageTag": self.tag or "latest"}

    @property
    def uri(self) -> str:
        """The image as it was asked for."""
        tag = f":{self.tag or 'latest'}" if self.tag or not self.digest else ""
        return f"{self.registry}/{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")

    def pinned(self, digest: str) -> str:
        """The URI with the digest and without the tag."""
        return f"{self.registry}/{self.repository}@{digest}"


def parse_name(uri: str) -> ImageName | None:
    """The parts of `registry/repository[:tag][@digest]`, or None for anything else."""
    match = _NAME.fullmatch(uri)
    return ImageName(**{part: text or "" for part, text in match.groupdict().items()}) if match else None


@dataclass(frozen=True)
class Finding:
    """One vulnerability that a scan found."""

    name: str
    severity: str
    package: str


@dataclass(frozen=True)
class Scan:
    """How far the scan of an image is. `status` is ECR's, or NONE when there is no scan."""

    status: str
    description: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def pending(self) -> bool:
        return self.status in ("IN_PROGRESS", "PENDING")

    @property
    def reported(self) -> bool:
        """Whether the findings are known: ACTIVE is the state of continuous scanning."""
        return self.status in ("COMPLETE", "ACTIVE")


@dataclass(frozen=True)
class Platform:
    """One image of an index, or the only one; `digest` is that of its manifest."""

    name: str  # such as linux/amd64
    digest: str


def listed_platforms(index: Mapping[str, Any]) -> list[Platform]:
    """The images of an image index or manifest list. Attestations in it have an unknown platform."""
    found = [(one.get("platform", {}), one["digest"]) for one in index.get("manifests", [])]
    named = [Platform(f"{platform.get('os')}/{platform.get('architecture')}", digest) for platform, digest in found]
    return [platform for platform in named if platform.name != "unknown/unknown"]


def findings_of(answer: Mapping[str, Any]) -> tuple[Finding, ...]:
    """The findings of a DescribeImageScanFindings answer, of basic and of enhanced scanning."""
    found = answer.get("imageScanFindings") or {}
    basic = [
        Finding(one.get("name", "unnamed"), one.get("severity", "UNDEFINED"), _package(one.get("attributes", [])))
        for one in found.get("findings", [])
    ]
    enhanced = [
        Finding(details.get("vulnerabilityId", one.get("title", "unnamed")), one.get("severity", "UNTRIAGED"), packages)
        for one in found.get("enhancedFindings", [])
        for details in [one.get("packageVulnerabilityDetails", {})]
        for packages in [", ".join(package.get("name", "") for package in details.get("vulnerablePackages", []))]
    ]
    return tuple(basic + enhanced)


def _package(attributes: Sequence[Mapping[str, str]]) -> str:
    values = {one["key"]: one.get("value", "") for one in attributes}
    return " ".join(filter(None, [values.get("package_name"), values.get("package_version")]))


def refusing(findings: Sequence[Finding], threshold: str) -> list[Finding]:
    """The findings of that severity or a worse one, the worst first."""
    worse = SEVERITIES[SEVERITIES.index(threshold) :]
    found = [one for one in findings if one.severity in worse]
    return sorted(found, key=lambda one: (-SEVERITIES.index(one.severity), one.name))


def judge(
    platform: str | None, platforms: Sequence[Platform], threshold: str, scan: Scan | None, on_push: bool
) -> Iterator[str]:
    """Every reason not to deploy the image.

    Args:
        platform: the task's, None when any will do.
        platforms: the image's.
        threshold: the least severity that refuses.
        scan: what the scan found, None when it was not asked for.
        on_push: whether the repository has its images scanned.
    """
    there = [one.name for one in platforms]
    if platform and platform not in there:
        yield (
            f"wanted an image for {platform}, as the task's CPU architecture demands; found "
            f"{', '.join(there) or 'none in its manifest'}; build it for {platform} (image_platform), or change the "
            "task's platform (mcp_server_platform)"
        )
    if scan:
        yield from _judge_scan(threshold, scan, on_push)


def _judge_scan(threshold: str, scan: Scan, on_push: bool) -> Iterator[str]:
    wanted = f"wanted a scan without findings of severity {threshold} or worse"
    way_out = "or set image_scan_threshold to none"
    bad = refusing(scan.findings, threshold)
    if bad:
        shown = ", ".join(f"{one.name} ({', '.join(filter(None, [one.severity, one.package]))})" for one in bad[:SHOWN])
        more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        yield f"{wanted}; found {shown}{more}; build it from newer packages, or raise image_scan_threshold"
    elif scan.pending:
        yield f"{wanted}; found it still {scan.status} at the end of the wait; raise image_scan_wait and run again"
    elif scan.status == "NONE" and on_push:
        yield f"{wanted}; found none, as it was pushed before scanning was on; start one (aws ecr start-image-scan)"
    elif scan.status == "NONE":
        yield (
            f"{wanted}; found none, and the repository does not scan what is pushed; set ecr_scan_on_push (build.yml "
            f"writes it) and start a scan of this image (aws ecr start-image-scan), {way_out}"
        )
    elif not scan.reported:
        yield f"{wanted}; found a scan that is {scan.status} ({scan.description}); see what ECR can scan, {way_out}"
