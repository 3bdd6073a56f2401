# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Direct execution: run AWS modules without a new Python for each task.

Most of an AWS task's second is an interpreter that starts, unpacks ansible.module_utils and imports boto3. The worker
that ansible-core has forked anyway holds all of it, and runs the module itself. Where it has more to run than that (a
loop, retries) it forks for each, as a module needs a process of its own with its own globals. ansible-core makes the
arguments and reads the result as always. Only what lies between is replaced: nothing is packed.

Any collection can use it. A file `action_plugins/normal.py` next to its playbooks replaces ansible-core's action of
that name, which runs every module that has no action of its own. It needs one line:

    from ansible_collections.quilt.mcp_server.plugins.plugin_utils.direct import ActionModule

Only where it is the same thing (see `_is_direct`); everything else goes ansible-core's own way, and so does everything
with QUILT_DIRECT=0 in the environment. It needs private parts of ansible-core (PRIVATE), so it is tried once in a run
with a module that only answers, by the very same code. When that fails, for whatever reason, all tasks go the ordinary
way, and one line says so. Call `is_available()` before the first fork, as preload.py does, and all workers know.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import selectors
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import IO, Any

from ansible import constants as C
from ansible.plugins import action
from ansible.release import __version__
from ansible.utils.display import Display
from ansible_collections.quilt.mcp_server.plugins.plugin_utils import connection

COLLECTIONS = ("amazon.aws", "community.aws", "quilt.mcp_server")
TRIAL = "ansible_collections.quilt.mcp_server.plugins.plugin_utils.direct_trial"
# The serialization of every new-style Python module that asks for no other (ansible.executor.module_common).
PROFILE = "legacy"
# What ansible-core takes for the packed module. A core that started it after all would fail, and say why.
PAYLOAD = b"raise SystemExit('direct execution: this text stands for a module and is not to be run')"
LONGEST_TRIAL = 20  # seconds; it takes hundredths

# What is used here and is private to ansible-core, so that any release of it may take it away or change it.
PRIVATE = {
    "ansible.plugins.action:ActionBase._configure_module": "overridden: it packs the module",
    "ansible.plugins.action:ActionBase._low_level_execute_command": "overridden: it starts the packed module's Python",
    "ansible.executor.module_common:_BuiltModule": "what the first returns",
    "ansible.module_utils._internal:is_controller": "false in a module's process, which returns its warnings",
    "ansible.module_utils._internal._ansiballz._loader:run_module": "runs a module as a packed one runs itself",
}

display = Display()


def private(name: str) -> Any:
    """One of PRIVATE. Raises ImportError or AttributeError where ansible-core has it no more."""
    module, _colon, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def _of_core() -> type[Any]:
    """ansible-core's own class.

    Read from its file, as a plugin of the collection may be loaded under its import name.
    """
    module = ModuleType("ansible_core_normal")
    SourceFileLoader(module.__name__, str(Path(action.__file__).with_name("normal.py"))).exec_module(module)
    core: type[Any] = module.ActionModule
    return core


