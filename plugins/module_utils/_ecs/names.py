# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Names in the ARNs of ECS. Pure."""

from __future__ import annotations


def short_name(reference: str) -> str:
    """The name in an ARN or a name: "sales-prod" of arn:aws:ecs:us-east-1:1:cluster/sales-prod."""
    return reference.rpartition("/")[2]
