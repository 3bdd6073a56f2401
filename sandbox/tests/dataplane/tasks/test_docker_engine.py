"""Tasks as real containers. Skipped without a Docker engine or a base image."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import DockerException

from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.emulator.control_plane import ControlPlane
from sandbox.network import UnixForwarder
from sandbox.testing.ecs_stack import Stack, completed, context, lay, role, until

BASE = "python:3.13-slim-trixie"
IMAGE = "quilt-sandbox-test:1"

# Answers /healthz, and anything else with what the program sees of its environment. Ends with 7 at SIGTERM.
APP = r"""
import http.server, json, os, signal, sys, urllib.request

def see():
    found = {"uid": os.getuid(), "secret": os.environ.get("SECRET")}
    for path in ("/probe", "/data/probe", "/tmp/probe"):
        try:
            open(path, "w").close(); found[path] = "written"
        except OSError as error:
            found[path] = type(error).__name__
    with urllib.request.urlopen(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]) as answer:
        found["role"] = json.load(answer)["RoleArn"]
    return found

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"ok" if self.path == "/healthz" else json.dumps(see()).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *ignored): pass

def end(*ignored):
    print("asked to stop", flush=True); sys.exit(7)
signal.signal(signal.SIGTERM, end)
print("listening", flush=True)
http.server.HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""


def engine_problem() -> str | None:
    try:
        with contextlib.closing(docker.from_env(timeout=5)) as client:
            client.images.get(BASE)
    except (DockerException, OSError) as error:
        return f"needs a Docker engine with the image {BASE}: {str(error).splitlines()[0][:150]}"
    return None


PROBLEM = engine_problem()
pytestmark = [pytest.mark.docker, pytest.mark.skipif(PROBLEM is not None, reason=PROBLEM or "")]


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    with contextlib.closing(docker.from_env(timeout=120)) as client:
        folder = tempfile.mkdtemp()
        Path(folder, "app.py").write_text(APP)
        Path(folder, "Dockerfile").write_text(
            f"FROM {BASE}\nCOPY app.py /app.py\nVOLUME /tmp\n"
            'HEALTHCHECK CMD ["false"]\nENTRYPOINT ["python3", "/app.py"]\n'
        )
        client.images.build(path=folder, tag=IMAGE, rm=True)
        shutil.rmtree(folder)
        yield IMAGE
        client.images.remove(IMAGE, force=True)


