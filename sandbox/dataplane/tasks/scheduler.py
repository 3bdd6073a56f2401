"""The service scheduler: reads the services of the control plane, plans with deployment.py, and executes the plan."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from sandbox.dataplane.tasks import network
from sandbox.dataplane.tasks.agent import TaskRunner
from sandbox.dataplane.tasks.deployment import (
    Blocked,
    Break,
    Complete,
    Phase,
    ServiceView,
    Start,
    State,
    Stop,
    TaskView,
    is_scaled,
    plan,
)
from sandbox.emulator.services.ecs import percentages, traffic
from sandbox.emulator.services.ecs import rollout as rollouts
from sandbox.emulator.services.ecs import tasks as ecs_tasks
from sandbox.emulator.services.ecs.model import Rollout, Service, Task, TaskDefinition, now
from sandbox.pace import wait_of

log = logging.getLogger("sandbox.tasks")

SCHEDULER = "ServiceSchedulerInitiated"
BREAKER = "ECS deployment circuit breaker: "
ALARM = "ECS deployment alarm detection: "
_LONGEST_PAUSE = 30

Run = Callable[[Task, TaskDefinition, str, list[dict[str, Any]], Callable[[str], None]], None]
"""Starts a task: task, definition, subnet, load balancers, where its events go."""


class Scheduler:
    """Keeps services as they should be. Every method is called with the API lock held."""

    def __init__(self, account: str, region: str, runners: dict[str, TaskRunner], run: Run) -> None:
        self._account, self._region = account, region
        self._runners = runners
        self._run = run
        self._proven: set[str] = set()
        """Tasks that have been healthy."""
        self._counted: set[str] = set()
        """Tasks whose failure was counted."""
        self._streaks: dict[str, tuple[int, float]] = {}
        """Service ARN -> failures in a row, and when the last one was."""

    def tick(self, backend: Any, service: Service) -> None:
        """One step of one service."""
        if service.document["status"] == "INACTIVE":
            return
        group = f"service:{service.name}"
        every: list[Task] = list(backend.tasks.get(service.cluster_name, {}).values())
        own = [task for task in every if task.document.get("group") == group]
        self._count_failures(service, own)
        live = [task for task in own if not task.stopped]
        self._watch_alarms(service)
        view = self._view(service, live)
        if self._shift(service, view):
            view = self._view(service, live)
        actions = plan(view)
        for action in actions:
            if isinstance(action, Start):
                self._start(backend, service, action.zone)
            elif isinstance(action, Stop):
                self._stop(service, action)
            elif isinstance(action, Break):
                self._break(service, action.rollback)
            elif isinstance(action, Complete):
                rollouts.complete(service, service.primary)
            elif isinstance(action, Blocked):
                service.add_event(percentages.BLOCKED)
        rollouts.drop_ended(service, keep={str(task.document.get("startedBy")) for task in live})
        self._finish(service, view, settled=not live or not (actions or any(not task.wanted for task in live)))

    def _finish(self, service: Service, view: ServiceView, settled: bool) -> None:
        if service.document["status"] == "DRAINING":
            if not view.tasks:
                service.document["status"] = "INACTIVE"
        elif settled and service.primary.state == "COMPLETED" and sum(t.healthy for t in view.tasks) == view.desired:
            service.add_event("has reached a steady state.")

    # Looking

    def _view(self, service: Service, live: list[Task]) -> ServiceView:
        configuration = service.document["deploymentConfiguration"]
        primary = service.primary
        failures, last = self._streaks.get(service.arn, (0, 0.0))
        pause = wait_of(min(failures, _LONGEST_PAUSE))
        state: State = primary.deployment["rolloutState"]
        return ServiceView(
            primary=primary.id,
            state=state,
            desired=service.document["desiredCount"],
            minimum_percent=configuration["minimumHealthyPercent"],
            maximum_percent=configuration["maximumPercent"],
            tasks=tuple(self._task_view(service, task) for task in live),
            zones=tuple(dict.fromkeys(self._subnets(primary).values())) or ("",),
            failed=primary.deployment["failedTasks"],
            threshold=rollouts.threshold(service) if rollouts.breaker_enabled(service) else None,
            rollback=bool(configuration["deploymentCircuitBreaker"].get("rollback")),
            may_start=time.monotonic() >= last + pause,
            shifting=primary.shifting and primary.shift is not None and not primary.shift.cleans_up,
            source=service.completed.id if service.completed else "",
        )

    def _subnets(self, rollout: Rollout) -> dict[str, str]:
        network_configuration = rollout.revision.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
        return network.subnet_zones(network_configuration.get("subnets", []), self._account, self._region)

    def _task_view(self, service: Service, task: Task) -> TaskView:
        phase: Phase = "stopping" if not task.wanted else "starting" if task.starting else "running"
        healthy, reason = (False, None) if phase != "running" else self._health(service, task)
        if healthy and task.id not in self._proven:
            self._proven.add(task.id)
            self._streaks.pop(service.arn, None)
            breaker = service.document["deploymentConfiguration"]["deploymentCircuitBreaker"]
            if breaker["resetOnHealthyTask"] and task.document["startedBy"] == service.primary.id:
                self._set_failures(service, 0)
        return TaskView(
            id=task.id,
            deployment=str(task.document.get("startedBy")),
            zone=task.document.get("availabilityZone", ""),
            phase=phase,
            healthy=healthy,
            unhealthy=reason,
            was_healthy=task.id in self._proven,
        )

    def _health(self, service: Service, task: Task) -> tuple[bool, str | None]:
        """Healthy, and if it is unhealthy the reason to stop it. The grace period hides the latter, as at AWS."""
        runner = self._runners.get(task.id)
        states = runner.target_states() if runner else {}
        checked = task.document["healthStatus"] if self._is_checked(task) else "HEALTHY"
        healthy = checked == "HEALTHY" and all(state == "healthy" for state in states.values())
        if runner is not None and runner.targets_expected and not states:
            healthy = False
        grace = service.document.get("healthCheckGracePeriodSeconds") or 0
        if healthy or (now() - task.document["startedAt"]).total_seconds() < grace:
            return healthy, None
        if checked == "UNHEALTHY":
            return False, "Task failed container health checks"
        for arn, state in states.items():
            if state == "unhealthy":
                return False, f"Task failed ELB health checks in (target-group {arn})"
        return False, None

    def _is_checked(self, task: Task) -> bool:
        runner = self._runners.get(task.id)
        return runner is not None and runner.health_is_checked

    def _count_failures(self, service: Service, own: list[Task]) -> None:
        """A task that ended by itself, or for its health, before it was ever healthy is a failure of its deployment."""
        primary = service.primary
        for task in own:
            if task.wanted or task.id in self._counted:
                continue
            self._counted.add(task.id)
            ended_by_itself = task.document.get("stopCode") in ("TaskFailedToStart", "EssentialContainerExited")
            if not (ended_by_itself or task.document.get("stoppedReason", "").startswith("Task failed")):
                continue
            failures, _ = self._streaks.get(service.arn, (0, 0.0))
            self._streaks[service.arn] = (failures + 1, time.monotonic())
            of_primary = task.document.get("startedBy") == primary.id and primary.state == "IN_PROGRESS"
            if of_primary and task.id not in self._proven:
                self._set_failures(service, primary.deployment["failedTasks"] + 1)

    @staticmethod
    def _set_failures(service: Service, count: int) -> None:
        primary = service.primary
        primary.deployment["failedTasks"] = count
        primary.record["deploymentCircuitBreaker"]["failureCount"] = count

    # Acting

    def _start(self, backend: Any, service: Service, zone: str) -> None:
        primary = service.primary
        family, _, number = primary.revision["taskDefinition"].rsplit("/", 1)[-1].partition(":")
        definition: TaskDefinition | None = backend.task_definitions.get(family, {}).get(int(number))
        subnet = next((one for one, where in self._subnets(primary).items() if where == zone), None)
        if definition is None or subnet is None:
            missing = "its task definition was deleted" if definition is None else "its subnets are gone"
            service.add_event(f"was unable to place a task. Reason: {missing}.")
            self._streaks[service.arn] = (_LONGEST_PAUSE, time.monotonic())
            return
        tasks: dict[str, Task] = backend.tasks.setdefault(service.cluster_name, {})
        task = ecs_tasks.of_service(service, primary, definition, tasks.values())
        task.document["availabilityZone"] = zone
        ecs_tasks.place(tasks, task)
        service.add_event(f"has started 1 tasks: (task {task.id}).")
        self._run(task, definition, subnet, primary.load_balancers, service.add_event)

    def _stop(self, service: Service, action: Stop) -> None:
        runner = self._runners.get(action.task)
        if runner is None:
            return
        if action.reason.startswith("Task failed container"):
            service.add_event(f"(task {action.task}) failed container health checks.")
        elif action.reason.startswith("Task failed ELB"):
            for complaint in runner.target_complaints():
                service.add_event(f"{complaint}.")
        runner.task.stop(action.reason, SCHEDULER)
        service.add_event(f"has stopped 1 running tasks: (task {action.task}).")

    def _break(self, service: Service, rollback: bool) -> None:
        primary = service.primary
        primary.record["deploymentCircuitBreaker"]["status"] = "TRIGGERED"
        text = "Service deployment rolled back because the circuit breaker threshold was exceeded."
        service.add_event(f"(deployment {primary.id}) deployment failed: tasks failed to start.")
        self._streaks.pop(service.arn, None)
        reason = f"{BREAKER}tasks failed to start."
        back = BREAKER + "rolling back to deploymentId {id}."
        if not (rollback and rollouts.roll_back(service, reason, back, text)):
            rollouts.fail(service, reason, "Service deployment failed: the circuit breaker threshold was exceeded.")

    def _shift(self, service: Service, view: ServiceView) -> bool:
        """Let the PRIMARY deployment move its traffic as far as it may now. Returns whether anything else is to do."""
        primary = service.primary
        if not primary.shifting or primary.shift is None or service.document["status"] != "ACTIVE":
            return False
        stage = primary.shift.stage
        try:
            reason = primary.shift.advance(primary.record, is_scaled(view), now())
        except traffic.RuleGone as error:
            reason = f"Service deployment rolled back because traffic could not be shifted: {error}."
        if reason:
            service.add_event(f"(deployment {primary.id}) deployment failed: {reason}")
            rollouts.abort(service, reason, reason)
        return bool(reason) or primary.shift.stage != stage

    def _watch_alarms(self, service: Service) -> None:
        """AWS: an alarm that goes into ALARM during a deployment fails it."""
        primary = service.primary
        watch = primary.record["alarms"]
        if primary.state != "IN_PROGRESS" or watch["status"] != "MONITORING":
            return
        known = cloudwatch_backends[self._account][self._region].alarms
        in_alarm = [name for name in watch["alarmNames"] if name in known and known[name].state_value == "ALARM"]
        if not in_alarm:
            return
        watch.update(status="TRIGGERED", triggeredAlarmNames=in_alarm)
        service.add_event(f"(deployment {primary.id}) deployment failed: alarm detected.")
        text = "Service deployment rolled back because of an alarm."
        reason = f"{ALARM}alarm detected: {', '.join(in_alarm)}."
        if service.document["deploymentConfiguration"]["alarms"].get("rollback"):
            rollouts.abort(service, reason, text, ALARM.rstrip(": "))
        else:
            rollouts.fail(service, reason, "Service deployment failed because of an alarm.")
