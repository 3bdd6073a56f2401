"""The server as a process, and what it writes."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Running, environment, free_port

SOURCE = Path(__file__).parents[1] / "src"


SERVER = ("-m", "quilt_mcp_server")


Start = Callable[..., tuple[subprocess.Popen[str], Running]]


def run_environment(**changes: str) -> dict[str, str]:
    ambient = {"AWS_ACCESS_KEY_ID": "ambient", "AWS_SECRET_ACCESS_KEY": "ambient"}
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE)} | ambient | environment(**changes)


@pytest.fixture
def start(s3: Any) -> Iterator[Start]:
    processes: list[subprocess.Popen[str]] = []

    def go(command: tuple[str, ...] = SERVER, **changes: str) -> tuple[subprocess.Popen[str], Running]:
        port = free_port()
        env = run_environment(QUILT_MCP_HOST="127.0.0.1", QUILT_MCP_PORT=str(port), **changes)
        process = subprocess.Popen(
            [sys.executable, *command],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        processes.append(process)
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return process, Running(port)
            time.sleep(0.05)
        raise AssertionError(process.stdout.read() if process.stdout else "")

    yield go
    for process in processes:
        process.kill()
        process.wait()


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def refuses_connections(port: int) -> bool:
    """Whether nobody listens any more, at the latest in ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return True
        time.sleep(0.05)
    return False
