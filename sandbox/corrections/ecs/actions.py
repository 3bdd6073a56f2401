"""The ECS calls that are answered here instead of by moto. Each is a method of moto's response class."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2 import ec2_backends
from moto.elbv2 import elbv2_backends

from . import rollout as rollouts
from . import services, settle, task_definitions, tasks
from .errors import EcsError, client, invalid
from .model import Document, Service, Task, TaskDefinition, now

Answer = Document
Action = Callable[["Call"], Answer]

# Who runs the tasks; called with the backend after a write and before a service is shown. See attach().
_runner: Callable[[Any], None] | None = None


def attach(runner: Callable[[Any], None] | None) -> None:
    """Hand the running of tasks to a data plane (or, with None, back to settle.py)."""
    global _runner
    _runner = runner


class Call:
    """One request: its parameters, and the account's ECS state that it works on."""

    def __init__(self, response: Any) -> None:
        self.request: Document = response._get_params()
        self.backend = response.ecs_backend
        self.account: str = response.current_account
        self.region: str = response.region
        self.caller = f"arn:aws:iam::{self.account}:root"

    def get(self, key: str, default: Any = None) -> Any:
        value = self.request.get(key)
        return default if value is None else value

    def cluster_arn(self) -> str:
        """ARN of the cluster that is asked for; ClusterNotFoundException for a missing or deleted one."""
        cluster = self.backend._get_cluster(self.get("cluster", "default"))
        if cluster.status != "ACTIVE":
            raise EcsError("ClusterNotFoundException", "The referenced cluster was inactive.")
        return str(cluster.arn)

    def cluster_tasks(self, cluster_arn: str) -> dict[str, Task]:
        found: dict[str, Task] = self.backend.tasks.setdefault(cluster_arn.rsplit("/", 1)[-1], {})
        return found

    def definition(self, reference: str) -> TaskDefinition:
        """By ARN, family:revision, or family: then the latest ACTIVE revision."""
        name = reference.rsplit("/", 1)[-1]
        family, _, revision = name.partition(":")
        known: dict[int, TaskDefinition] = self.backend.task_definitions.get(family, {})
        if revision:
            found = known.get(int(revision)) if revision.isdigit() else None
        else:
            active = [number for number, one in known.items() if one.status == "ACTIVE"]
            found = known[max(active)] if active else None
        if found is None:
            raise client("Unable to describe task definition.")
        return found

    def service(self, cluster_arn: str, reference: str) -> Service | None:
        name = reference.rsplit("/", 1)[-1]
        found: Service | None = self.backend.services.get(f"{cluster_arn.rsplit('/', 1)[-1]}:{name}")
        return found

    def service_of(self, arn: str) -> Iterator[tuple[Service, Any]]:
        """Each service with the rollouts whose service deployment or revision has this ARN."""
        for service in self.backend.services.values():
            for rollout in service.rollouts:
                if arn in (rollout.record["serviceDeploymentArn"], rollout.revision["serviceRevisionArn"]):
                    yield service, rollout

    def render(self, service: Service) -> Document:
        return service.render(self.own_tasks(service))

    def own_tasks(self, service: Service) -> list[Task]:
        group = f"service:{service.name}"
        return [
            task
            for task in self.cluster_tasks(service.document["clusterArn"]).values()
            if task.document.get("group") == group
        ]

    def wake(self) -> None:
        if _runner is not None:
            _runner(self.backend)

    def look(self, service: Service) -> None:
        """Without a data plane time passes only when somebody looks."""
        if _runner is None and service.document["status"] != "INACTIVE":
            settle.settle(self.backend, service)

    # services.Neighbours

    def target_group(self, arn: str) -> Document | None:
        group = elbv2_backends[self.account][self.region].target_groups.get(arn)
        if group is None:
            return None
        return {"target_type": group.target_type, "load_balancer_arns": list(group.load_balancer_arns)}

    def missing_subnet(self, ids: list[str]) -> str | None:
        known = {subnet for zone in ec2_backends[self.account][self.region].subnets.values() for subnet in zone}
        return next((one for one in ids if one not in known), None)

    def missing_security_group(self, ids: list[str]) -> str | None:
        known = {group for vpc in ec2_backends[self.account][self.region].groups.values() for group in vpc}
        return next((one for one in ids if one not in known), None)


def _page(call: Call, items: Iterable[Any], limit: int = 100) -> tuple[list[Any], Document]:
    """maxResults and nextToken of a list call; the token is the offset."""
    listed = list(items)
    start = int(call.get("nextToken", 0))
    end = start + int(call.get("maxResults", limit))
    return listed[start:end], {"nextToken": str(end)} if end < len(listed) else {}


