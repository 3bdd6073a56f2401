"""Fargate: runs the tasks of the control plane's ECS services, as containers or as processes.

deployment.py   what to do next for a service (pure)
scheduler.py    does it: starts and stops tasks, ends deployments
scaling.py      changes how many tasks a service has, as Application Auto Scaling would; schedule.py: when
agent.py        one task from PROVISIONING to STOPPED
resolve.py      task definition -> what an engine runs; network.py, logs.py: its place in the VPC, its log streams
engine.py       the interface of the engines: docker_engine.py, process_engine.py, simulated.py (for tests)
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.ecs import ecs_backends

from sandbox.dataplane.context import Context
from sandbox.dataplane.tasks import network
from sandbox.dataplane.tasks.agent import TaskRunner
from sandbox.dataplane.tasks.engine import Engine
from sandbox.dataplane.tasks.scaling import Autoscaler
from sandbox.dataplane.tasks.scheduler import Scheduler
from sandbox.emulator.lock import api_lock
from sandbox.emulator.services.ecs.call import attach
from sandbox.emulator.services.ecs.model import Service, Task, TaskDefinition
from sandbox.pace import wait_of

log = logging.getLogger("sandbox.tasks")

_LOOK_EVERY = 0.25
_METADATA = "/_platform/metadata/"
_FAULTS = "/_platform/fargate/"


class FargateLauncher:
    """The data plane of ECS. Between `start()` and `stop()` every wanted task of the account runs."""

    def __init__(self, context: Context, engine: Engine | None = None) -> None:
        """`engine` is for tests; the context says which one a sandbox uses."""
        wait_of(0)  # a wrong SANDBOX_SPEED is refused here, and not by every task
        self._context = context
        self.engine = engine if engine is not None else _engine(context)
        self._runners: dict[str, TaskRunner] = {}
        self._scheduler = Scheduler(context.account_id, context.region, self._runners, self._run)
        self._autoscaler = Autoscaler(context.account_id, context.region)
        self._due = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="fargate", daemon=True)

    def start(self) -> None:
        """Take the tasks over from the control plane."""
        attach(lambda backend: self._due.set())
        self._context.routes[_METADATA] = self._metadata
        self._context.routes[_FAULTS] = self._faults
        self._thread.start()

    def stop(self) -> None:
        """End every task at once and leave nothing behind."""
        self._stopping.set()
        self._due.set()
        if self._thread.is_alive():
            self._thread.join()
        runners = list(self._runners.values())
        for runner in runners:
            runner.abandon()
        for runner in runners:
            runner.join(timeout=30)
        self.engine.close()
        attach(None)
        self._context.routes.pop(_METADATA, None)
        self._context.routes.pop(_FAULTS, None)

    # For people and tests

    def describe(self) -> dict[str, Any]:
        """`tasks` and `pids` for `python -m sandbox status`."""
        runners = [runner for runner in list(self._runners.values()) if not runner.task.stopped]
        pids = {f"task {runner.task.id} {name}": pid for runner in runners for name, pid in runner.pids().items()}
        return {"tasks": [self._summary(runner) for runner in runners], "pids": pids}

    def tasks(self) -> list[dict[str, Any]]:
        """What runs: one flat record per task."""
        summary: list[dict[str, Any]] = self.describe()["tasks"]
        return summary

    def kill_task(self, task_id: str) -> None:
        """Fault: the task's containers exit as if the machine had failed. Raises KeyError for an unknown task."""
        self._runners[task_id].kill()

    def fail_health_check(self, task_id: str, failing: bool = True) -> None:
        """Fault: the container health check is UNHEALTHY, until it is called with False."""
        self._runners[task_id].forced_health = "UNHEALTHY" if failing else None

    # The loop

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._due.wait(_LOOK_EVERY)
            self._due.clear()
            try:
                with api_lock:
                    self._reconcile()
            except Exception:
                log.exception("the scheduler failed; it goes on")

    def _reconcile(self) -> None:
        backend = ecs_backends[self._context.account_id][self._context.region]
        known: dict[str, Task] = {task.id: task for tasks in backend.tasks.values() for task in tasks.values()}
        for task_id, runner in list(self._runners.items()):
            if known.get(task_id) is not runner.task:  # the account was reset
                runner.abandon()
            if runner.task.stopped:
                del self._runners[task_id]
        for task in known.values():
            if task.last_status == "PROVISIONING" and task.id not in self._runners:
                self._run_standalone(backend, task)
        services: list[Service] = list(backend.services.values())
        self._autoscaler.tick(services)
        for service in services:
            self._scheduler.tick(backend, service)

    def _run_standalone(self, backend: Any, task: Task) -> None:
        """A task of RunTask."""
        family, _, number = task.document["taskDefinitionArn"].rsplit("/", 1)[-1].partition(":")
        definition: TaskDefinition = backend.task_definitions[family][int(number)]
        configuration = task.document.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
        zones = network.subnet_zones(configuration.get("subnets", []), self._context.account_id, self._context.region)
        self._run(task, definition, next(iter(zones), ""), [], lambda message: None)

    def _run(
        self,
        task: Task,
        definition: TaskDefinition,
        subnet: str,
        load_balancers: list[dict[str, Any]],
        report: Callable[[str], None],
    ) -> None:
        runner = TaskRunner(
            task, definition.document, subnet, load_balancers, self._context, self.engine, report, self._due.set
        )
        self._runners[task.id] = runner
        runner.start()

    # Routes

    def _summary(self, runner: TaskRunner) -> dict[str, Any]:
        document = runner.task.document
        return {
            "task": runner.task.id,
            "group": document.get("group"),
            "deployment": document.get("startedBy"),
            "task_definition": document["taskDefinitionArn"].rsplit("/", 1)[-1],
            "status": document["lastStatus"],
            "health": document["healthStatus"],
            "address": runner.address,
            "published": runner.published(),
            "images": [container["image"] for container in document["containers"]],
        }

    def _metadata(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The task metadata endpoint, version 4, for local inspection: ids, family, limits, networks."""
        task_id, _, rest = environ["PATH_INFO"].removeprefix(_METADATA).partition("/")
        runner = self._runners.get(task_id)
        if runner is None:
            return _answer(start_response, "404 Not Found", {"message": "no such task"})
        document = runner.task.document
        family, _, revision = document["taskDefinitionArn"].rsplit("/", 1)[-1].partition(":")
        containers = [
            {
                "DockerId": container.get("runtimeId", ""),
                "Name": container["name"],
                "Image": container["image"],
                "KnownStatus": container["lastStatus"],
                "Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": [runner.address]}],
            }
            for container in document["containers"]
        ]
        task = {
            "Cluster": document["clusterArn"],
            "TaskARN": runner.task.arn,
            "Family": family,
            "Revision": revision,
            "KnownStatus": document["lastStatus"],
            "AvailabilityZone": document.get("availabilityZone"),
            "LaunchType": "FARGATE",
            "Containers": containers,
        }
        return _answer(start_response, "200 OK", task if rest == "task" else containers[0])

    def _faults(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """POST <task>/kill, <task>/fail or <task>/heal: the faults, for tests in another process."""
        task_id, _, fault = environ["PATH_INFO"].removeprefix(_FAULTS).partition("/")
        faults: dict[str, Callable[[], None]] = {
            "kill": lambda: self.kill_task(task_id),
            "fail": lambda: self.fail_health_check(task_id),
            "heal": lambda: self.fail_health_check(task_id, failing=False),
        }
        if environ["REQUEST_METHOD"] != "POST" or fault not in faults or task_id not in self._runners:
            return _answer(start_response, "404 Not Found", {"message": "POST <running task>/kill, fail or heal"})
        faults[fault]()
        return _answer(start_response, "200 OK", {"task": task_id, "fault": fault})


def _answer(start_response: Callable[..., Any], status: str, body: dict[str, Any]) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


def _engine(context: Context) -> Engine:
    # Imported late: a machine without an engine need not load its client.
    if context.engine == "docker":
        from sandbox.dataplane.tasks.docker_engine import DockerEngine

        return DockerEngine(context)
    from sandbox.dataplane.tasks.process_engine import ProcessEngine

    return ProcessEngine(context)
