"""The calls about service deployments and revisions."""

from __future__ import annotations

import copy
from typing import Any

from . import rollout as rollouts
from .call import Answer, Call, page
from .errors import EcsError
from .model import Document


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
    found, more = page(call, records)
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


def continue_service_deployment(call: Call) -> Answer:
    """Not checked against AWS: the errors of a hook that does not wait."""
    arn, hook = call.request["serviceDeploymentArn"], call.request["hookId"]
    match = next(call.service_of(arn), None)
    if match is None:
        raise EcsError("ServiceDeploymentNotFoundException", "The service deploy ARN that you specified doesn't exist.")
    service, rollout = match
    if rollout.shift is None or not rollout.shift.waits_for(hook):
        raise EcsError("InvalidParameterException", f"The lifecycle hook {hook} is not awaiting an action.")
    action = call.get("action", "CONTINUE")
    if action not in ("CONTINUE", "ROLLBACK"):
        raise EcsError("InvalidParameterException", "The valid values of action are CONTINUE and ROLLBACK.")
    rollout.shift.answer(rollout.record, hook)
    if action == "ROLLBACK":
        text = "Service deployment rolled back by a ContinueServiceDeployment request."
        rollouts.abort(service, "ECS deployment rolled back at a lifecycle hook.", text)
    call.wake()
    return {"serviceDeploymentArn": arn}


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
    rollouts.abort(service, "ECS deployment stopped by request.", text, "ECS deployment stopped")
    call.wake()
    return {"serviceDeploymentArn": arn}
