# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What is kept about a release that was proven: its document, and what of it is compared. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.problem import Problem
from .._core.refusal import InvalidParameters
from .._core.secret_reference import parse
from .._core.shapes import Document
from .._core.tags import DIGEST_TAG, PROVEN_TAG, RELEASE_TAG

SECRET_LABEL = "quilt.secret."
MOST_BYTES = 4096  # of a standard parameter (Systems Manager quotas)
# What is observed of a release, in the order of the document.
OBSERVED = (
    "release",
    "image",
    "digest",
    "task_definition_arn",
    "service_arn",
    "deployment_id",
    "rule",
    "target_group_arn",
    "secrets",
)
COMPARED = ("url", *OBSERVED, "checks")


def folder(deployment: str) -> str:
    """Where the evidence of a deployment is kept: one parameter for each release."""
    return f"/quilt/{deployment}/releases"


def release_of(task_definition_arn: str) -> int:
    """The number of a release: the revision of its task definition; 0 when it has none."""
    revision = task_definition_arn.rpartition(":")[2]
    return int(revision) if revision.isdecimal() else 0


def digest_of(image: str) -> str:
    """`sha256:...` of an image that is pinned; empty when it is not."""
    digest = image.partition("@")[2]
    return digest if digest.startswith("sha256:") else ""


def versions_of(container: Mapping[str, Any]) -> dict[str, str]:
    """The version of each secret of a container (of a task definition, in the API's names); empty when not pinned.

    ECS takes no version for a parameter of SSM, so a label says it.
    """
    labels = container.get("dockerLabels", {})
    return {
        secret["name"]: parse(secret["valueFrom"]).version_id or labels.get(f"{SECRET_LABEL}{secret['name']}", "")
        for secret in container.get("secrets", [])
    }


def comparable(evidence: Mapping[str, Any]) -> Document:
    """What makes two documents the same evidence: neither time nor who, and of the checks their names and outcomes."""
    checks = [{"name": check["name"], "ok": check["ok"]} for check in evidence.get("checks") or []]
    return {**{name: evidence.get(name) for name in COMPARED}, "checks": checks}


def to_text(evidence: Mapping[str, Any]) -> str:
    """The parameter's value. Raises InvalidParameters when it does not fit."""
    text = json.dumps(evidence, separators=(",", ":"))
    size = len(text.encode())
    if size > MOST_BYTES:
        largest = max(evidence, key=lambda name: len(json.dumps(evidence[name])))
        raise InvalidParameters(
            Problem(
                f"the evidence takes {size} bytes, most of them for {largest}",
                f"a standard SSM parameter holds {MOST_BYTES}",
                f"make {largest} smaller",
            ),
            label=f"the evidence of release {evidence.get('release')}",
        )
    return text


def from_text(text: str) -> Document | None:
    """The document in a parameter's value, or None when it is no evidence."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("release"), int) else None


def latest_first(evidence: Mapping[int, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The documents, what was proven last first."""
    return sorted(evidence.values(), key=lambda one: (str(one.get("time")), one["release"]), reverse=True)


def to_prune(evidence: Mapping[int, Mapping[str, Any]], keep: int, running: int) -> list[int]:
    """The releases beyond the last `keep`, the one that runs counted among them and never pruned."""
    others = [one["release"] for one in latest_first(evidence) if one["release"] != running]
    return sorted(others[max(keep - 1, 0) :])


def ecs_tags(evidence: Mapping[str, Any]) -> dict[str, str]:
    """The tags that say on ECS's own resources what was proven."""
    tags = {RELEASE_TAG: str(evidence["release"]), DIGEST_TAG: evidence.get("digest"), PROVEN_TAG: evidence.get("time")}
    return {key: value for key, value in tags.items() if value}


def is_tagged(tags: Mapping[str, str], evidence: Mapping[str, Any]) -> bool:
    """Whether a resource's tags say what the evidence says."""
    return all(tags.get(key) == value for key, value in ecs_tags(evidence).items())


def checks_of(given: Sequence[Mapping[str, Any]]) -> list[Document]:
    """Checks as they are kept; one that check mode did not make counts as one that will hold."""
    return [
        {
            "name": str(one["name"]),
            "ok": one.get("ok") is not False,
            "seconds": None if one.get("seconds") is None else round(float(one["seconds"]), 2),
        }
        for one in given
    ]
