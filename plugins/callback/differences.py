# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print one line of JSON for each change, failure and warning; nothing else."""

from __future__ import annotations

DOCUMENTATION = r"""
name: differences
type: stdout
version_added: 1.0.0
short_description: One line of JSON for each change, failure and warning
description:
  - For programs that run a playbook in check mode and want to know what it would change.
    M(quilt.mcp_server.playbook_diff) is such a one.
author:
  - Quilt Data (@quiltdata)
requirements:
  - Set as C(stdout_callback).
"""

import json
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """The results that matter, in the order in which they come."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "quilt.mcp_server.differences"

    def v2_runner_on_ok(self, result: Any) -> None:
        if "results" not in result.result or not result.task.loop:  # a loop's items have come one by one
            self._say(result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._say(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            self._say(result, failed=True)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._say(result, failed=True)

    def _say(self, result: Any, failed: bool = False) -> None:
        found = result.result
        if not (failed or found.get("changed") or found.get("warnings")):
            return
        line = {
            "host": result.host.get_name(),
            "task": result.task.get_name().rpartition(" : ")[2],
            "module": result.task.resolved_action or result.task.action,
            "item": found.get("_ansible_item_label", ""),
            "changed": bool(found.get("changed")),
            "failed": failed,
            "message": found.get("msg", "") if failed else "",
            "diff": found.get("diff") or {},
            "warnings": found.get("warnings", []),
        }
        self._display.display(json.dumps(line, default=str))
