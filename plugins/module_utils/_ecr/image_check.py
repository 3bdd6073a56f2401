# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The image check before a deployment: the requested facts of an image are read, then checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.refusal import RefusedList
from .image_check_plan import Platform, Scan, judge
from .image_client import Registry
from .pull_through_client import Rule


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
    pull_through: Rule | None = None


def check_image_in_ecr(
    registry: Registry, params: Mapping[str, Any], image: dict[str, Any], platforms: Sequence[Platform] | None = None
) -> Verdict:
    """What is known of an image of ECR. Raises RefusedList with every reason against it.

    image: as it was read; platforms: its platforms, None to read them.
    """
    assumed = params["task_platform"] if params["assume_platform"] else None
    if platforms is None:
        platforms = registry.platforms(image, assumed)
    verdict = _inspect(registry, image, platforms, params)
    if verdict.problems:
        raise refusal(verdict)
    return verdict


def refusal(verdict: Verdict) -> RefusedList:
    """The refusal of an image for the problems of its verdict."""
    return RefusedList(f"deploy the image {verdict.uri}", verdict.problems, problems=list(verdict.problems))


def _inspect(
    registry: Registry, image: dict[str, Any], platforms: Sequence[Platform], params: Mapping[str, Any]
) -> Verdict:
    """Look at an image of ECR.

    Args:
        registry: where it is.
        image: BatchGetImage's answer for it.
        platforms: of the image.
        params: `task_platform` (None when any will do), `assume_platform`, `scan_threshold` and `scan_wait`. The scan
            is not asked for when `scan_threshold` is `none`.

    The URI of the verdict has the digest, or with problems what was asked for.
    """
    name, platform, threshold = registry.name, params["task_platform"], params["scan_threshold"]
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
