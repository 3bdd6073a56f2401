"""The calls about task definitions."""

from __future__ import annotations

from . import task_definitions
from .call import Answer, Call, page
from .errors import client
from .model import TaskDefinition, now


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
    arns, more = page(call, [definition.arn for definition in found])
    return {"taskDefinitionArns": arns, **more}


def list_task_definition_families(call: Call) -> Answer:
    prefix, status = call.get("familyPrefix", ""), call.get("status", "ALL")
    families = [
        family
        for family, revisions in sorted(call.backend.task_definitions.items())
        if family.startswith(prefix)
        and (status == "ALL" or (any(r.status == "ACTIVE" for r in revisions.values()) == (status == "ACTIVE")))
    ]
    found, more = page(call, families)
    return {"families": found, **more}
