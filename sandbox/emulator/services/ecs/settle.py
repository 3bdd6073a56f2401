"""A service without a data plane: every task that is wanted runs and is healthy at the next look.

It makes the control plane alone useful to tests. Where sandbox.dataplane.tasks runs, this does nothing.
"""

from __future__ import annotations

from typing import Any

from . import percentages, tasks
from . import rollout as rollouts
from .model import Rollout, Service, Task, now


def settle(backend: Any, service: Service) -> None:
    """Bring the service to the state that it asks for."""
    cluster_tasks: dict[str, Task] = backend.tasks.setdefault(service.cluster_name, {})
    own = [t for t in cluster_tasks.values() if t.document.get("group") == f"service:{service.name}" and not t.stopped]
    primary = service.primary
    kept = [task for task in own if task.document["startedBy"] == primary.id and task.wanted]
    desired = 0 if primary.state == "FAILED" else service.document["desiredCount"]
    if primary.state == "IN_PROGRESS" and not _shifts(primary) and _blocked(service, desired, len(own), len(kept)):
        service.add_event(percentages.BLOCKED)
        return
    for task in own:
        if task not in kept[:desired]:
            task.stop(f"Scaling activity initiated by (deployment {task.document['startedBy']})", SCHEDULER)
            task.document.update(lastStatus="STOPPED", stoppedAt=now(), executionStoppedAt=now())
    definition = backend.describe_task_definition(primary.revision["taskDefinition"])
    for _ in range(desired - len(kept)):
        task = tasks.of_service(service, primary, definition, cluster_tasks.values())
        run(task)
        tasks.place(cluster_tasks, task)
    if service.document["status"] == "DRAINING":
        service.document["status"] = "INACTIVE"
    if primary.state == "IN_PROGRESS":
        if primary.shift is not None and primary.shift.active:
            primary.shift.finish()
        rollouts.complete(service, primary)
        service.add_event("has reached a steady state.")
    rollouts.drop_ended(service)


def _shifts(rollout: Rollout) -> bool:
    return rollout.shift is not None and rollout.shift.active


def _blocked(service: Service, desired: int, running: int, kept: int) -> bool:
    """Whether a rolling deployment can replace none of the tasks that it is to replace."""
    configuration = service.document["deploymentConfiguration"]
    least, most = configuration["minimumHealthyPercent"], configuration["maximumPercent"]
    return running > kept and kept < desired and percentages.block(desired, least, most, running)


SCHEDULER = "ServiceSchedulerInitiated"


def run(task: Task) -> None:
    """Show the task as running and healthy."""
    task.document.update(lastStatus="RUNNING", healthStatus="HEALTHY", startedAt=now(), connectivityAt=now())
    for container in task.document["containers"]:
        container.update(lastStatus="RUNNING", healthStatus="HEALTHY")
