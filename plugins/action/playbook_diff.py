# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a playbook of this collection in check mode, with this run's own inventory and options."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible import context
from ansible.plugins.action import ActionBase

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
CALLBACK = "quilt.mcp_server.differences"
SHOWN = 2000  # characters of what a run said that did not get as far as a task


class ActionModule(ActionBase):
    """See the documentation in plugins/modules/playbook_diff.py."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"playbook", "extra_vars"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what it would change, or fail with what it says."""
        super().run(tmp, task_vars)
        host = str((task_vars or {})["inventory_hostname"])
        playbook = PLAYBOOKS / str(self._task.args["playbook"])
        if not playbook.is_file():
            return {"failed": True, "msg": f"there is no {playbook.name} among the playbooks of this collection"}
        command = [sys.executable, "-m", "ansible", "playbook", str(playbook), "--check", "--diff", "--limit", host]
        command += _options(context.CLIARGS)
        command += ["--extra-vars", json.dumps(self._task.args.get("extra_vars") or {})]
        done = subprocess.run(
            command, env=_environment(), stdin=subprocess.DEVNULL, text=True, capture_output=True, check=False
        )
        lines = list(_lines(done.stdout))
        failures = [f"{line['task']}: {line['message']}" for line in lines if line["failed"]]
        if done.returncode and not failures:
            failures = [(done.stderr or done.stdout).strip()[-SHOWN:]]
        result = {
            "changed": False,
            "differences": [line for line in lines if line["changed"] and not line["failed"]],
            "warnings_given": list(dict.fromkeys(str(warning) for line in lines for warning in line["warnings"])),
        }
        if failures:
            asked = f"What {playbook.name} would change is not known. "
            return {**result, "failed": True, "msg": asked + "\n".join(failures)}
        return result


def _options(arguments: Mapping[str, Any]) -> Iterator[str]:
    """The options of this run that say where the values of the inventory come from."""
    for option, name in (
        ("--inventory", "inventory"),
        ("--extra-vars", "extra_vars"),
        ("--vault-id", "vault_ids"),
        ("--vault-password-file", "vault_password_files"),
    ):
        for value in arguments.get(name) or ():
            yield from (option, str(value))


def _environment() -> dict[str, str]:
    paths: Sequence[str] = C.config.get_config_value("COLLECTIONS_PATHS")
    return {
        **os.environ,
        "ANSIBLE_STDOUT_CALLBACK": CALLBACK,
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(map(str, paths)),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
    }


def _lines(output: str) -> Iterator[dict[str, Any]]:
    for line in output.splitlines():
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except ValueError:  # another line
                continue
