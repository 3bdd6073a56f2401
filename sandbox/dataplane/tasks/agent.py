"""One task from PROVISIONING to STOPPED, in a thread of its own; the document shows every step as AWS does.

AWS facts restored here: the order of states; targets are registered while ACTIVATING; a stop is first deregistration
and its delay, then SIGTERM, then SIGKILL after stopTimeout; an essential container that ends ends its task.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from sandbox.dataplane.context import Context
from sandbox.dataplane.tasks import logs, network, resolve
from sandbox.dataplane.tasks.engine import CannotStart, ContainerState, Engine, Health, RunningTask, TaskSpec
from sandbox.emulator.lock import api_lock
from sandbox.emulator.services.ecs.model import Task, now
from sandbox.pace import wait_of

log = logging.getLogger("sandbox.tasks")

Document = dict[str, Any]
_LOOK_EVERY = 0.25


class _StoppedEarly(Exception):
    """The task is to stop while it still starts."""


class TaskRunner(threading.Thread):
    """Runs one task. `report` takes events of its service, `wake` is called after each change of state."""

    def __init__(
        self,
        task: Task,
        definition: Document,
        subnet: str,
        load_balancers: list[Document],
        context: Context,
        engine: Engine,
        report: Callable[[str], None],
        wake: Callable[[], None],
    ) -> None:
        super().__init__(name=f"task {task.id}", daemon=True)
        self.task = task
        self.address = ""
        self.forced_health: Health | None = None
        """A fault: what the health checks are made to say."""
        self._definition = definition
        self._subnet = subnet
        self._load_balancers = load_balancers
        self._context = context
        self._engine = engine
        self._report, self._wake = report, wake
        self._running: RunningTask | None = None
        self._targets: network.Targets | None = None
        self._logs: dict[str, logs.AwsLogs] = {}
        self._abandoned = threading.Event()

    def run(self) -> None:
        try:
            self._provision()
            self._start_containers(self._prepare())
            self._watch()
        except _StoppedEarly:
            pass
        except CannotStart as error:
            self._fail(str(error))
        except Exception as error:
            log.exception("task %s", self.task.id)
            self._fail(f"InternalError: the sandbox broke: {type(error).__name__}: {error}")
        finally:
            self._end()

    def abandon(self) -> None:
        """The sandbox goes down, or the account was reset: end at once, without AWS's waits."""
        self._abandoned.set()
        with api_lock:
            self.task.stop("The sandbox was stopped.", "TerminationNotice")

    def kill(self) -> None:
        """A fault: every container exits."""
        if self._running is not None:
            self._running.kill()

    def target_states(self) -> dict[str, str]:
        """Target group ARN -> state; empty before registration. Call with the API lock held."""
        return self._targets.states() if self._targets else {}

    def target_complaints(self) -> list[str]:
        """What the load balancer's health checks that the task fails say. Call with the API lock held."""
        return self._targets.complaints() if self._targets else []

    @property
    def targets_expected(self) -> bool:
        return bool(self._load_balancers)

    @property
    def health_is_checked(self) -> bool:
        checked = any("healthCheck" in container for container in self._definition["containerDefinitions"])
        return checked or self.forced_health is not None

    def published(self) -> dict[int, str]:
        """Container port -> loopback address."""
        ports = [port["containerPort"] for c in self._definition["containerDefinitions"] for port in c["portMappings"]]
        found = {port: self._context.addresses.resolve(self.address, port) for port in ports}
        return {port: f"{real[0]}:{real[1]}" for port, real in found.items() if real}

    def pids(self) -> dict[str, int]:
        return self._running.pids() if self._running else {}

    # Starting

    def _provision(self) -> None:
        account, region = self._context.account_id, self._context.region
        groups = self.task.document.get("networkConfiguration", {}).get("awsvpcConfiguration", {}).get("securityGroups")
        with api_lock:
            try:
                self.address = network.attach(self.task.document, self._subnet, groups or [], account, region)
            except Exception as error:
                raise CannotStart(f"ResourceInitializationError: network interface: {error}") from error
        self._show("PENDING")

    def _prepare(self) -> TaskSpec:
        with api_lock:
            spec = resolve.task_spec(
                self.task.id,
                self._definition,
                self.task.document["overrides"],
                self._platform_environment(),
                self._context.account_id,
                self._context.region,
            )
        self._note(pullStartedAt=now())
        digests = {container.name: self._engine.pull(container.image, spec.platform) for container in spec.containers}
        self._note(pullStoppedAt=now())
        with api_lock:
            for shown in self.task.document["containers"]:
                if digests[shown["name"]]:
                    shown["imageDigest"] = digests[shown["name"]]
        for container in self._definition["containerDefinitions"]:
            stream = logs.open_stream(container, self.task.id, self._context.account_id)
            if stream is not None:
                self._logs[container["name"]] = stream
        return spec

    def _platform_environment(self) -> dict[str, str]:
        """What Fargate gives every container, and where this sandbox's AWS is."""
        endpoint, region = self._engine.endpoint, self._context.region
        environment = {
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
            "AWS_ENDPOINT_URL": endpoint,
            "ECS_CONTAINER_METADATA_URI_V4": f"{endpoint}/_platform/metadata/{self.task.id}",
        }
        if role := self._definition.get("taskRoleArn"):
            path = self._context.credentials.issue(self.task.id, role)
            environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = endpoint + path
        return environment

    def _start_containers(self, spec: TaskSpec) -> None:
        self._show("ACTIVATING")
        output = {container.name: logs.writer(self._logs.get(container.name)) for container in spec.containers}
        self._running = self._engine.start(spec, output)
        for container in spec.containers:
            for port in container.ports:
                real = self._running.address(port)
                if real is not None:
                    self._context.addresses.publish((self.address, port), real)
        self._look()
        if self._load_balancers and self.task.wanted:
            self._targets = network.Targets(
                self._context.account_id, self._context.region, self.address, self._load_balancers
            )
            with api_lock:
                self._targets.register()
                for arn, _ in self._targets.registered:
                    self._report(f"registered 1 targets in (target-group {arn})")
        self._show("RUNNING", startedAt=now(), connectivityAt=now())

    # Running

    def _watch(self) -> None:
        """Until the task is to stop."""
        while self.task.wanted and not self._abandoned.wait(_LOOK_EVERY):
            self._look()

    def _look(self) -> None:
        """Show how the containers are; an essential one that has ended ends the task."""
        assert self._running is not None
        states = self._running.states()
        self._show_containers(states)
        for container in self._definition["containerDefinitions"]:
            if container["essential"] and states[container["name"]].exit_code is not None:
                with api_lock:
                    self.task.stop("Essential container in task exited", "EssentialContainerExited")

    def _show_containers(self, states: dict[str, ContainerState]) -> None:
        checked = {c["name"] for c in self._definition["containerDefinitions"] if "healthCheck" in c}
        with api_lock:
            document = self.task.document
            before = [dict(shown) for shown in document["containers"]]
            for shown in document["containers"]:
                state = states[shown["name"]]
                shown["lastStatus"] = "RUNNING" if state.exit_code is None else "STOPPED"
                shown["healthStatus"] = self.forced_health or state.health
                for key, value in (
                    ("exitCode", state.exit_code),
                    ("reason", state.reason),
                    ("runtimeId", state.runtime_id),
                ):
                    if value is not None:
                        shown[key] = value
            healths = {c["healthStatus"] for c in document["containers"] if c["name"] in checked or self.forced_health}
            # AWS: UNHEALTHY if any essential container is, HEALTHY if all that are checked are, else UNKNOWN.
            worst = next((h for h in ("UNHEALTHY", "UNKNOWN", "HEALTHY") if h in healths), "UNKNOWN")
            changed = before != document["containers"] or document["healthStatus"] != worst
            document["healthStatus"] = worst
        if changed:
            self._wake()

    # Ending

    def _end(self) -> None:
        self._show("DEACTIVATING", check=False)
        if self._targets is not None:
            with api_lock:
                drained = [arn for arn, _ in self._targets.registered]
                delay = self._targets.deregister()
                for arn in drained:
                    self._report(f"deregistered 1 targets in (target-group {arn})")
                if drained:
                    self._report("has begun draining connections on 1 tasks.")
            if self._alive():
                self._drain(wait_of(delay))
        self._show("STOPPING", check=False)
        if self._running is not None:
            if not self._abandoned.is_set():
                self._running.stop()
            states = self._running.states()
            self._running.remove()
            self._show_containers({**states, **{n: s for n, s in states.items() if s.exit_code is not None}})
        self._note(executionStoppedAt=now())
        self._show("DEPROVISIONING", check=False)
        for stream in self._logs.values():
            stream.close()
        self._context.addresses.withdraw(self.address)
        self._context.credentials.revoke(self.task.id)
        with api_lock:
            network.detach(self.task.document, self._context.account_id, self._context.region)
            for shown in self.task.document["containers"]:
                shown["lastStatus"] = "STOPPED"
        self._show("STOPPED", check=False, stoppedAt=now())

    def _drain(self, seconds: float) -> None:
        """Wait for a deregistration delay; a task whose containers are gone has nothing left to drain."""
        step = min(_LOOK_EVERY, seconds)
        while seconds > 0 and self._alive() and not self._abandoned.wait(step):
            seconds -= step

    def _alive(self) -> bool:
        running = self._running
        return running is not None and any(state.exit_code is None for state in running.states().values())

    def _fail(self, reason: str) -> None:
        with api_lock:
            self.task.stop(reason, "TaskFailedToStart")
            for shown in self.task.document["containers"]:
                if reason.startswith("CannotPullContainerError"):
                    shown["reason"] = reason
            self._report(f"was unable to place a task. Reason: {reason}.")

    def _show(self, status: str, check: bool = True, **fields: Any) -> None:
        """Enter a state. Raises _StoppedEarly when `check` and the task is to stop."""
        with api_lock:
            if check and not self.task.wanted:
                raise _StoppedEarly
            self.task.document["lastStatus"] = status
            self._note(**fields)
        self._wake()

    def _note(self, **fields: Any) -> None:
        with api_lock:
            self.task.document.update(fields)
            self.task.document["version"] += 1