@pytest.fixture
def stack(empty: ControlPlane, client: Any, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setenv("SANDBOX_SPEED", "50")
    return lay(client)


@pytest.fixture
def fargate(empty: ControlPlane, stack: Stack, tmp_path: Path) -> Iterator[FargateLauncher]:
    folder = tempfile.mkdtemp(prefix="q")
    forwarder = UnixForwarder(Path(folder) / "s", ("127.0.0.1", int(empty.url.rsplit(":", 1)[1])))
    forwarder.start()
    launcher = FargateLauncher(context(empty, tmp_path, "docker", home_id=Path(folder).name, aws_socket=forwarder.path))
    launcher.start()
    yield launcher
    launcher.stop()
    forwarder.stop()
    shutil.rmtree(folder)
    with contextlib.closing(docker.from_env(timeout=30)) as engine:
        label: dict[str, Any] = {"label": f"quilt.sandbox={Path(folder).name}"}
        assert engine.containers.list(all=True, filters=label) == [], "stop() leaves nothing behind"
        assert engine.volumes.list(filters=label) == []


@pytest.fixture
def roles(empty: ControlPlane, client: Any) -> dict[str, str]:
    return {field: role(client, field) for field in ("taskRoleArn", "executionRoleArn")}


def containers_of(task_id: str) -> dict[str, dict[str, Any]]:
    """What the engine says about a task's containers, by the last word of their names."""
    with contextlib.closing(docker.from_env(timeout=30)) as engine:
        found = engine.containers.list(filters={"label": f"quilt.task={task_id}"})
        return {str(container.name).rsplit("-", 1)[1]: container.attrs for container in found}


CHECK = {
    "command": [
        "CMD",
        "python3",
        "-c",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz')",
    ],
    "interval": 30,
    "timeout": 10,
    "startPeriod": 20,
}


def test_a_container_runs_as_its_definition_says(
    stack: Stack, fargate: FargateLauncher, image: str, roles: dict[str, str], client: Any
) -> None:
    client("logs").create_log_group(logGroupName="/ecs/app")
    arn = client("secretsmanager").create_secret(Name="s", SecretString="sesame")["ARN"]
    options = {"awslogs-group": "/ecs/app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"}
    stack.register(
        **roles,
        volumes=[{"name": "tmp"}, {"name": "data"}],
        container={
            "image": image,
            "user": "10001:10001",
            "readonlyRootFilesystem": True,
            "mountPoints": [{"sourceVolume": name, "containerPath": f"/{name}"} for name in ("tmp", "data")],
            "secrets": [{"name": "SECRET", "valueFrom": arn}],
            "logConfiguration": {"logDriver": "awslogs", "options": options},
            "healthCheck": CHECK,
            "stopTimeout": 10,
        },
    )
    stack.create()
    until(lambda: completed(stack), 60)

    (task,) = fargate.tasks()
    assert task["health"] == "HEALTHY"
    with urllib.request.urlopen(f"http://{task['published'][8000]}/look", timeout=10) as answer:
        seen = json.load(answer)
    assert seen == {
        "uid": 10001,
        "secret": "sesame",
        "/probe": "OSError",
        "/data/probe": "PermissionError",  # the image does not declare it, so the folder is root's
        "/tmp/probe": "written",
        "role": roles["taskRoleArn"],
    }
    limits = containers_of(task["task"])["app"]["HostConfig"]
    assert (limits["NanoCpus"], limits["Memory"], limits["MemorySwap"]) == (250_000_000, 512 << 20, 512 << 20)

    stack.update(desiredCount=0)
    (stopped,) = until(lambda: [t for t in stack.tasks("STOPPED") if t["lastStatus"] == "STOPPED"], 30)
    assert stopped["containers"][0]["exitCode"] == 7, "it got SIGTERM and could answer"
    stream = f"app/app/{task['task']}"
    events = client("logs").get_log_events(logGroupName="/ecs/app", logStreamName=stream)["events"]
    assert [event["message"] for event in events] == ["listening", "asked to stop"]
    assert fargate._context.addresses.used_ips() == set()


def test_the_socket_is_not_in_the_applications_container(stack: Stack, fargate: FargateLauncher, image: str) -> None:
    stack.register(container={"image": image})
    stack.create()
    until(lambda: completed(stack), 60)
    containers = containers_of(fargate.tasks()[0]["task"])
    assert set(containers) == {"pause", "app"}
    assert [mount for mount in containers["app"]["Mounts"] if mount["Type"] == "bind"] == []
    assert containers["app"]["HostConfig"]["CapAdd"] is None
    connect = "import socket; socket.create_connection(('127.0.0.1', 4566))"
    with contextlib.closing(docker.from_env()) as engine:
        code, _ = engine.containers.get(containers["app"]["Id"]).exec_run(["python3", "-c", connect])
    assert code == 0, "and yet AWS is on its own loopback"


def test_a_killed_container_and_an_unhealthy_one_are_replaced(
    stack: Stack, fargate: FargateLauncher, image: str
) -> None:
    stack.register(container={"image": image})
    stack.create()
    until(lambda: completed(stack), 60)
    first = fargate.tasks()[0]["task"]
    fargate.kill_task(first)
    (stopped,) = until(lambda: [t for t in stack.tasks("STOPPED") if t["lastStatus"] == "STOPPED"], 30)
    assert (stopped["stoppedReason"], stopped["containers"][0]["exitCode"]) == (
        "Essential container in task exited",
        137,
    )
    second = until(lambda: [t for t in fargate.tasks() if t["status"] == "RUNNING" and t["task"] != first], 30)[0]
    host, port = second["published"][8000].split(":")
    with socket.create_connection((host, int(port)), timeout=5):
        pass


def test_an_image_that_is_nowhere(stack: Stack, fargate: FargateLauncher, image: str) -> None:
    stack.register(container={"image": "127.0.0.1:9/nothing:1"})
    stack.create()
    stopped = until(lambda: stack.tasks("STOPPED"), 30)[0]
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert stopped["stoppedReason"].startswith("CannotPullContainerError: pull image manifest has been retried")
    assert "127.0.0.1:9/nothing:1" in stopped["stoppedReason"]


def test_an_image_of_another_platform(stack: Stack, fargate: FargateLauncher, image: str) -> None:
    with contextlib.closing(docker.from_env()) as engine:
        here = engine.images.get(image).attrs["Architecture"]
    other = "X86_64" if here == "arm64" else "ARM64"
    stack.register(
        container={"image": image}, runtimePlatform={"cpuArchitecture": other, "operatingSystemFamily": "LINUX"}
    )
    stack.create()
    stopped = until(lambda: stack.tasks("STOPPED"), 30)[0]
    assert "does not contain descriptor matching platform" in stopped["stoppedReason"]
