# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The image check before a deployment: the requested facts of an image are read, then checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.clients import Clients
from .._core.refusal import RefusedList
from .image_check_plan import ImageName, Platform, Scan, judge, parse_name
from .image_client import Registry, describe_repository


@dataclass(frozen=True)
class Verdict:
    """What is known of an image, and every reason not to deploy it."""

    uri: str
    digest: str = ""
    repository_arn: str = ""
    platforms: tuple[str, ...] = ()
    scan: Scan | None = None
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def check_image(client: Clients, params: Mapping[str, Any], uri: str) -> Verdict:
    """What is known of an image of any registry. Raises RefusedList with every reason not to deploy it.

    Args:
        client: the clients of the run.
        params: `task_platform` (None when any will do), `assume_platform`, `scan_threshold`, `scan_wait` and the
            connection options.
        uri: the image, with a tag or a digest.
    """
    name = parse_name(uri)
    registry = registry_of(client, params, name) if name else None
    if registry:
        return check_image_in_ecr(registry, params, registry.image())
    threshold = params["scan_threshold"]
    if threshold == "none":
        warning = f"{uri} is not in ECR of this region: neither its platform nor its digest was checked"
        return Verdict(uri, name.digest if name else "", warnings=(warning,))
    problem = (
        f"wanted a scan without findings of severity {threshold} or worse; found it outside ECR of this region, which "
        "alone can be asked; copy it there, or set image_scan_threshold to none"
    )
    raise _refusal(Verdict(uri, problems=(problem,)))


def registry_of(client: Clients, params: Mapping[str, Any], name: ImageName) -> Registry | None:
    """Where ECR has the image; None when it is not ECR's, or that of another region."""
    if name.home:
        account, region = name.home
        return Registry(client("ecr"), name, account, **urls_of(params)) if region == client.region else None
    # A stand-in for ECR, or an endpoint of one's own, has another name, which only ECR itself knows.
    found = describe_repository(client("ecr"), name.repository)
    if found is None or found["repositoryUri"] != f"{name.registry}/{name.repository}":
        return None
    return Registry(client("ecr"), name, arn=found["repositoryArn"], **urls_of(params))


def urls_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """How the certificates of the layers' URLs are verified."""
    return {"validate_certs": params["validate_certs"], "ca_path": params["aws_ca_bundle"]}


def check_image_in_ecr(registry: Registry, params: Mapping[str, Any], image: dict[str, Any] | None) -> Verdict:
    """What is known of an image of ECR. Raises RefusedList with every reason against it. image: as it was read."""
    assumed = params["task_platform"] if params["assume_platform"] else None
    platforms = registry.platforms(image, assumed) if image else []
    verdict = _inspect(registry, image, platforms, params)
    if verdict.problems:
        raise _refusal(verdict)
    return verdict


def _refusal(verdict: Verdict) -> RefusedList:
    return RefusedList(f"deploy the image {verdict.uri}", verdict.problems, problems=list(verdict.problems))


def _inspect(
    registry: Registry, image: dict[str, Any] | None, platforms: Sequence[Platform], params: Mapping[str, Any]
) -> Verdict:
    """Look at an image of ECR.

    Args:
        registry: where it is.
        image: BatchGetImage's answer for it, None when ECR has no such image.
        platforms: of the image.
        params: see check_image(). The scan is not asked for when `scan_threshold` is `none`.

    The URI of the verdict has the digest, or with problems what was asked for.
    """
    name, platform, threshold = registry.name, params["task_platform"], params["scan_threshold"]
    if image is None:
        problem = (
            "wanted it in ECR, where the tasks pull it from; found no such image there; push it (playbooks/build.yml), "
            "or correct image_uri"
        )
        return Verdict(name.uri, problems=(problem,))
    digest = image["imageId"]["imageDigest"]
    scan, on_push = None, False
    if threshold != "none":
        # ECR scans the images of an index, never the index.
        manifest = next((one.digest for one in platforms if one.name == platform), digest)
        on_push = registry.scans_on_push()
        scan = registry.await_scan(manifest, on_push, params["scan_wait"])
    problems = tuple(judge(platform, platforms, threshold, scan, on_push))
    names = tuple(one.name for one in platforms)
    uri = name.uri if problems else name.pinned(digest)
    return Verdict(uri, digest, registry.arn, names, scan, problems)
