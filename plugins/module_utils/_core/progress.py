# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Lines for the operator while a module still works.

What a module prints is its result, so it can say nothing before its end. A caller may also read the progress, as
plugin_utils/direct.py does. Without a listener the lines are in the system's log, and in the result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_listeners: list[Callable[[str], None]] = []


def add_listener(report: Callable[[str], None]) -> None:
    """From now on, give every line that is reported in this process to a function as well."""
    _listeners.append(report)


def report_progress(module: Any, label: str, line: str) -> None:
    """Show how a wait goes. module: the AnsibleModule; label: what is waited for, which only the log needs."""
    module.log(f"{label}: {line}")
    for report in _listeners:
        report(line)