# Task definitions


def register_task_definition(call: Call) -> Answer:
    document = task_definitions.fill(call.request)
    family = document["family"]
    revisions: dict[int, TaskDefinition] = call.backend.task_definitions.setdefault(family, {})
    # AWS never gives a revision number twice, not even after the revision was deleted.
    numbers: dict[str, int] = call.backend.__dict__.setdefault("sandbox_revisions", {})
    number = numbers[family] = numbers.get(family, 0) + 1
    document |= {
        "taskDefinitionArn": f"arn:aws:ecs:{call.region}:{call.account}:task-definition/{family}:{number}",
        "revision": number,
        "status": "ACTIVE",
        "registeredAt": now(),
        "registeredBy": call.caller,
    }
    revisions[number] = TaskDefinition(document, [dict(tag) for tag in call.get("tags", [])])
    return {"taskDefinition": document, "tags": revisions[number].tags}


def describe_task_definition(call: Call) -> Answer:
    definition = call.definition(call.request["taskDefinition"])
    tags = {"tags": definition.tags} if "TAGS" in call.get("include", []) else {}
    return {"taskDefinition": definition.document, **tags}


def deregister_task_definition(call: Call) -> Answer:
    if ":" not in call.request["taskDefinition"].rsplit("/", 1)[-1]:
        raise client("Revision is missing.")
    definition = call.definition(call.request["taskDefinition"])
    if definition.status != "ACTIVE":
        raise client("The specified task definition is inactive. You cannot deregister an inactive task definition.")
    definition.document.update(status="INACTIVE", deregisteredAt=now())
    return {"taskDefinition": definition.document}


def delete_task_definitions(call: Call) -> Answer:
    deleted, failures = call.backend.delete_task_definitions(call.get("taskDefinitions", []))
    return {
        "taskDefinitions": [definition.document for definition in deleted],
        "failures": [{"arn": failure.arn, "reason": failure.reason} for failure in failures],
    }


def list_task_definitions(call: Call) -> Answer:
    status, family = call.get("status", "ACTIVE"), call.get("familyPrefix")
    found = [
        definition
        for name in sorted(call.backend.task_definitions)
        if family in (None, name)
        for definition in call.backend.task_definitions[name].values()
        if definition.status == status
    ]
    # By family and then by revision, both ways: "sort" of the API reference.
    found.sort(key=lambda one: (one.family, one.document["revision"]), reverse=call.get("sort") == "DESC")
    arns, more = _page(call, [definition.arn for definition in found])
    return {"taskDefinitionArns": arns, **more}


def list_task_definition_families(call: Call) -> Answer:
    prefix, status = call.get("familyPrefix", ""), call.get("status", "ALL")
    families = [
        family
        for family, revisions in sorted(call.backend.task_definitions.items())
        if family.startswith(prefix)
        and (status == "ALL" or (any(r.status == "ACTIVE" for r in revisions.values()) == (status == "ACTIVE")))
    ]
    found, more = _page(call, families)
    return {"families": found, **more}


# Services


def create_service(call: Call) -> Answer:
    cluster_arn = call.cluster_arn()
    existing = call.service(cluster_arn, call.request["serviceName"])
    if existing is not None and existing.document["status"] == "ACTIVE":
        raise invalid("Creation of service was not idempotent.")
    if existing is not None and existing.document["status"] == "DRAINING":
        raise invalid("Unable to Start a service that is still Draining.")
    definition = _service_definition(call)
    service = services.create(call.request, cluster_arn, definition, call.caller)
    services.validate(service.document, definition, call)
    rollouts.begin(service)
    call.backend.services[f"{service.cluster_name}:{service.name}"] = service
    answer = call.render(service) | {"tags": service.tags}
    call.wake()
    return {"service": answer}


def update_service(call: Call) -> Answer:
    service = services.require_active(call.service(call.cluster_arn(), call.request["service"]))
    definition = _service_definition(call) if call.get("taskDefinition") else None
    changed = services.updated(service.document, call.request, definition)
    services.validate(changed, definition or call.definition(changed["taskDefinition"]), call)
    triggered = any(changed.get(field) != service.document.get(field) for field in services.TRIGGERS)
    service.document = changed
    if triggered or call.get("forceNewDeployment"):
        rollouts.begin(service)
    answer = call.render(service) | {"tags": service.tags}
    call.wake()
    return {"service": answer}


