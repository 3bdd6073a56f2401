# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print a report."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

display = Display()


class ActionModule(ActionBase):
    """See the documentation in plugins/modules/print_report.py."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"text", "warning"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Print the text as it is, between the task's title and its result, or as a warning."""
        super().run(tmp, task_vars)
        text = str(self._task.args["text"])
        if boolean(self._task.args.get("warning", False)):
            display.warning(text.rstrip())
        else:
            display.display(f"\n{text.rstrip()}\n")
        return {"changed": False, "text": text}
