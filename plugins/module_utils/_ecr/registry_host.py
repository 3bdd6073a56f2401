# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""The host of an ECR registry, in every partition of AWS: what it says, and what it will be.

Source: botocore's partitions.json, and for dual stack "Amazon ECR endpoints and quotas" (AWS General Reference).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

# The suffix of registries that answer by IPv6 too, where the partition has them.
DUAL_STACK = {
    "aws": "on.aws",
    "aws-us-gov": "on.aws",
    "aws-cn": "on.amazonwebservices.com.cn",
    "aws-eusc": "on.amazonwebservices.eu",
}
_HOST = re.compile(
    r"(?P<account>\d{12})\.(?:dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)|dkr-ecr(?:-fips)?\.(?P<dual>[a-z0-9-]+))"
    r"\.(?P<suffix>[a-z0-9.-]+)"
)


class Home(NamedTuple):
    """Whose registry it is."""

    account: str
    region: str


def home_of(host: str) -> Home | None:
    """Account and region of a registry of ECR, or None for any other host."""
    match = _HOST.fullmatch(host)
    if match is None:
        return None
    region = match["region"] or match["dual"]
    partition = _partition(region)
    if partition is None:
        return None
    suffix = partition["outputs"]["dnsSuffix"] if match["region"] else DUAL_STACK.get(partition["id"])
    return Home(match["account"], region) if match["suffix"] == suffix else None


def host_of(account: str, region: str) -> str:
    """The host of an account's registry in a region."""
    partition = _partition(region) or _partitions()[0]
    return f"{account}.dkr.ecr.{region}.{partition['outputs']['dnsSuffix']}"


def _partition(region: str) -> dict[str, Any] | None:
    """The partition of a region, also of one that is newer than botocore."""
    return next((one for one in _partitions() if re.match(one["regionRegex"], region)), None)


@cache
def _partitions() -> list[dict[str, Any]]:
    import botocore.loaders  # here, as AnsibleAWSModule says so first where it is missing

    found: list[dict[str, Any]] = botocore.loaders.create_loader().load_data("partitions")["partitions"]
    return found
