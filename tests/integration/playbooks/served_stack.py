"""The stack with its load balancer and tasks that answer as a small MCP server, for deployments under requests."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.dataplane.balancer.load_balancer import LoadBalancer
from sandbox.dataplane.tasks.engine import TaskSpec, Write
from sandbox.dataplane.tasks.simulated import SimulatedEngine, SimulatedTask
from sandbox.network import Address
from sandbox.testing.upstream import connect
from tests.integration.modules import mcp_stub

if TYPE_CHECKING:
    from conftest import Play, Run

NAME = "sales-prod-mcp-server-production"
GATED = {
    "alb_rule_deregistration_delay": 0,
    "alb_rule_health_check_interval": 10,
    "ecs_service_grace_period": 0,
    "mcp_server_wait_timeout": 60,
    "mcp_server_strategy": "BLUE_GREEN",
    "ecs_service_bake_time": 0,
    "ecs_service_gate_timeout": 1440,  # minutes that pass fast here
    "image_source": "prebuilt",
    "image_uri": f"registry.example/mcp@sha256:{'0' * 64}",
    "mcp_server_jwt_issuer": "https://catalog.example",
    "mcp_server_jwt_audience": "the-mcp-server",
}


class ServedTask(SimulatedTask):
    """A task with a small MCP server in it; its environment says what it is called and whether it is broken."""

    def __init__(self, spec: TaskSpec, received: Callable[[str, dict[str, str]], None]) -> None:
        super().__init__(spec)
        environment = spec.containers[0].environment
        self._open = contextlib.ExitStack()
        self._stub = self._open.enter_context(mcp_stub.running(None))
        self._stub.key = json.loads(environment["QUILT_MCP_JWT_KEYS"])[mcp_stub.KID]
        self._stub.issuer = environment["QUILT_MCP_JWT_ISSUER"]
        self._stub.audience = environment["QUILT_MCP_JWT_AUDIENCE"]
        self._stub.answer = (500, "out of order") if environment.get("BROKEN") else None
        name = environment["RELEASE"]
        self._stub.received = lambda headers: received(name, headers)

    def address(self, port: int) -> Address:
        return ("127.0.0.1", self._stub.port)

    def stop(self) -> None:
        self._open.close()
        super().stop()

    def remove(self) -> None:
        self._open.close()
        super().remove()


class Engine(SimulatedEngine):
    """`received`: the requests in the order of their arrival, which release got each, and its headers."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[tuple[str, dict[str, str]]] = []

    def start(self, task: TaskSpec, output: Mapping[str, Write]) -> SimulatedTask:
        started = ServedTask(task, lambda name, headers: self.received.append((name, headers)))
        self.started.append(started)
        return started


class World:
    """The stack with its load balancer and tasks that answer, and people who never stop asking."""

    def __init__(self, play: Play, engine: Engine, balancer: LoadBalancer, ca: Path, client: Callable[[str], Any]):
        self._play, self._engine, self._balancer, self._ca = play, engine, balancer, ca
        self.ecs = client("ecs")

    def play(
        self,
        playbook: str,
        *options: str,
        release: str = "",
        broken: bool = False,
        env: dict[str, str] | None = None,
        **extra: Any,
    ) -> Run:
        """Run a playbook while people ask; `asked` is what arrived meanwhile."""
        environment = {"RELEASE": release, **({"BROKEN": "yes"} if broken else {})}
        route = {"mcp_server_url": f"https://localhost:{self._balancer.port}/mcp", "mcp_server_ca_file": str(self._ca)}
        self._engine.received.clear()
        with self._people():
            given = {**GATED, **route, "ecs_service_environment": environment, **extra}
            return self._play(playbook, *options, env=env, **given)

    @property
    def asked(self) -> list[tuple[str, bool]]:
        """The requests of the last run: which release got each, and whether it was test traffic."""
        return [(name, headers.get("x-quilt-release") == "test") for name, headers in self._engine.received]

    @property
    def headers(self) -> list[dict[str, str]]:
        """The headers of the requests of the last run that reached a task."""
        return [headers for _name, headers in self._engine.received]

    def status_of(self, **headers: str) -> int:
        """The status of the answer to a request for the health."""
        with contextlib.closing(connect(self._balancer.port, self._ca)) as connection:
            connection.request(
                "GET", "/mcp/healthz", headers={name.replace("_", "-"): v for name, v in headers.items()}
            )
            return int(connection.getresponse().status)

    @property
    def service(self) -> dict[str, Any]:
        service: dict[str, Any] = self.ecs.describe_services(cluster="sales-prod", services=[NAME])["services"][0]
        return service

    def record(self, arn: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
        record: dict[str, Any] = found["serviceDeployments"][0]
        return record

    @contextlib.contextmanager
    def _people(self) -> Iterator[None]:
        end = threading.Event()

        def ask() -> None:
            while not end.wait(0.2):
                with contextlib.closing(connect(self._balancer.port, self._ca)) as connection:
                    connection.request("GET", "/mcp/healthz")
                    connection.getresponse().read()

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()
