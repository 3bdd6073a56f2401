# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The tags of everything that a deployment creates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.tag_rules import tag_problems

OWNER = "mcp_server_owner_tags"
TAGS = (
    "alarms_tags",
    "alb_rule_tags",
    "ecr_tags",
    "ecs_service_tags",
    "iam_tags",
    "logs_tags",
    "mcp_server_tags",
    "release_tags",
    "scaling_tags",
    OWNER,
)
# With the region that roles/iam adds, as IAM's roles belong to no region.
ADDED = {"quilt:region": ""}


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what some service would refuse of the deployment's tags."""
    own = values.get(OWNER)
    added = {**(own if isinstance(own, Mapping) else {}), **ADDED}
    for name in TAGS:
        given = values.get(name)
        for problem in tag_problems(given, {} if name == OWNER else added) if isinstance(given, Mapping) else ():
            yield f"{name}: {problem.line()}"
