# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Several alarms that are deleted: looked for together, as most often none of them is there."""

from __future__ import annotations

from typing import Any

from .._core.clients import Clients
from .._core.reconciler import execute
from .._core.shapes import Document
from .alarm import Alarm
from .client import existing


class OneOfSeveral:
    """The module as one of its alarms sees it."""

    def __init__(self, module: Any, name: str) -> None:
        self.client, self.warn, self.check_mode = module.client, module.warn, module.check_mode
        self.params = {**module.params, "alarm_name": name}


def delete_several(module: Any) -> Document:
    """Delete those of the alarms that there are, one after the other. Returns the result."""
    names = module.params["alarm_names"]
    found = existing(Clients(module)("cloudwatch"), names) if names else []
    results = {name: execute(Alarm(OneOfSeveral(module, name))) for name in found}
    return {
        "changed": any(result["changed"] for result in results.values()),
        "diff": {
            moment: {name: result["diff"][moment] for name, result in results.items()} for moment in ("before", "after")
        },
        "alarm": {},
    }
