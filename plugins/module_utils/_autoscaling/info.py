# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Everything that Application Auto Scaling knows about scalable targets, for an operator to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.clients import Clients
from .._core.shapes import Document
from .client import described_targets


def scalable_targets(client: Clients, params: Mapping[str, Any]) -> Document:
    """What application_autoscaling_target_info returns."""
    autoscaling = client("application-autoscaling")
    found = described_targets(autoscaling, params["service_namespace"], params["resource_id"], params["activities"])
    return {"scalable_targets": found}