def _service_definition(call: Call) -> TaskDefinition:
    if not call.get("taskDefinition"):
        raise invalid("Task definition can not be blank.")
    try:
        return call.definition(call.request["taskDefinition"])
    except EcsError:
        raise client("TaskDefinition not found.") from None


def describe_services(call: Call) -> Answer:
    cluster_arn = call.cluster_arn()
    found, failures = [], []
    for reference in call.get("services", []):
        service = call.service(cluster_arn, reference)
        if service is None:
            name = reference.rsplit("/", 1)[-1]
            prefix, cluster = cluster_arn.split(":cluster/", 1)
            failures.append({"arn": f"{prefix}:service/{cluster}/{name}", "reason": "MISSING"})
            continue
        call.look(service)
        tags = {"tags": service.tags} if "TAGS" in call.get("include", []) else {}
        found.append(call.render(service) | tags)
    return {"services": found, "failures": failures}


def list_services(call: Call) -> Answer:
    cluster_arn = call.cluster_arn()
    arns = [
        service.arn
        for service in call.backend.services.values()
        if service.document["clusterArn"] == cluster_arn
        and service.document["status"] != "INACTIVE"
        and call.get("launchType") in (None, service.document.get("launchType"))
        and call.get("schedulingStrategy") in (None, service.document["schedulingStrategy"])
    ]
    found, more = _page(call, arns, 10)
    return {"serviceArns": found, **more}


def delete_service(call: Call) -> Answer:
    service = call.service(call.cluster_arn(), call.request["service"])
    if service is None or service.document["status"] == "INACTIVE":
        raise EcsError("ServiceNotFoundException", "Service not found.")
    if service.document["desiredCount"] > 0 and not call.get("force"):
        raise invalid("The service cannot be stopped while it is scaled above 0.")
    service.document.update(status="DRAINING", desiredCount=0)
    answer = call.render(service)
    call.wake()
    return {"service": answer}


# Service deployments


def list_service_deployments(call: Call) -> Answer:
    service = call.service(call.cluster_arn(), call.request["service"])
    if service is None:
        raise EcsError("ServiceNotFoundException", "Service not found.")
    call.look(service)
    created = call.get("createdAt", {})
    records = [
        {**rollout.record, "targetServiceRevisionArn": rollout.revision["serviceRevisionArn"]}
        for rollout in service.rollouts
        if not call.get("status") or rollout.record["status"] in call.request["status"]
        if not created.get("after") or rollout.record["createdAt"] > created["after"]
        if not created.get("before") or rollout.record["createdAt"] < created["before"]
    ]
    found, more = _page(call, records)
    return {"serviceDeployments": copy.deepcopy(found), **more}


def describe_service_deployments(call: Call) -> Answer:
    found, failures = [], []
    for arn in call.get("serviceDeploymentArns", []):
        match = next(call.service_of(arn), None)
        if match is None:
            failures.append({"arn": arn, "reason": "MISSING"})
            continue
        service, rollout = match
        call.look(service)
        found.append(service.render_record(rollout, call.own_tasks(service)))
    return {"serviceDeployments": found, "failures": failures}


def describe_service_revisions(call: Call) -> Answer:
    found, failures = [], []
    for arn in call.get("serviceRevisionArns", []):
        match = next(call.service_of(arn), None)
        if match is None:
            failures.append({"arn": arn, "reason": "MISSING"})
            continue
        service, rollout = match
        containers = call.definition(rollout.revision["taskDefinition"]).document["containerDefinitions"]
        digests = {
            container["name"]: container.get("imageDigest")
            for task in call.own_tasks(service)
            if task.document["startedBy"] == rollout.id
            for container in task.document["containers"]
        }
        images = [
            {"containerName": c["name"], "image": c["image"], **_set("imageDigest", digests.get(c["name"]))}
            for c in containers
        ]
        found.append(copy.deepcopy(rollout.revision) | {"containerImages": images, "guardDutyEnabled": False})
    return {"serviceRevisions": found, "failures": failures}


def _set(key: str, value: Any) -> Document:
    return {} if value is None else {key: value}


