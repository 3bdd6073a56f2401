"""CPU and wall time of a command with all its children."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class Failed(SystemExit):
    """A command of a contender failed: nothing is worth measuring then."""


@dataclass(frozen=True)
class Usage:
    """Seconds that a command took. `cpu` is user and system time with children that it has waited for."""

    wall: float
    cpu: float


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path) -> Usage:
    """Run a command, its output in `log`; ends the program when the command fails."""
    with log.open("wb") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            _pid, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = log.read_text(errors="replace")[-3000:]
        raise Failed(f"{tail}\n{' '.join(command)} failed with {process.returncode}")
    return Usage(wall, usage.ru_utime + usage.ru_stime)


def environment(**more: str) -> dict[str, str]:
    """The variables of a contender: where programs are, and nothing that the machine has set for AWS or Ansible."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "NO_PROXY": "*", "no_proxy": "*", **more}
