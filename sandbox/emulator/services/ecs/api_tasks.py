"""The calls about tasks."""

from __future__ import annotations

import copy

from . import capacity, references, settle, tasks
from .call import Answer, Call, page
from .errors import EcsError, invalid
from .model import Document, now


def list_tasks(call: Call) -> Answer:
    cluster_arn = call.cluster_arn()
    service_name = call.get("serviceName")
    if service_name:
        service = call.service(cluster_arn, service_name)
        if service is None:
            raise EcsError("ServiceNotFoundException", "Service not found.")
        call.look(service)
        service_name = service.name
    wanted = {
        "group": f"service:{service_name}" if service_name else None,
        "startedBy": call.get("startedBy"),
        "launchType": call.get("launchType"),
        "desiredStatus": call.get("desiredStatus", "RUNNING"),
    }
    family = call.get("family")
    arns = [
        task.arn
        for task in call.cluster_tasks(cluster_arn).values()
        if all(value is None or task.document.get(key) == value for key, value in wanted.items())
        and (family is None or f":task-definition/{family}:" in task.document["taskDefinitionArn"])
    ]
    found, more = page(call, arns)
    return {"taskArns": found, **more}


def describe_tasks(call: Call) -> Answer:
    cluster_arn = call.cluster_arn()
    known = {task.id: task for task in call.cluster_tasks(cluster_arn).values()}
    found, failures = [], []
    if not call.get("tasks"):
        raise invalid("Tasks cannot be empty.")
    for reference in call.request["tasks"]:
        task = known.get(reference.rsplit("/", 1)[-1])
        if task is None:
            prefix, cluster = cluster_arn.split(":cluster/", 1)
            failures.append({"arn": f"{prefix}:task/{cluster}/{reference.rsplit('/', 1)[-1]}", "reason": "MISSING"})
        else:
            tags = {"tags": task.tags} if "TAGS" in call.get("include", []) else {}
            found.append(copy.deepcopy(task.document) | tags)
    return {"tasks": found, "failures": failures}


def stop_task(call: Call) -> Answer:
    reference = call.request["task"].rsplit("/", 1)[-1]
    task = next((t for t in call.cluster_tasks(call.cluster_arn()).values() if t.id == reference), None)
    if task is None:
        raise invalid("The referenced task was not found.")
    task.stop(call.get("reason", "Task stopped by user"), "UserInitiated")
    if not call.has_data_plane:
        task.document.update(lastStatus="STOPPED", stoppedAt=now())
    call.wake()
    return {"task": copy.deepcopy(task.document)}


def run_task(call: Call) -> Answer:
    cluster_arn = call.cluster_arn()
    definition = call.requested_definition()
    if definition.document["networkMode"] == "awsvpc" and not call.get("networkConfiguration"):
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if call.get("capacityProviderStrategy"):
        capacity.validate(call.request["capacityProviderStrategy"], call.cluster_providers(cluster_arn))
    _check_overrides(definition.document, call.get("overrides", {}))
    started = []
    for _ in range(int(call.get("count", 1))):
        task = tasks.new(
            cluster_arn,
            definition,
            [dict(tag) for tag in call.get("tags", [])],
            group=call.get("group", f"family:{definition.family}"),
            startedBy=call.get("startedBy"),
            launchType=call.get("launchType"),
            overrides=call.get("overrides"),
            networkConfiguration=call.get("networkConfiguration"),
            enableExecuteCommand=call.get("enableExecuteCommand", False),
        )
        if not call.has_data_plane:
            settle.run(task)
        tasks.place(call.cluster_tasks(cluster_arn), task)
        started.append(copy.deepcopy(task.document))
    call.wake()
    return {"tasks": started, "failures": []}


def _check_overrides(definition: Document, overrides: Document) -> None:
    """A container that is overridden exists, and no variable takes the name of a secret."""
    known = {container["name"]: container for container in definition["containerDefinitions"]}
    for override in overrides.get("containerOverrides") or []:
        container = known.get(override.get("name"))
        if container is None:
            raise invalid(
                f"Override for container named {override.get('name')} is not a container in the TaskDefinition."
            )
        references.check_secret_names(override.get("environment") or [], container.get("secrets") or [])


def execute_command(call: Call) -> Answer:
    reference = call.request["task"].rsplit("/", 1)[-1]
    task = next((t for t in call.cluster_tasks(call.cluster_arn()).values() if t.id == reference), None)
    if task is None or task.stopped:
        raise invalid("The referenced task was not found.")
    if not task.document.get("enableExecuteCommand"):
        raise invalid(
            "The execute command failed because execute command was not enabled when the task was run or the execute "
            "command agent isn't running. Wait and try again or run a new task with execute command enabled and try "
            "again."
        )
    raise EcsError(
        "TargetNotConnectedException", "The execute command failed due to an internal error. Try again later."
    )
