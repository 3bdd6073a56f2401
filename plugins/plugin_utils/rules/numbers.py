# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""Numbers as inventories hold them: also as the text of an extra variable."""

from __future__ import annotations

from typing import Any


def as_int(value: Any) -> int | None:
    """A whole number, or None for what is none. A boolean is none."""
    if isinstance(value, bool):
        return None
    try:
        return int(str(value).strip())
    except ValueError:
        return None
