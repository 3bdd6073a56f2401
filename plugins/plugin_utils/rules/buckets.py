# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The names of the buckets, which S3 limits further than a pattern shows.

Source: "General purpose bucket naming rules" in the User Guide of Amazon S3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

BUCKETS = "mcp_server_buckets"
ENDINGS = {
    "-s3alias": "is the alias of an access point",
    "--ol-s3": "is the alias of an Object Lambda access point",
    ".mrap": "is the alias of a multi-region access point",
    "--x-s3": "is a directory bucket, which has no versions of objects",
    "--table-s3": "is a table bucket",
}
BEGINNINGS = ("xn--", "sthree-", "amzn-s3-demo-")


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield each name that no bucket has which the server could read."""
    given = values.get(BUCKETS)
    for name in given if isinstance(given, list) else ():
        reason = _reason(str(name))
        if reason:
            yield f"{BUCKETS}: wanted names of buckets; found {name}, which {reason}; write the name of the bucket"


def _reason(name: str) -> str:
    for ending, what in ENDINGS.items():
        if name.endswith(ending):
            return what
    if name.startswith(BEGINNINGS):
        return f"begins with {next(one for one in BEGINNINGS if name.startswith(one))}, and S3 keeps that for itself"
    if ".." in name:
        return "has two periods in a row"
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name):
        return "has the form of an IP address"
    return ""