def stop_service_deployment(call: Call) -> Answer:
    arn = call.request["serviceDeploymentArn"]
    match = next(call.service_of(arn), None)
    if match is None:
        raise EcsError("ServiceDeploymentNotFoundException", "The service deploy ARN that you specified doesn't exist.")
    service, rollout = match
    if call.get("stopType", "ROLLBACK") != "ROLLBACK":
        raise EcsError("UnsupportedFeatureException", "The valid values of stopType are ROLLBACK.")
    if rollout.record["status"] not in ("PENDING", "IN_PROGRESS"):
        raise EcsError(
            "ConflictException",
            f"The service deployment is in status {rollout.record['status']}; only one that runs can be stopped.",
        )
    text = "Service deployment was stopped by a StopServiceDeployment request."
    stopped = "ECS deployment stopped by request."
    if rollouts.roll_back(service, stopped, "ECS deployment stopped: rolling back to deploymentId {id}.", text) is None:
        rollouts.fail(service, stopped, text)
    call.wake()
    return {"serviceDeploymentArn": arn}


# Tasks


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
    found, more = _page(call, arns)
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
    if _runner is None:
        task.document.update(lastStatus="STOPPED", stoppedAt=now())
    call.wake()
    return {"task": copy.deepcopy(task.document)}


def run_task(call: Call) -> Answer:
    cluster_arn = call.cluster_arn()
    definition = _service_definition(call)
    if definition.document["networkMode"] == "awsvpc" and not call.get("networkConfiguration"):
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
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
        if _runner is None:
            settle.run(task)
        tasks.place(call.cluster_tasks(cluster_arn), task)
        started.append(copy.deepcopy(task.document))
    call.wake()
    return {"tasks": started, "failures": []}


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


# Tags and clusters


def _tagged(call: Call, arn: str) -> Any:
    """What carries the tags of an ARN: anything with an attribute `tags`."""
    kind = re.match(r"arn:[\w-]+:ecs:[^:]+:\d{12}:([\w-]+)/", arn)
    if kind is None:
        raise invalid("The ARN provided is invalid.")
    pools: dict[str, Iterable[Any]] = {
        "service": call.backend.services.values(),
        "task-definition": (d for family in call.backend.task_definitions.values() for d in family.values()),
        "task": (task for tasks_ in call.backend.tasks.values() for task in tasks_.values()),
        "cluster": call.backend.clusters.values(),
        "capacity-provider": call.backend.capacity_providers.values(),
    }
    for resource in pools.get(kind[1], ()):
        if getattr(resource, "arn", None) == arn:
            return resource
    if kind[1] == "service":
        raise EcsError("ServiceNotFoundException", "Service not found.")
    raise invalid("The specified resource could not be found. Specify a valid resource and try again.")


def list_tags_for_resource(call: Call) -> Answer:
    return {"tags": _tagged(call, call.request["resourceArn"]).tags or []}


def tag_resource(call: Call) -> Answer:
    resource = _tagged(call, call.request["resourceArn"])
    merged = {tag["key"]: tag.get("value", "") for tag in [*(resource.tags or []), *call.get("tags", [])]}
    if len(merged) > 50:
        raise invalid("A resource can have at most 50 tags.")
    resource.tags = [{"key": key, "value": value} for key, value in merged.items()]
    return {}


def untag_resource(call: Call) -> Answer:
    resource = _tagged(call, call.request["resourceArn"])
    gone = set(call.get("tagKeys", []))
    resource.tags = [tag for tag in resource.tags or [] if tag["key"] not in gone]
    return {}


def count_clusters(call: Call) -> None:
    """AWS counts a cluster's services and tasks; moto's numbers know nothing of the ones kept here."""
    for name, cluster in call.backend.clusters.items():
        running = call.backend.tasks.get(name, {}).values()
        cluster.running_tasks_count = sum(task.last_status == "RUNNING" for task in running)
        cluster.pending_tasks_count = sum(task.starting for task in running)
        cluster.active_services_count = sum(
            service.cluster_name == name and service.document["status"] == "ACTIVE"
            for service in call.backend.services.values()
        )


ACTIONS: list[Action] = [
    register_task_definition,
    describe_task_definition,
    deregister_task_definition,
    delete_task_definitions,
    list_task_definitions,
    list_task_definition_families,
    create_service,
    update_service,
    describe_services,
    list_services,
    delete_service,
    list_service_deployments,
    describe_service_deployments,
    describe_service_revisions,
    stop_service_deployment,
    list_tasks,
    describe_tasks,
    stop_task,
    run_task,
    execute_command,
    list_tags_for_resource,
    tag_resource,
    untag_resource,
]


def as_method(action: Action) -> Callable[[Any], ActionResult]:
    """The action as a method of moto's response class."""

    def method(response: Any) -> ActionResult:
        answer = action(Call(response))
        # A copy: moto serialises after this returns, while the data plane may go on.
        return ActionResult(copy.deepcopy(answer)) if answer else EmptyResult()

    return method
