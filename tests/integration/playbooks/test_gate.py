"""The gate: an MCP client verifies the new tasks through the load balancer before production traffic moves."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import tls
from sandbox.dataplane.balancer.load_balancer import LoadBalancer
from sandbox.dataplane.tasks.engine import TaskSpec, Write
from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.simulated import SimulatedEngine, SimulatedTask
from sandbox.network import Address
from sandbox.seed.sales_prod import HOST
from sandbox.testing.ecs_stack import context, until
from sandbox.testing.upstream import connect
from tests.integration.modules import mcp_stub

if TYPE_CHECKING:
    from conftest import Play, Run

    from sandbox.emulator.control_plane import ControlPlane

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
CANARY = {
    "mcp_server_strategy": "CANARY",
    "ecs_service_canary_percent": 20,
    "ecs_service_canary_bake_time": 5,
}
LINEAR = {
    "mcp_server_strategy": "LINEAR",
    "ecs_service_linear_step_percent": 50,
    "ecs_service_linear_step_bake_time": 5,
}
HOOK = {
    "targetType": "PAUSE",
    "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
    "timeoutConfiguration": {"timeoutInMinutes": 1440, "action": "ROLLBACK"},
}
WAIT, ASK = "Ensure the service runs the task definition", "Verify the route as a client"
CONTINUE = "approve | Continue the deployment and wait until it is complete"


class ServedTask(SimulatedTask):
    """A task with a small MCP server in it; its environment says what it is called and whether it is broken."""

    def __init__(self, spec: TaskSpec, received: Callable[[str, bool], None]) -> None:
        super().__init__(spec)
        environment = spec.containers[0].environment
        self._open = contextlib.ExitStack()
        self._stub = self._open.enter_context(mcp_stub.running(None))
        self._stub.key = json.loads(environment["QUILT_MCP_JWT_KEYS"])[mcp_stub.KID]
        self._stub.issuer = environment["QUILT_MCP_JWT_ISSUER"]
        self._stub.audience = environment["QUILT_MCP_JWT_AUDIENCE"]
        self._stub.answer = (500, "out of order") if environment.get("BROKEN") else None
        name = environment["RELEASE"]
        self._stub.received = lambda headers: received(name, headers.get("x-quilt-release") == "test")

    def address(self, port: int) -> Address:
        return ("127.0.0.1", self._stub.port)

    def stop(self) -> None:
        self._open.close()
        super().stop()

    def remove(self) -> None:
        self._open.close()
        super().remove()


class Engine(SimulatedEngine):
    """`received`: the requests in the order of their arrival, which release got each, and whether it was a test."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[tuple[str, bool]] = []

    def start(self, task: TaskSpec, output: Mapping[str, Write]) -> SimulatedTask:
        started = ServedTask(task, lambda name, test: self.received.append((name, test)))
        self.started.append(started)
        return started


class World:
    """The stack with its load balancer and tasks that answer, and people who never stop asking."""

    def __init__(self, play: Play, engine: Engine, balancer: LoadBalancer, ca: Path, client: Callable[[str], Any]):
        self._play, self._engine, self._balancer, self._ca = play, engine, balancer, ca
        self.ecs = client("ecs")

    def play(self, playbook: str, *options: str, release: str = "", broken: bool = False, **extra: Any) -> Run:
        """Run a playbook while people ask; `asked` is what arrived meanwhile."""
        environment = {"RELEASE": release, **({"BROKEN": "yes"} if broken else {})}
        route = {"mcp_server_url": f"https://localhost:{self._balancer.port}/mcp", "mcp_server_ca_file": str(self._ca)}
        self._engine.received.clear()
        with self._people():
            given = {**GATED, **route, "ecs_service_environment": environment, **extra}
            return self._play(playbook, *options, **given)

    @property
    def asked(self) -> list[tuple[str, bool]]:
        return list(self._engine.received)

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


@pytest.fixture
def world(
    aws: ControlPlane, play: Play, client: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    monkeypatch.setenv("SANDBOX_SPEED", "100")
    certificates = tls.write(tmp_path, [HOST])
    platform = context(aws, tmp_path, certificates=certificates)
    engine = Engine()
    with contextlib.ExitStack() as parts:
        for part in (FargateLauncher(platform, engine), balancer := LoadBalancer(platform, HOST)):
            part.start()
            parts.callback(part.stop)
        yield World(play, engine, balancer, certificates.ca, client)


def moved_after_the_test(asked: list[tuple[str, bool]], old: str, new: str) -> bool:
    """Whether the new release got test requests first, then production requests, and nobody else was tested."""
    tests = [n for n, (_, test) in enumerate(asked) if test]
    assert tests and {asked[n][0] for n in tests} == {new}
    until_then = {release for release, test in asked[: tests[-1]] if not test}
    assert until_then == {old}, "production traffic moved before the smoke test was over"
    return (new, False) in asked[tests[-1] :]


def test_a_release_gets_traffic_when_it_passed_the_gate_and_else_none(world: World) -> None:
    """One scenario, because a deployment takes a while: each step begins where the last one ended.

    The gate is the same for each way to shift traffic, so each way has a step.
    """
    first = world.play("deploy.yml", release="one")
    assert first.status == 0, first.failures
    assert first.results(ASK) == [], "there is nothing that a first deployment could take traffic from"
    assert world.service["deploymentConfiguration"]["lifecycleHooks"] == [HOOK]
    proven = world.play("verify.yml", release="one")
    assert proven.status == 0, proven.failures

    second = world.play("deploy.yml", release="two", **CANARY)
    assert second.status == 0, second.failures
    assert moved_after_the_test(world.asked, "one", "two")
    (waited,), (continued,) = second.results(WAIT), second.results(CONTINUE)
    assert "paused at hook" in waited["progress"][-1] and waited["paused_hook"]
    assert continued["deployment"]["state"] == "completed"

    # What a run that died at the gate leaves behind. That nothing else is written shows a second run, too.
    world.ecs.update_service(cluster="sales-prod", service=NAME, forceNewDeployment=True)
    arn = world.service["currentServiceDeployment"]
    until(lambda: world.record(arn).get("lifecycleHookDetails"))
    resumed = world.play("deploy.yml", release="two", **CANARY)
    assert (resumed.status, resumed.writes) == (0, ["ecs:ContinueServiceDeployment"]), resumed.failures
    assert world.record(arn)["status"] == "SUCCESSFUL"

    good = world.service["taskDefinition"]
    refused = world.play("deploy.yml", release="three", broken=True, **LINEAR)
    assert refused.status != 0
    assert world.service["taskDefinition"] == good
    assert {release for release, test in world.asked if not test} == {"two"}
    assert {release for release, test in world.asked if test} == {"three"}
    message = refused.failures[-1]
    assert f"The new tasks of {NAME} did not pass the gate, and got no production traffic:" in message
    assert "expected status 200 and the server's health" in message and "out of order" in message
    assert "The deployment was rolled back; all traffic is with the tasks that ran before." in message

    back = world.play("rollback.yml", **LINEAR)
    assert back.status == 0, back.failures
    assert moved_after_the_test(world.asked, "two", "one")
    assert world.service["taskDefinition"].endswith(":1")

    empty = world.play("deploy.yml", release="four", broken=True, ecs_service_desired_count=0)
    assert (empty.status, empty.results(ASK)) == (0, []), empty.failures
    (warning,) = empty.results(WAIT)[0]["warnings"]
    assert f"{NAME} has 0 tasks, so neither a health check nor a gate has verified quilt-mcp-server:" in warning
