# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run AWS modules without a new Python for each task.

ansible-core gives every module without an action plugin to `ansible.legacy.normal`, which a file of this name beside a
playbook overrides. Most of an AWS task's second is an interpreter that starts, unpacks ansible.module_utils and
imports boto3; the worker that ansible-core has forked anyway holds all of it already. So the worker forks once more
and the child runs the module's own `main()`: a process of its own with its own globals, whose printed result takes
ansible-core's ordinary way back.

Only where it is the same thing: see `_is_direct`. Anything else, everything with QUILT_DIRECT=0 in the environment, and
everything with an ansible-core that lacks one of the private parts that this needs, goes ansible-core's own way.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from ansible import constants as C
from ansible.plugins import action
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.vars import merge_hash

try:
    from ansible.module_utils import _internal, basic
    from ansible.module_utils.common.json import Direction, get_module_encoder
except ImportError:
    _internal = basic = None

COLLECTIONS = ("amazon.aws", "community.aws", "quilt.mcp_server")
# The serialization of every new-style Python module that asks for no other (ansible.executor.module_common).
PROFILE = "legacy"
PROGRESS = "ansible_collections.quilt.mcp_server.plugins.module_utils._core.progress"

# What is used here and is private to ansible-core, so that any release of it may take it away.
PRIVATE = (
    (_internal, "is_controller"),
    (basic, "_ANSIBLE_ARGS"),
    (basic, "_ANSIBLE_PROFILE"),
    (ActionBase, "_parse_returned_data"),
    (ActionBase, "_update_module_args"),
)
CORE_HAS_ALL = all(hasattr(owner, name) for owner, name in PRIVATE)

display = Display()


def _of_core() -> type[ActionBase]:
    """ansible-core's own class. Read from its file, as this file is loaded under its import name."""
    module = ModuleType("ansible_core_normal")
    SourceFileLoader(module.__name__, str(Path(action.__file__).with_name("normal.py"))).exec_module(module)
    return module.ActionModule  # type: ignore[no-any-return]


class ActionModule(_of_core()):  # type: ignore[misc]
    """`ansible.legacy.normal`, with a shorter way for AWS modules on this machine."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task's module and return its result."""
        module = _python_module(self._task.resolved_action or "")
        if not module or not self._is_direct(task_vars or {}):
            return super().run(tmp, task_vars)  # type: ignore[no-any-return]
        result = ActionBase.run(self, tmp, task_vars)
        return merge_hash(result, self._execute_directly(module, task_vars or {}))  # type: ignore[no-any-return]

    def _execute_directly(self, module: str, task_vars: dict[str, Any]) -> dict[str, object]:
        arguments = self._task.args
        self._update_module_args(self._task.action, arguments, task_vars)
        display.vvv(f"Running {module} in a fork of this worker")
        encoder = get_module_encoder(PROFILE, Direction.CONTROLLER_TO_MODULE)
        payload = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, cls=encoder).encode()
        stdout, stderr, status = _in_child(module, payload, partial(self._tell, task_vars["inventory_hostname"]))
        result = self._parse_returned_data(
            {
                "rc": status,
                "stdout": stdout,
                "stdout_lines": stdout.splitlines(),
                "stderr": stderr,
                "stderr_lines": stderr.splitlines(),
            },
            PROFILE,
        )
        result.remove_internal_keys()
        return result.as_result_dict(for_round_trip=True)  # type: ignore[no-any-return]

    def _tell(self, host: str, line: str) -> None:
        """Show how a wait goes. On the other stream, as the first may be a callback's JSON."""
        if not self._task.no_log:
            display.display(f"waiting: [{host}] {line}", color=C.COLOR_VERBOSE, stderr=True)

    def _is_direct(self, task_vars: dict[str, Any]) -> bool:
        """Whether a fork of this process is what the ordinary way would start."""
        interpreter = self._templar.template(task_vars.get("ansible_python_interpreter", ""))
        return (
            CORE_HAS_ALL
            and os.environ.get("QUILT_DIRECT", "1") != "0"
            and self._connection.transport == "local"
            and not self._task.async_val
            and not self._play_context.become
            and not any(self._task.environment or [])
            and interpreter == sys.executable
        )


def _python_module(action: str) -> str | None:
    """The importable name of a module of our collections, or None."""
    collection, _dot, name = action.rpartition(".")
    return f"ansible_collections.{collection}.plugins.modules.{name}" if collection in COLLECTIONS else None


def _in_child(module: str, payload: bytes, tell: Callable[[str], None]) -> tuple[str, str, int]:
    """Run the module's main() in a fork; return what it printed on both streams and its exit status.

    tell: gets each line that the module tells while it runs.
    """
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    told_read, told_write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        os.dup2(out_write, 1)
        os.dup2(err_write, 2)
        for descriptor in (out_read, out_write, err_read, err_write, told_read):
            os.close(descriptor)
        _run(module, payload, told_write)
    for descriptor in (out_write, err_write, told_write):
        os.close(descriptor)
    printed: dict[int, bytes] = {}
    for descriptor, chunk in _chunks(out_read, err_read, told_read):
        printed[descriptor] = printed.get(descriptor, b"") + chunk
        if descriptor == told_read:
            *lines, printed[descriptor] = printed[descriptor].split(b"\n")
            for line in lines:
                tell(line.decode(errors="replace"))
    _pid, status = os.waitpid(pid, 0)
    stdout, stderr = (printed.get(descriptor, b"").decode(errors="replace") for descriptor in (out_read, err_read))
    return stdout, stderr, os.waitstatus_to_exitcode(status)


def _chunks(*descriptors: int) -> Iterator[tuple[int, bytes]]:
    """What comes out of the descriptors until all have ended, whichever speaks first; closes them."""
    import selectors

    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            for key, _events in selector.select():
                chunk = os.read(key.fd, 65536)
                if chunk:
                    yield key.fd, chunk
                else:
                    selector.unregister(key.fd)
                    os.close(key.fd)


def _run(module: str, payload: bytes, told: int) -> NoReturn:
    """Be the module's process; never return into Ansible's own code. told: the descriptor for what it tells."""
    status = 1
    try:
        # The worker's own streams are wrapped for its display; a module prints to plain ones.
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the process
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the process
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - lives as long as the process
        # Warnings and results are then the module's to return, not the controller's to display.
        _internal.is_controller = False
        basic._ANSIBLE_ARGS = payload
        basic._ANSIBLE_PROFILE = PROFILE
        importlib.import_module(PROGRESS).add_stream(told)
        importlib.import_module(module).main()
    except SystemExit as exit_:
        status = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
