"""What runs a task's containers: the interface that the docker and the process engine share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from sandbox.network import Address

Health = Literal["UNKNOWN", "HEALTHY", "UNHEALTHY"]
Write = Callable[[str], None]
"""Takes one line of a container's output, without its end."""


class CannotStart(Exception):
    """A task cannot start; the text is its stoppedReason, in AWS's words."""


@dataclass(frozen=True)
class HealthCheck:
    """`command` is as Docker's: CMD or CMD-SHELL first. Seconds as AWS was asked; `interval` is the only wait."""

    command: tuple[str, ...]
    interval: float
    timeout: float
    retries: int
    start_period: float


@dataclass(frozen=True)
class Mount:
    """A task volume in a container."""

    volume: str
    path: str
    read_only: bool


@dataclass(frozen=True)
class ContainerSpec:
    """One container, with everything resolved: secrets are in `environment`."""

    name: str
    image: str
    environment: Mapping[str, str]
    entry_point: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    user: str | None = None
    working_directory: str | None = None
    read_only: bool = False
    cpu: float = 0.25
    """In vCPUs."""
    memory: int = 512
    """In MiB."""
    ports: tuple[int, ...] = ()
    mounts: tuple[Mount, ...] = ()
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    init: bool = False
    essential: bool = True
    stop_timeout: float = 30
    health_check: HealthCheck | None = None


@dataclass(frozen=True)
class TaskSpec:
    """A task: its containers share one network, as with awsvpc."""

    id: str
    containers: tuple[ContainerSpec, ...]
    platform: str = "linux/amd64"


@dataclass(frozen=True)
class ContainerState:
    """`exit_code` is None while it runs."""

    exit_code: int | None = None
    health: Health = "UNKNOWN"
    reason: str | None = None
    runtime_id: str | None = None


class RunningTask(Protocol):
    """A started task."""

    def address(self, port: int) -> Address | None:
        """Where a container port listens on loopback."""

    def states(self) -> dict[str, ContainerState]:
        """By container name."""

    def stop(self) -> None:
        """SIGTERM to every container, SIGKILL after its stopTimeout. Returns when all have ended."""

    def kill(self) -> None:
        """SIGKILL, as a host failure would."""

    def remove(self) -> None:
        """Leave nothing behind: what still runs gets SIGKILL."""

    def pids(self) -> dict[str, int]:
        """Processes on this machine by container name; none where an engine owns them."""


class Engine(Protocol):
    """Runs tasks. Every method may block; each task has a thread of its own."""

    endpoint: str
    """Where a container reaches the control plane, on its own loopback."""

    def pull(self, image: str, platform: str) -> str | None:
        """Make an image available; its digest if it has one. Raises CannotStart."""

    def start(self, task: TaskSpec, output: Mapping[str, Write]) -> RunningTask:
        """Start all containers. `output` is by container name. Raises CannotStart, with nothing left behind."""

    def close(self) -> None:
        """Remove whatever is left of this sandbox."""
