# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The gate before a deployment: an image is looked at as far as it is asked for, then judged."""

from __future__ import annotations

from dataclasses import dataclass

from .image_check_plan import Scan, judge
from .image_client import Registry


@dataclass(frozen=True)
class Verdict:
    """What is known of an image, and every reason not to deploy it."""

    uri: str
    digest: str = ""
    platforms: tuple[str, ...] = ()
    scan: Scan | None = None
    problems: tuple[str, ...] = ()


def inspect(registry: Registry, platform: str | None, threshold: str, wait: float) -> Verdict:
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
