"""Tasks as local processes: the same life cycle, without containers."""

from __future__ import annotations

import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.process_engine import PID_FILE, kill_leftovers
from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import Stack, completed, context, lay, role, until

PROGRAM = """
import http.server, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: (print("asked to stop", flush=True), sys.exit(0)))
print("listening for", os.environ["GREETING"], flush=True)
server = http.server.HTTPServer((os.environ["QUILT_MCP_HOST"], int(os.environ["QUILT_MCP_PORT"])),
                                http.server.SimpleHTTPRequestHandler)
server.serve_forever()
"""
HEALTH = """
import os, sys, urllib.request
if os.path.exists(os.environ["FAILING"] + os.environ["QUILT_MCP_PORT"]): sys.exit(1)
urllib.request.urlopen("http://127.0.0.1:" + os.environ["QUILT_MCP_PORT"])
"""


@pytest.fixture
def stack(empty: ControlPlane, client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stack:
    monkeypatch.setenv("SANDBOX_SPEED", "50")
    monkeypatch.setenv("SANDBOX_SERVER_PYTHON", sys.executable)
    monkeypatch.setenv("NOT_FOR_TASKS", "secret of this machine")
    (tmp_path / "sandbox_test_program.py").write_text(PROGRAM)
    (tmp_path / "sandbox_test_health.py").write_text(HEALTH)
    stack = lay(client)
    client("logs").create_log_group(logGroupName="/ecs/app")
    options = {"awslogs-group": "/ecs/app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"}
    environment = {"GREETING": "you", "PYTHONPATH": str(tmp_path), "FAILING": str(tmp_path / "failing")}
    stack.register(
        executionRoleArn=role(client),
        container={
            "image": "process:sandbox_test_program:1",
            "environment": [{"name": name, "value": value} for name, value in environment.items()],
            "logConfiguration": {"logDriver": "awslogs", "options": options},
            "healthCheck": {
                "command": ["CMD", "python3", "-m", "sandbox_test_health"],
                "interval": 30,
                "retries": 2,
                "startPeriod": 20,
            },
        },
    )
    return stack


@pytest.fixture
def fargate(empty: ControlPlane, stack: Stack, tmp_path: Path) -> Iterator[FargateLauncher]:
    launcher = FargateLauncher(context(empty, tmp_path, "process"))
    launcher.start()
    yield launcher
    pids = launcher.describe()["pids"].values()
    launcher.stop()
    assert not any(alive(pid) for pid in pids), "stop() leaves nothing behind"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_lives_and_ends_as_a_task(stack: Stack, fargate: FargateLauncher, client: Any) -> None:
    stack.create()
    until(lambda: completed(stack), 30)
    (task,) = fargate.tasks()
    assert task["health"] == "HEALTHY"
    (pid,) = fargate.describe()["pids"].values()
    assert b"NOT_FOR_TASKS" not in Path(f"/proc/{pid}/environ").read_bytes()
    with urllib.request.urlopen(f"http://{task['published'][8000]}/", timeout=5) as answer:
        assert answer.status == 200

    stack.update(desiredCount=0)
    (stopped,) = until(lambda: [t for t in stack.tasks("STOPPED") if t["lastStatus"] == "STOPPED"], 20)
    assert stopped["containers"][0]["exitCode"] == 0
    stream = f"app/app/{task['task']}"
    events = client("logs").get_log_events(logGroupName="/ecs/app", logStreamName=stream)["events"]
    messages = [event["message"] for event in events]
    assert (messages[0], messages[-1]) == ("listening for you", "asked to stop")
    assert not alive(pid)


def test_a_failing_health_check_and_a_kill_are_replaced(stack: Stack, fargate: FargateLauncher, tmp_path: Path) -> None:
    stack.create()
    until(lambda: completed(stack), 30)
    first = fargate.tasks()[0]["task"]
    (tmp_path / ("failing" + fargate.tasks()[0]["published"][8000].rpartition(":")[2])).touch()
    (stopped,) = until(lambda: [t for t in stack.tasks("STOPPED") if t["lastStatus"] == "STOPPED"], 30)
    assert stopped["taskArn"].endswith(first)
    assert stopped["stoppedReason"] == "Task failed container health checks"

    second = until(lambda: [t for t in fargate.tasks() if t["health"] == "HEALTHY"], 20)[0]["task"]
    fargate.kill_task(second)
    killed = until(lambda: [t for t in stack.tasks("STOPPED") if t["taskArn"].endswith(second)], 20)[0]
    until(lambda: [t for t in fargate.tasks() if t["health"] == "HEALTHY" and t["task"] != second], 20)
    assert killed["stoppedReason"] == "Essential container in task exited"


@pytest.mark.parametrize(
    ("image", "python", "text"),
    [
        ("127.0.0.1:9/server:1", sys.executable, "has no Docker engine"),
        ("process:sandbox_test_program:1", "/nowhere/python", "set SANDBOX_SERVER_PYTHON"),
    ],
)
def test_what_cannot_run_says_why(
    stack: Stack, fargate: FargateLauncher, monkeypatch: pytest.MonkeyPatch, image: str, python: str, text: str
) -> None:
    monkeypatch.setenv("SANDBOX_SERVER_PYTHON", python)
    stack.create(taskDefinition=stack.register(container={"image": image}))
    reason = until(lambda: stack.tasks("STOPPED"))[0]["stoppedReason"]
    assert reason.startswith("CannotPullContainerError: ")
    assert text in reason


def test_processes_of_a_killed_sandbox_are_found_again(stack: Stack, fargate: FargateLauncher, tmp_path: Path) -> None:
    stack.create()
    until(lambda: completed(stack), 30)
    (pid,) = fargate.describe()["pids"].values()
    own = os.getpid()
    with (tmp_path / PID_FILE).open("a") as pids:
        pids.write(f"{own}\n")
    assert kill_leftovers(tmp_path) == [pid], "a process that is no task is left alone"
    assert kill_leftovers(tmp_path) == []