class ActionModule(_of_core()):  # type: ignore[misc]
    """`ansible.legacy.normal`, with a shorter way for AWS modules on this machine, and with their connection alone."""

    _module = ""
    """The importable name of the module that is run directly."""
    _payload = b""
    """Its arguments, serialized."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task's module and return its result."""
        module = _python_module(self._task.resolved_action or "")
        if not module:
            ordinary: dict[str, Any] = super().run(tmp, task_vars)
            return ordinary
        folder = connection.session_folder() if self._connection.transport == "local" else ""
        self._task.args = connection.complete(self._task.args, folder)
        if self._is_direct(task_vars or {}) and is_available():
            self.run_directly(module)
        with connection.environment(self._task.args):
            result: dict[str, Any] = super().run(tmp, task_vars)
        return result

    def run_directly(self, module: str) -> None:
        """From now on, let a fork of this process run the module, which has this importable name."""
        self._module = module
        self._connection.set_option("pipelining", True)  # nothing is copied, so no folder is made for it

    def _configure_module(self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> Any:
        if not self._module:
            return super()._configure_module(module_name, module_args, task_vars)
        from ansible.module_utils.common.json import Direction, get_module_encoder

        encoder = get_module_encoder(PROFILE, Direction.CONTROLLER_TO_MODULE)
        self._payload = json.dumps({"ANSIBLE_MODULE_ARGS": module_args}, cls=encoder).encode()
        self._host = task_vars.get("inventory_hostname", "")
        built = private("ansible.executor.module_common:_BuiltModule")
        shebang = f"#!{sys.executable}"
        packed = {"b_module_data": PAYLOAD, "module_style": "new", "shebang": shebang, "serialization_profile": PROFILE}
        return built(**packed), ""

    def _low_level_execute_command(self, *args: Any, **options: Any) -> Any:
        if not self._module or PAYLOAD not in (options.get("in_data"), *args):
            return super()._low_level_execute_command(*args, **options)
        alone = self._is_alone()
        display.vvv(f"Running {self._module} directly, in {'this worker' if alone else 'a fork of this worker'}")
        run = _in_worker if alone else _in_child
        stdout, stderr, status = run(self._module, self._payload, partial(self._report, self._host))
        return {
            "rc": status,
            "stdout": stdout,
            "stdout_lines": stdout.splitlines(),
            "stderr": stderr,
            "stderr_lines": stderr.splitlines(),
        }

    def _report(self, host: str, line: str) -> None:
        """Show how a wait goes. On the other stream, as the first may be a callback's JSON."""
        if not self._task.no_log:
            display.display(f"waiting: [{host}] {line}", color=C.COLOR_VERBOSE, stderr=True)

    def _is_alone(self) -> bool:
        """Whether the worker runs this module once and nothing else, so that it may be the module's process itself."""
        task = self._task
        again = task.loop is not None or task.until or task.retries is not None
        # A worker is interrupted when the time is up, wherever it is.
        return bool(multiprocessing.parent_process()) and not again and not task.timeout

    def _is_direct(self, task_vars: dict[str, Any]) -> bool:
        """Whether a fork of this process is what the ordinary way would start."""
        interpreter = self._templar.template(task_vars.get("ansible_python_interpreter", ""))
        return (
            os.environ.get("QUILT_DIRECT", "1") != "0"
            and self._connection.transport == "local"
            and not self._task.async_val
            and not self._play_context.become
            and not any(self._task.environment or [])
            and not C.DEFAULT_KEEP_REMOTE_FILES
            and interpreter == sys.executable
        )


class Trial(ActionModule):
    """An action that runs the trial module, and keeps what it reports."""

    def __init__(self, warns: bool = True) -> None:
        from ansible.parsing.dataloader import DataLoader
        from ansible.playbook.play_context import PlayContext
        from ansible.playbook.task import Task
        from ansible.plugins.loader import connection_loader
        from ansible.template import Templar

        task, loader, play_context = Task(), DataLoader(), PlayContext()
        task.action, task.args = "trial", {"text": "as sent", "secret": "kept secret", "warns": warns}
        connection = connection_loader.get("local", play_context)
        super().__init__(task, connection, play_context, loader, Templar(loader=loader), None)
        self.reported: list[str] = []
        self.warns = warns

    def _report(self, host: str, line: str) -> None:
        self.reported.append(line)

    def _is_alone(self) -> bool:
        return False

    def result(self) -> dict[str, Any]:
        """What a task would get of the trial module."""
        self.run_directly(TRIAL)
        result: dict[str, Any] = self._execute_module(task_vars={"inventory_hostname": "trial"})
        return result


@cache
def is_available() -> bool:
    """Whether the direct way works with this ansible-core. The first to ask in a run tries it, and says when not."""
    if os.environ.get("QUILT_DIRECT", "1") == "0":
        return False
    known = Path(C.DEFAULT_LOCAL_TMP) / "quilt_direct"  # for the workers, where their parent has not asked
    with suppress(OSError):
        return not known.read_text(encoding="utf-8")
    wrong = _try()
    with suppress(OSError):
        known.write_text(wrong, encoding="utf-8")
    if wrong:
        text = (
            f"AWS modules run the slower, ordinary way, as ansible-core {__version__} failed direct execution: {wrong}"
        )
        display.display(text, color=C.COLOR_WARN, stderr=True)
    return not wrong


def _try() -> str:
    """Why the direct way does not work; nothing when it does."""
    try:
        for name in PRIVATE:
            private(name)
        # A worker keeps the warnings of what it runs for the result of its task.
        trial = Trial(warns=not multiprocessing.parent_process())
        wrong = _difference(trial.result(), trial.reported, trial.warns)
    except Exception as error:  # whatever it is: the ordinary way is always there
        wrong = f"{type(error).__name__}: {error}"
    return " ".join(wrong.split())


def _difference(result: dict[str, Any], reported: list[str], warns: bool = True) -> str:
    """What of the trial's result is not as it should be; nothing when all is."""
    wanted = {
        "changed": True,
        "diff": {"before": "", "after": "as sent"},
        "secret": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER",
        "text": "as sent",
    }
    if result.get("failed"):
        return f"the trial module failed: {result.get('msg', 'it said nothing')}"
    found = {name: result.get(name) for name in wanted}
    if found != wanted:
        return "a result came back as another: " + ", ".join(name for name in wanted if found[name] != wanted[name])
    if "kept secret" in str(result):
        return "a secret was not masked"
    summaries = f"{result.get('warnings')} {result.get('deprecations')}"
    if warns and not ("a warning" in summaries and "a deprecation" in summaries):
        return "warnings did not come back with the result"
    return "" if reported == ["a line"] else "what a module reports while it runs did not come"


def _python_module(action: str) -> str | None:
    """The importable name of a module of COLLECTIONS, or None."""
    collection, _dot, name = action.rpartition(".")
    return f"ansible_collections.{collection}.plugins.modules.{name}" if collection in COLLECTIONS else None


def _in_worker(module: str, payload: bytes, report: Callable[[str], None]) -> tuple[str, str, int]:
    """Run the module in this process, which is a worker that has nothing else to run; return as _in_child does."""
    internal: Any = importlib.import_module("ansible.module_utils._internal")
    before = sys.stdin, sys.stdout, sys.stderr, internal.is_controller
    kept = os.dup(1), os.dup(2)
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            status = _run(module, payload, report)
        finally:
            sys.stdin, sys.stdout, sys.stderr, internal.is_controller = before
            for descriptor, original in enumerate(kept, 1):
                os.dup2(original, descriptor)
                os.close(original)
        return _text(out), _text(err), status


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _in_child(module: str, payload: bytes, report: Callable[[str], None]) -> tuple[str, str, int]:
    """Run the module in a fork; return what it printed on both streams and its exit status.

    report: gets each line that the module reports while it runs.
    """
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    report_read, report_write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        os.dup2(out_write, 1)
        os.dup2(err_write, 2)
        for descriptor in (out_read, out_write, err_read, err_write, report_read):
            os.close(descriptor)
        os._exit(_run(module, payload, lambda line: _write(report_write, line)))
    for descriptor in (out_write, err_write, report_write):
        os.close(descriptor)
    printed: dict[int, bytes] = {}
    # Something that another thread of the parent held at the fork is held in its child forever.
    deadline = monotonic() + LONGEST_TRIAL if module == TRIAL else None
    for descriptor, chunk in _chunks(pid, deadline, out_read, err_read, report_read):
        printed[descriptor] = printed.get(descriptor, b"") + chunk
        if descriptor == report_read:
            *lines, printed[descriptor] = printed[descriptor].split(b"\n")
            for line in lines:
                report(line.decode(errors="replace"))
    _pid, status = os.waitpid(pid, 0)
    stdout, stderr = (printed.get(descriptor, b"").decode(errors="replace") for descriptor in (out_read, err_read))
    return stdout, stderr, os.waitstatus_to_exitcode(status)


def _chunks(pid: int, deadline: float | None, *descriptors: int) -> Iterator[tuple[int, bytes]]:
    """What comes out of the descriptors until all have ended, whichever speaks first; closes them.

    The process that writes to them is killed at the deadline.
    """
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(None if deadline is None else max(deadline - monotonic(), 0))
            if not ready:
                os.kill(pid, signal.SIGKILL)
                deadline = None
            for key, _events in ready:
                chunk = os.read(key.fd, 65536)
                if chunk:
                    yield key.fd, chunk
                else:
                    selector.unregister(key.fd)
                    os.close(key.fd)


def _write(descriptor: int, line: str) -> None:
    with suppress(OSError):  # the reader has closed the pipe, and the work continues
        os.write(descriptor, f"{line}\n".encode())


def _run(module: str, payload: bytes, report: Callable[[str], None]) -> int:
    """Be the module's process until its end, and return its exit status. report: gets what it reports while it runs."""
    status = 1
    try:
        # The worker's own streams are wrapped for its display; a module prints to plain ones.
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the process
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the process
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - lives as long as the process
        importlib.import_module("ansible.module_utils._internal").is_controller = False  # type: ignore[attr-defined]
        from ansible_collections.quilt.mcp_server.plugins.module_utils._core.progress import add_listener

        add_listener(report)
        sys.modules.pop(module, None)  # what is imported already is run with a warning
        private("ansible.module_utils._internal._ansiballz._loader:run_module")(
            json_params=payload, profile=PROFILE, module_fqn=module, modlib_path="", extensions={}
        )
    except SystemExit as exit_:
        status = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return status
