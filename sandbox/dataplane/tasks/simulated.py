"""An engine without programs, for tests of the scheduler: the image says what a task does.

sim:ok          runs and is healthy        sim:exit-3      runs and then exits with 3
sim:unhealthy   fails its health check     sim:unpullable  cannot be pulled
sim:slow        says nothing of itself     sim:dies        the same for a minute of AWS's, then exits with 1
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from sandbox.dataplane.tasks.engine import CannotStart, ContainerState, Health, TaskSpec, Write
from sandbox.network import Address
from sandbox.pace import wait_of

_HEALTH: dict[str, Health] = {"unhealthy": "UNHEALTHY", "slow": "UNKNOWN", "dies": "UNKNOWN"}
_LIFE_SECONDS = 60.0


class SimulatedTask:
    """Takes what its images say; `exit_codes` and `health` may be set by a test."""

    def __init__(self, spec: TaskSpec) -> None:
        self.spec = spec
        self._dies_at = time.monotonic() + wait_of(_LIFE_SECONDS)
        self.exit_codes: dict[str, int] = {}
        self.health: dict[str, Health] = {}
        for container in spec.containers:
            behavior = container.image.partition(":")[2]
            if behavior.startswith("exit-"):
                self.exit_codes[container.name] = int(behavior.removeprefix("exit-"))
            self.health[container.name] = _HEALTH.get(behavior, "HEALTHY")

    def address(self, port: int) -> Address | None:
        return ("127.0.0.1", port)

    def states(self) -> dict[str, ContainerState]:
        for container in self.spec.containers:
            if container.image.endswith(":dies") and time.monotonic() >= self._dies_at:
                self.exit_codes.setdefault(container.name, 1)
        return {
            container.name: ContainerState(
                self.exit_codes.get(container.name),
                self.health[container.name] if container.health_check else "UNKNOWN",
            )
            for container in self.spec.containers
        }

    def stop(self) -> None:
        for container in self.spec.containers:
            self.exit_codes.setdefault(container.name, 0)

    def kill(self) -> None:
        for container in self.spec.containers:
            self.exit_codes.setdefault(container.name, 137)

    def remove(self) -> None:
        self.kill()

    def pids(self) -> dict[str, int]:
        return {}


class SimulatedEngine:
    """Keeps what it started, newest last."""

    endpoint = "http://127.0.0.1"

    def __init__(self) -> None:
        self.started: list[SimulatedTask] = []

    def pull(self, image: str, platform: str) -> str | None:
        if image.endswith(":unpullable"):
            raise CannotStart(f"CannotPullContainerError: pull image manifest has been retried 1 time(s): {image}")
        return "sha256:" + "0" * 64

    def start(self, task: TaskSpec, output: Mapping[str, Write]) -> SimulatedTask:
        for container in task.containers:
            output[container.name](f"{container.name} started")
        started = SimulatedTask(task)
        self.started.append(started)
        return started

    def close(self) -> None:
        for task in self.started:
            task.remove()
