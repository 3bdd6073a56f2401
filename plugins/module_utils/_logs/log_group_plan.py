# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What CloudWatch Logs accepts. Pure."""

from __future__ import annotations

from .._core.problem import Problem
from .._core.refusal import InvalidParameters

NEVER_EXPIRES = 0
# PutRetentionPolicy's documentation; the model only says "integer".
RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip


def check_retention(days: int | None) -> None:
    """Raise InvalidParameters for a retention that the service would refuse."""
    if days is None or days in (NEVER_EXPIRES, *RETENTION_DAYS):
        return
    nearest = min(RETENTION_DAYS, key=lambda valid: abs(valid - days))
    raise InvalidParameters(
        Problem(
            f"retention_in_days is {days}",
            f"CloudWatch Logs keeps events for {', '.join(map(str, RETENTION_DAYS))} days, or forever with 0",
            f"set retention_in_days to one of these; the nearest is {nearest}",
        )
    )
