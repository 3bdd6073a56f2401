# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The gate before a deployment: an image is looked at as far as it is asked for, then judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .._core.clients import Clients
from .._core.plan import Refused
from .._core.shapes import Document
from .image_check_plan import ImageName, Scan, judge, parse_name
from .image_client import Registry


@dataclass(frozen=True)
class Verdict:
    """What is known of an image, and every reason not to deploy it."""

    uri: str
    digest: str = ""
    platforms: tuple[str, ...] = ()
    scan: Scan | None = None
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def checked_image(client: Clients, params: Mapping[str, Any]) -> Document:
    """What the ecr_image_gate module returns. Raises Refused with every reason not to deploy the image."""
    verdict = _judged(client, params)
    problems = list(verdict.problems)
    if problems:
        lines = "\n".join(f"- {problem}" for problem in problems)
        raise Refused(message=f"the image {verdict.uri} must not be deployed:\n{lines}", problems=problems)
    image = asdict(verdict)
    del image["problems"]
    return {"warnings": image.pop("warnings"), "image": image}


def _registry(client: Clients, params: Mapping[str, Any], name: ImageName) -> Registry | None:
    """Where ECR has the image; None when it is not ECR's, or that of another region."""
    ecr = client("ecr")
    urls = {"validate_certs": params["validate_certs"], "ca_path": params["aws_ca_bundle"]}
    if name.home:
        account, region = name.home
        return Registry(ecr, name, account, **urls) if region == client.region else None
    # A stand-in for ECR, or an endpoint of one's own, has another name, which only ECR itself can tell.
    registry = Registry(ecr, name, **urls)
    return registry if registry.uri() == f"{name.registry}/{name.repository}" else None


def _judged(client: Clients, params: Mapping[str, Any]) -> Verdict:
    """What is known of the image, and every reason against it."""
    uri, threshold = params["image"], params["scan_threshold"]
    name = parse_name(uri)
    registry = _registry(client, params, name) if name else None
    if name and registry:
        return _inspect(registry, params["platform"], threshold, params["scan_wait"])
    if threshold == "none":
        warning = f"{uri} is not in ECR of this region: neither its platform nor its digest was checked"
        return Verdict(uri, name.digest if name else "", warnings=(warning,))
    problem = (
        f"wanted a scan without findings of severity {threshold} or worse; found it outside ECR of this region, which "
        "alone can be asked; copy it there, or set image_scan_threshold to none"
    )
    return Verdict(uri, problems=(problem,))


def _inspect(registry: Registry, platform: str | None, threshold: str, wait: float) -> Verdict:
    """Look at an image of ECR.

    Args:
        registry: where it is.
        platform: the task's, None when any will do.
        threshold: the least severity of a finding that refuses it, `none` when the scan is not asked for.
        wait: seconds to wait for the scan.
    """
    name = registry.name
    image = registry.image()
    if image is None:
        problem = "wanted it in ECR; found no such image there; push it (playbooks/build.yml), or correct image_uri"
        return Verdict(f"{name.registry}/{name.repository}", problems=(problem,))
    digest = image["imageId"]["imageDigest"]
    platforms = registry.platforms(image)
    scan, on_push = None, False
    if threshold != "none":
        # ECR scans the images of an index, never the index.
        manifest = next((one.digest for one in platforms if one.name == platform), digest)
        on_push = registry.scans_on_push()
        scan = registry.await_scan(manifest, on_push, wait)
    problems = tuple(judge(platform, platforms, threshold, scan, on_push))
    return Verdict(name.pinned(digest), digest, tuple(one.name for one in platforms), scan, problems)
