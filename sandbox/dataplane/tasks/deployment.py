"""The service scheduler's decisions. Pure: how a service looks in, what to do next out.

It is asked again after every change, so it plans only what may be done now.

AWS facts restored here (developer guide, "Rolling update deployments" and "How the circuit breaker detects failures"):
- at most floor(desired * maximumPercent) tasks run or start; at least ceil(desired * minimumHealthyPercent) are
  healthy;
- a task that was healthy and no longer is gets its replacement first, if maximumPercent allows it;
- a deployment is COMPLETED when its tasks are all healthy and no other deployment has a task left;
- a failed deployment starts nothing more; without rollback the older tasks keep running;
- while a blue/green, linear or canary deployment shifts traffic, all tasks of both stand side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.emulator.services.ecs import percentages

Phase = Literal["starting", "running", "stopping"]
State = Literal["IN_PROGRESS", "COMPLETED", "FAILED"]


@dataclass(frozen=True)
class TaskView:
    """A task that is not STOPPED. `unhealthy` is the reason to stop it, or None."""

    id: str
    deployment: str
    zone: str
    phase: Phase
    healthy: bool = False
    unhealthy: str | None = None
    was_healthy: bool = False


@dataclass(frozen=True)
class ServiceView:
    """A service and its PRIMARY deployment. `failed` counts its failed tasks, `threshold` None is no breaker."""

    primary: str
    state: State
    desired: int
    minimum_percent: int
    maximum_percent: int
    tasks: tuple[TaskView, ...]
    zones: tuple[str, ...] = ("a",)
    failed: int = 0
    threshold: int | None = None
    rollback: bool = False
    may_start: bool = True
    shifting: bool = False
    """Traffic still moves to the PRIMARY deployment from `source`, the one that it replaces."""
    source: str = ""


@dataclass(frozen=True)
class Start:
    """Start one task of the PRIMARY deployment in a zone."""

    zone: str


@dataclass(frozen=True)
class Stop:
    """Stop a task."""

    task: str
    reason: str


@dataclass(frozen=True)
class Complete:
    """The PRIMARY deployment is done."""


@dataclass(frozen=True)
class Break:
    """The circuit breaker is triggered."""

    rollback: bool


@dataclass(frozen=True)
class Blocked:
    """The percentages let no task start and none stop: the deployment goes no further."""


Action = Start | Stop | Complete | Break | Blocked


def plan(service: ServiceView) -> list[Action]:
    """What to do now; nothing when the service is as it should be."""
    if service.state == "IN_PROGRESS" and service.threshold is not None and service.failed >= service.threshold:
        return [Break(service.rollback)]
    alive = [task for task in service.tasks if task.phase != "stopping"]
    own = [task for task in alive if task.deployment == service.primary]
    if service.state == "FAILED":
        return [Stop(task.id, _scaling(task)) for task in own]
    broken = [task for task in own if task.unhealthy and not task.was_healthy]
    good = [task for task in own if not task.unhealthy]
    leaving = [task for task in alive if task not in good and task not in broken]

    actions: list[Action] = [Stop(task.id, task.unhealthy or "") for task in broken]
    if service.shifting:
        actions += [Stop(task.id, _scaling(task)) for task in leaving if task.deployment not in _both(service)]
        leaving = [task for task in leaving if task.deployment == service.primary]
        capacity = service.desired * 2
    else:
        capacity = percentages.most(service.desired, service.maximum_percent) - len(good) - len(leaving)
    missing = service.desired - len(good)
    breaking = service.threshold is not None and service.failed + len(broken) >= service.threshold
    if service.may_start and not (breaking and service.state == "IN_PROGRESS"):
        actions += _start(service.zones, good, min(missing, capacity))
    actions += [Stop(task.id, _scaling(task)) for task in _excess(good, -missing)]
    actions += _stop_old(service, good, leaving, blocked=missing > capacity)
    if not actions and service.state == "IN_PROGRESS" and not service.shifting and _done(service, good):
        return [Complete()]
    if not actions and service.state == "IN_PROGRESS" and not service.shifting and _blocked(service, good):
        return [Blocked()]
    return actions


def is_scaled(service: ServiceView) -> bool:
    """Whether the PRIMARY deployment has all its tasks, and they are healthy."""
    own = [task for task in service.tasks if task.deployment == service.primary and task.phase != "stopping"]
    return len(own) == service.desired and all(task.healthy for task in own)


def _both(service: ServiceView) -> tuple[str, str]:
    return service.primary, service.source


def _start(zones: Sequence[str], good: Sequence[TaskView], count: int) -> list[Action]:
    """Spread over the zones: each next task goes to the one that has the fewest."""
    per_zone = Counter(task.zone for task in good)
    starts: list[Action] = []
    for _ in range(max(count, 0)):
        zone = min(zones, key=lambda one: per_zone[one])
        per_zone[zone] += 1
        starts.append(Start(zone))
    return starts


def _excess(good: Sequence[TaskView], count: int) -> list[TaskView]:
    """Tasks to scale in: first the ones that are not healthy yet, then from the fullest zone."""
    left, chosen = list(good), []
    for _ in range(max(count, 0)):
        per_zone = Counter(task.zone for task in left)
        victim = max(left, key=lambda task: (not task.healthy, per_zone[task.zone]))
        left.remove(victim)
        chosen.append(victim)
    return chosen


def _stop_old(
    service: ServiceView, good: Sequence[TaskView], leaving: Sequence[TaskView], blocked: bool
) -> list[Action]:
    """Tasks of older deployments, and unhealthy ones, as far as enough healthy tasks remain without them."""
    lowest = percentages.least(service.desired, service.minimum_percent)
    floor = lowest if blocked else max(lowest, service.desired)
    healthy_good = sum(task.healthy for task in good)
    spare = healthy_good + sum(task.healthy for task in leaving) - floor
    stops: list[Action] = []
    for task in sorted(leaving, key=lambda one: one.healthy):
        current = task.deployment == service.primary
        if task.healthy:
            if spare <= 0:
                break
            spare -= 1
        elif current and not blocked and healthy_good < service.desired:
            continue  # it may still serve until its replacement does
        stops.append(Stop(task.id, task.unhealthy if current and task.unhealthy else _scaling(task)))
    return stops


def _done(service: ServiceView, good: Sequence[TaskView]) -> bool:
    others = [task for task in service.tasks if task.deployment != service.primary]
    return not others and len(good) == service.desired and all(task.healthy for task in good)


def _blocked(service: ServiceView, good: Sequence[TaskView]) -> bool:
    """Nothing is on its way, something is missing, and that stays so."""
    still = all(task.phase == "running" and task.healthy for task in service.tasks)
    if not still or len(good) >= service.desired:
        return False
    return percentages.block(service.desired, service.minimum_percent, service.maximum_percent, len(service.tasks))


def _scaling(task: TaskView) -> str:
    return f"Scaling activity initiated by (deployment {task.deployment})"
