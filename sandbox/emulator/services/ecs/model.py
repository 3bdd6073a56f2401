"""What the corrected ECS keeps: services with their rollouts, and tasks. Documents have the service model's keys."""

from __future__ import annotations

import copy
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .shift import Shift

Document = dict[str, Any]

# What a service revision pins: two tasks of one revision are interchangeable.
REVISION_FIELDS = (
    "taskDefinition",
    "capacityProviderStrategy",
    "launchType",
    "platformVersion",
    "platformFamily",
    "loadBalancers",
    "serviceRegistries",
    "networkConfiguration",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "gatewayConnectors",
    "monitoring",
)
_EVENTS_KEPT = 100
STARTING = ("PROVISIONING", "PENDING", "ACTIVATING")


def now() -> datetime:
    return datetime.now(UTC)


def digits() -> str:
    """Nineteen digits, as in ecs-svc/1234567890123456789."""
    return str(random.randint(10**18, 10**19 - 1))


@dataclass
class TaskDefinition:
    """A revision of a family. moto's own code reads `arn`, `family`, `status` and `tags`."""

    document: Document
    tags: list[Document]

    @property
    def arn(self) -> str:
        return str(self.document["taskDefinitionArn"])

    @property
    def family(self) -> str:
        return str(self.document["family"])

    @property
    def status(self) -> str:
        return str(self.document["status"])

    @status.setter
    def status(self, status: str) -> None:
        self.document["status"] = status


@dataclass
class Task:
    """A task. `lastStatus` belongs to whoever runs it, `desiredStatus` to whoever wants it."""

    document: Document
    tags: list[Document] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return str(self.document["taskArn"])

    task_arn = arn  # moto's tagging API reads this name

    @property
    def id(self) -> str:
        return self.arn.rsplit("/", 1)[-1]

    @property
    def last_status(self) -> str:
        return str(self.document["lastStatus"])

    @property
    def wanted(self) -> bool:
        return bool(self.document["desiredStatus"] == "RUNNING")

    @property
    def stopped(self) -> bool:
        return self.last_status == "STOPPED"

    @property
    def starting(self) -> bool:
        return self.wanted and self.last_status in STARTING

    def stop(self, reason: str, code: str) -> None:
        """Want it stopped; the first reason stays, as it does at AWS."""
        if self.wanted:
            self.document.update(desiredStatus="STOPPED", stoppedReason=reason, stopCode=code, stoppingAt=now())


@dataclass
class Rollout:
    """One deployment in its three shapes: of DescribeServices, its revision, and its service deployment."""

    deployment: Document
    revision: Document
    record: Document
    shift: Shift | None = None
    """How it moves traffic; None for a rolling deployment."""

    @property
    def id(self) -> str:
        return str(self.deployment["id"])

    @property
    def status(self) -> str:
        return str(self.deployment["status"])

    @property
    def state(self) -> str:
        return str(self.deployment["rolloutState"])

    @property
    def shifting(self) -> bool:
        """Whether it still moves traffic, or brings up the tasks that the traffic goes to."""
        return self.shift is not None and self.shift.active and self.state == "IN_PROGRESS"

    @property
    def load_balancers(self) -> list[Document]:
        """Where its tasks register: the group that this deployment was given, not always the one that was asked for."""
        found: list[Document] = copy.deepcopy(self.revision.get("loadBalancers", []))
        if self.shift is not None and self.shift.green:
            for balancer in found:
                balancer["targetGroupArn"] = self.shift.green
        return found


class Service:
    """A service: `document` without what is derived (deployments, counts), newest rollout first."""

    def __init__(self, document: Document, tags: list[Document]) -> None:
        self.document = document
        self.tags = tags
        self.rollouts: list[Rollout] = []
        self.completed: Rollout | None = None
        self.task_sets: list[object] = []  # moto's task-set calls read this

    @property
    def arn(self) -> str:
        return str(self.document["serviceArn"])

    physical_resource_id = arn  # moto's tagging API reads this name

    @property
    def name(self) -> str:
        return str(self.document["serviceName"])

    @property
    def cluster_name(self) -> str:
        return str(self.document["clusterArn"]).rsplit("/", 1)[-1]

    @property
    def primary(self) -> Rollout:
        return next(rollout for rollout in self.rollouts if rollout.status == "PRIMARY")

    @property
    def live(self) -> list[Rollout]:
        """PRIMARY first, then the ACTIVE ones that still have tasks."""
        return sorted((r for r in self.rollouts if r.status != "INACTIVE"), key=lambda r: r.status != "PRIMARY")

    def add_event(self, message: str) -> None:
        """An event of the service, newest first. A steady state is reported once, not again and again."""
        events = self.document["events"]
        text = f"(service {self.name}) {message}"
        if not (events and events[0]["message"] == text):
            events.insert(0, {"id": str(uuid.uuid4()), "createdAt": now(), "message": text})
        del events[_EVENTS_KEPT:]

    def render(self, tasks: list[Task]) -> Document:
        """The document that DescribeServices answers, with counts taken from the tasks."""
        document = copy.deepcopy(self.document)
        document["deployments"] = [
            {**copy.deepcopy(rollout.deployment), **self._counts(rollout, tasks)} for rollout in self.live
        ]
        for count in ("runningCount", "pendingCount"):
            document[count] = sum(deployment[count] for deployment in document["deployments"])
        document["currentServiceDeployment"] = self.primary.record["serviceDeploymentArn"]
        document["currentServiceRevisions"] = [self.summary(rollout, tasks) for rollout in self.live]
        return document

    def render_record(self, rollout: Rollout, tasks: list[Task]) -> Document:
        """The document that DescribeServiceDeployments answers."""
        document = copy.deepcopy(rollout.record)
        document["targetServiceRevision"] = self.summary(rollout, tasks)
        sources = {one["arn"] for one in document["sourceServiceRevisions"]}
        document["sourceServiceRevisions"] = [
            self.summary(source, tasks) | _weights(rollout, of_target=False)
            for source in self.rollouts
            if source.revision["serviceRevisionArn"] in sources
        ]
        return document

    def summary(self, rollout: Rollout, tasks: list[Task]) -> Document:
        counts = self._counts(rollout, tasks)
        return {
            "arn": rollout.revision["serviceRevisionArn"],
            "requestedTaskCount": counts["desiredCount"],
            "runningTaskCount": counts["runningCount"],
            "pendingTaskCount": counts["pendingCount"],
            **_weights(rollout, of_target=True),
        }

    def _counts(self, rollout: Rollout, tasks: list[Task]) -> Document:
        own = [task for task in tasks if task.document.get("startedBy") == rollout.id]
        if rollout.status == "PRIMARY":
            desired = 0 if rollout.state == "FAILED" else self.document["desiredCount"]
        else:
            desired = sum(task.wanted for task in own) if rollout.state != "FAILED" else 0
        return {
            "desiredCount": desired,
            "runningCount": sum(task.last_status == "RUNNING" for task in own),
            "pendingCount": sum(task.starting for task in own),
        }


def _weights(rollout: Rollout, *, of_target: bool) -> Document:
    """The shares of the traffic in percent, of what the deployment brings or of what it replaces."""
    shift = rollout.shift
    if shift is None:
        return {}
    return {
        "requestedTestTrafficWeight": float(shift.test if of_target else 100 - shift.test),
        "requestedProductionTrafficWeight": float(shift.production if of_target else 100 - shift.production),
    }
