"""The calls about services."""

from __future__ import annotations

from . import capacity, services
from . import rollout as rollouts
from .call import Answer, Call, page
from .errors import EcsError, invalid


def create_service(call: Call) -> Answer:
    cluster_arn = call.cluster_arn()
    existing = call.service(cluster_arn, call.request["serviceName"])
    if existing is not None and existing.document["status"] == "ACTIVE":
        raise invalid("Creation of service was not idempotent.")
    if existing is not None and existing.document["status"] == "DRAINING":
        raise invalid("Unable to Start a service that is still Draining.")
    definition = call.requested_definition()
    service = services.create(call.request, cluster_arn, definition, call.caller)
    services.validate(service.document, definition, call)
    rollouts.begin(service, call.in_alarm())
    call.backend.services[f"{service.cluster_name}:{service.name}"] = service
    answer = call.render(service) | {"tags": service.tags}
    call.wake()
    return {"service": answer}


def update_service(call: Call) -> Answer:
    service = services.require_active(call.service(call.cluster_arn(), call.request["service"]))
    definition = call.requested_definition() if call.get("taskDefinition") else None
    changed = services.updated(service.document, call.request, definition)
    capacity.validate_change(
        service.document.get("capacityProviderStrategy", []),
        changed.get("capacityProviderStrategy", []),
        bool(call.get("forceNewDeployment")),
    )
    routed = "loadBalancers" in call.request or "deploymentConfiguration" in call.request
    services.validate(changed, definition or call.definition(changed["taskDefinition"]), call, routed)
    triggered = any(changed.get(field) != service.document.get(field) for field in services.TRIGGERS)
    service.document = changed
    if triggered or call.get("forceNewDeployment"):
        rollouts.begin(service, call.in_alarm())
    answer = call.render(service) | {"tags": service.tags}
    call.wake()
    return {"service": answer}


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
    found, more = page(call, arns, 10)
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
