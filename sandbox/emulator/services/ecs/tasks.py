"""Tasks as DescribeTasks shows them: how one begins, and who asks for it to end. Running it is fargate's work."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from . import capacity
from .model import Document, Rollout, Service, Task, TaskDefinition, now

STOPPED_TASKS_KEPT = 200  # AWS shows a stopped task for about an hour


def new(cluster_arn: str, definition: TaskDefinition, tags: list[Document], **fields: Any) -> Task:
    """A task in PROVISIONING. `fields` are further fields of the document, such as group and networkConfiguration."""
    prefix, cluster = cluster_arn.split(":cluster/", 1)
    identity = uuid.uuid4().hex
    arn = f"{prefix}:task/{cluster}/{identity}"
    document: Document = {
        "taskArn": arn,
        "clusterArn": cluster_arn,
        "taskDefinitionArn": definition.arn,
        "lastStatus": "PROVISIONING",
        "desiredStatus": "RUNNING",
        "connectivity": "CONNECTED",
        "healthStatus": "UNKNOWN",
        "createdAt": now(),
        "version": 1,
        "attachments": [],
        "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": []},
        "ephemeralStorage": definition.document.get("ephemeralStorage", {"sizeInGiB": 20}),
        **{size: definition.document[size] for size in ("cpu", "memory") if size in definition.document},
        **{key: value for key, value in fields.items() if value is not None},
    }
    document["containers"] = [
        {
            "containerArn": f"{prefix}:container/{cluster}/{identity}/{uuid.uuid4()}",
            "taskArn": arn,
            "name": container["name"],
            "image": container["image"],
            "lastStatus": "PENDING",
            "healthStatus": "UNKNOWN",
            "networkInterfaces": [],
            "networkBindings": [],
            "cpu": str(container.get("cpu", 0)),
            **{size: str(container[size]) for size in ("memory", "memoryReservation") if size in container},
        }
        for container in definition.document["containerDefinitions"]
    ]
    return Task(document, tags)


def of_service(service: Service, rollout: Rollout, definition: TaskDefinition, others: Iterable[Task] = ()) -> Task:
    """A task of one deployment of a service, with the tags that the service hands down.

    others: the tasks of the cluster, among them those of this deployment.
    """
    document = service.document
    tags: list[Document] = []
    if document["propagateTags"] == "SERVICE":
        tags += service.tags
    if document["propagateTags"] == "TASK_DEFINITION":
        tags += definition.tags
    if document["enableECSManagedTags"]:
        tags += [
            {"key": "aws:ecs:clusterName", "value": service.cluster_name},
            {"key": "aws:ecs:serviceName", "value": service.name},
        ]
    provider = capacity.provider_of(
        rollout.revision.get("capacityProviderStrategy") or [],
        [
            str(one.document.get("capacityProviderName"))
            for one in others
            if one.wanted and one.document.get("startedBy") == rollout.id
        ],
    )
    return new(
        document["clusterArn"],
        definition,
        [dict(tag) for tag in tags],
        group=f"service:{service.name}",
        startedBy=rollout.id,
        launchType=capacity.launch_type_of(provider) if provider else rollout.revision.get("launchType"),
        capacityProviderName=provider,
        platformVersion="1.4.0" if rollout.revision.get("platformVersion") else None,
        platformFamily=rollout.revision.get("platformFamily"),
        enableExecuteCommand=document["enableExecuteCommand"],
        networkConfiguration=rollout.revision.get("networkConfiguration"),  # not of the model: for who runs it
    )


def place(tasks: dict[str, Task], task: Task) -> None:
    """Add a task to its cluster's, forgetting the oldest stopped ones."""
    tasks[task.arn] = task
    stopped = [arn for arn, other in tasks.items() if other.stopped]
    for arn in stopped[:-STOPPED_TASKS_KEPT]:
        del tasks[arn]
