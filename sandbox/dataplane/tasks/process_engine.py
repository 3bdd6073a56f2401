"""Tasks as local processes, where there is no Docker engine: only images of the form process:<python module>:<tag>.

It keeps a task's environment, secrets, stop, logs and health checks. It has no limits, no user, no file system of its
own: `python -m sandbox status` says so.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from sandbox.dataplane.context import Context
from sandbox.dataplane.leftovers import command_line
from sandbox.dataplane.tasks.engine import (
    CannotStart,
    ContainerSpec,
    ContainerState,
    Health,
    HealthCheck,
    TaskSpec,
    Write,
)
from sandbox.network import Address, free_port
from sandbox.pace import wait_of

_IMAGE = re.compile(r"process:([A-Za-z_][\w.]*):(.+)")
_SERVER = Path(__file__).parents[3] / "server"
PID_FILE = "task-processes"
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


def server_python() -> Path:
    """The interpreter that has the server's dependencies: SANDBOX_SERVER_PYTHON or server/.venv."""
    named = os.environ.get("SANDBOX_SERVER_PYTHON")
    return Path(named) if named else _SERVER / ".venv" / "bin" / "python"


def kill_leftovers(home: Path) -> list[int]:
    """Kill the processes of a sandbox that was killed itself; their ids. A process id that was reused is left alone."""
    pid_file, killed = home / PID_FILE, []
    for text in pid_file.read_text().split() if pid_file.exists() else ():
        if command_line(int(text)).startswith(f"{server_python()} -m "):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(text), signal.SIGKILL)
                killed.append(int(text))
    pid_file.unlink(missing_ok=True)
    return killed


class ProcessEngine:
    """Runs `<server python> -m <module>` for every container."""

    def __init__(self, context: Context) -> None:
        self.endpoint = context.endpoint_url
        self._pid_file = context.home / PID_FILE
        self._running: list[ProcessTask] = []
        kill_leftovers(context.home)  # of a sandbox of this folder that was killed

    def pull(self, image: str, platform: str) -> str | None:
        if not _IMAGE.fullmatch(image):
            raise CannotStart(
                f"CannotPullContainerError: {image} is a container image, and this sandbox has no Docker engine; "
                "it runs images of the form process:<python module>:<tag>"
            )
        python = server_python()
        if not os.access(python, os.X_OK):
            raise CannotStart(
                f"CannotPullContainerError: no interpreter at {python}; make the server's environment "
                "or set SANDBOX_SERVER_PYTHON"
            )
        return None

    def start(self, task: TaskSpec, output: Mapping[str, Write]) -> ProcessTask:
        running = ProcessTask(task, output)
        self._running.append(running)
        with self._pid_file.open("a") as pids:
            pids.writelines(f"{pid}\n" for pid in running.pids().values())
        return running

    def close(self) -> None:
        for task in self._running:
            task.remove()
        self._pid_file.unlink(missing_ok=True)


class ProcessTask:
    """The processes of one task."""

    def __init__(self, task: TaskSpec, output: Mapping[str, Write]) -> None:
        self._ports = {port: free_port() for container in task.containers for port in container.ports}
        self._containers = [_Process(container, self._ports, output[container.name]) for container in task.containers]

    def address(self, port: int) -> Address | None:
        return ("127.0.0.1", self._ports[port]) if port in self._ports else None

    def states(self) -> dict[str, ContainerState]:
        return {one.spec.name: one.state() for one in self._containers}

    def stop(self) -> None:
        for one in self._containers:
            one.signal(kill=False)
        for one in self._containers:
            one.wait(one.spec.stop_timeout)

    def kill(self) -> None:
        for one in self._containers:
            one.signal(kill=True)

    def remove(self) -> None:
        for one in self._containers:
            one.wait(0)

    def pids(self) -> dict[str, int]:
        return {one.spec.name: one.pid for one in self._containers if one.state().exit_code is None}


class _Process:
    """One container as a process group of its own, with its output and its health check."""

    def __init__(self, spec: ContainerSpec, ports: Mapping[int, int], write: Write) -> None:
        self.spec = spec
        match = _IMAGE.fullmatch(spec.image)
        assert match is not None, "pull() lets no other image through"
        self._environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        # The interpreter has the server's dependencies; the server itself is the source of this checkout.
        self._environment |= {"PYTHONPATH": str(_SERVER / "src"), "PYTHONUNBUFFERED": "1"}
        self._environment |= {"PYTHONDONTWRITEBYTECODE": "1", **spec.environment}
        self._environment["QUILT_MCP_HOST"] = "127.0.0.1"
        if spec.ports:
            self._environment["QUILT_MCP_PORT"] = str(ports[spec.ports[0]])
        self._popen = subprocess.Popen(
            [str(server_python()), "-m", match[1]],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._health: Health = "UNKNOWN"
        self._reader = threading.Thread(target=self._read, args=(write,), daemon=True)
        self._reader.start()
        if spec.health_check is not None:
            threading.Thread(target=self._check, args=(spec.health_check,), daemon=True).start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    def state(self) -> ContainerState:
        code = self._popen.poll()
        # A shell and Docker answer 128 + n for a process that a signal ended.
        return ContainerState(128 - code if code is not None and code < 0 else code, self._health)

    def signal(self, kill: bool) -> None:
        with contextlib.suppress(ProcessLookupError):
            if kill:
                self._popen.kill()
            else:
                self._popen.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for the end, then send SIGKILL."""
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._reader.join(timeout=5)

    def _read(self, write: Write) -> None:
        assert self._popen.stdout is not None
        with self._popen.stdout as lines:
            for line in lines:
                write(line.rstrip("\r\n"))

    def _check(self, check: HealthCheck) -> None:
        """Docker's rules: failures do not count in the start period; `retries` in a row make it unhealthy."""
        started, failures = time.monotonic(), 0
        while self._popen.poll() is None:
            time.sleep(wait_of(check.interval))
            if self._passes(check):
                self._health, failures = "HEALTHY", 0
            elif self._health == "HEALTHY" or time.monotonic() - started >= check.start_period:
                failures += 1
                if failures >= check.retries:
                    self._health = "UNHEALTHY"

    def _passes(self, check: HealthCheck) -> bool:
        kind, *arguments = check.command
        if kind == "CMD-SHELL":
            arguments = ["/bin/sh", "-c", *arguments]
        if arguments[0] in ("python", "python3"):
            arguments[0] = str(server_python())
        try:
            finished = subprocess.run(
                arguments,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=check.timeout,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return finished.returncode == 0
