"""How a service's deployments begin and end, in the documents that the API shows. No task is touched here.

AWS facts restored here: a change of the revision starts a deployment with its own id, revision and service deployment;
the previous one stays ACTIVE while it has tasks; a rollback reinstates the last completed deployment under its own id.
Not checked against AWS itself: the statusReason texts of service deployments.
"""

from __future__ import annotations

import copy
from collections.abc import Collection

from . import shift as shifts
from .model import REVISION_FIELDS, Document, Rollout, Service, digits, now

UNFINISHED = ("PENDING", "IN_PROGRESS", "ROLLBACK_IN_PROGRESS")


def begin(service: Service, in_alarm: Collection[str] = ()) -> Rollout:
    """Start a deployment of the service document as it is now. `in_alarm`: the names of the alarms in ALARM."""
    created = now()
    revision = {key: copy.deepcopy(service.document[key]) for key in REVISION_FIELDS if key in service.document}
    identity = {"serviceArn": service.arn, "clusterArn": service.document["clusterArn"], "createdAt": created}
    path = f"{service.cluster_name}/{service.name}/{digits()}"
    prefix = service.arn.split(":service/", 1)[0]
    revision |= {"serviceRevisionArn": f"{prefix}:service-revision/{path}", **identity}
    deployment_id = f"ecs-svc/{digits()}"
    deployment = {
        key: copy.deepcopy(value)
        for key, value in revision.items()
        if key not in ("serviceRevisionArn", "serviceArn", "clusterArn", "loadBalancers", "serviceRegistries")
    } | {
        "id": deployment_id,
        "status": "PRIMARY",
        "failedTasks": 0,
        "updatedAt": created,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {deployment_id} in progress.",
    }
    record = identity | {
        "serviceDeploymentArn": f"{prefix}:service-deployment/{path}",
        "startedAt": created,
        "updatedAt": created,
        "status": "IN_PROGRESS",
        "lifecycleStage": "SCALE_UP",
        "sourceServiceRevisions": [],
        "deploymentConfiguration": copy.deepcopy(service.document["deploymentConfiguration"]),
        "deploymentCircuitBreaker": {
            "status": "MONITORING" if breaker_enabled(service) else "DISABLED",
            "failureCount": 0,
            "threshold": threshold(service),
        },
        "alarms": alarms(service, in_alarm),
    }
    for earlier in service.rollouts:
        if earlier.status == "PRIMARY":
            record["sourceServiceRevisions"] = [{"arn": earlier.revision["serviceRevisionArn"]}]
            earlier.deployment.update(status="ACTIVE", updatedAt=created)
        if earlier.record["status"] in UNFINISHED:
            _close(earlier, "STOPPED", "A new service deployment was started.")
            if earlier.shift is not None and earlier.shift.active:
                earlier.shift.back()
    rollout = Rollout(deployment, revision, record)
    serving = next((one["targetGroupArn"] for one in service.completed.load_balancers), "") if service.completed else ""
    configuration, balancers = record["deploymentConfiguration"], revision.get("loadBalancers", [])
    rollout.shift = shifts.create(configuration, balancers, serving)
    if balancers:
        revision["resolvedConfiguration"] = {
            "loadBalancers": [_resolved(one) for one in rollout.load_balancers if one.get("targetGroupArn")]
        }
    service.rollouts.insert(0, rollout)
    return rollout


def _resolved(balancer: Document) -> Document:
    rule = (balancer.get("advancedConfiguration") or {}).get("productionListenerRule")
    return {"targetGroupArn": balancer["targetGroupArn"], **({"productionListenerRule": rule} if rule else {})}


def alarms(service: Service, in_alarm: Collection[str]) -> Document:
    """How a new deployment watches the service's alarms.

    AWS (developer guide, "How CloudWatch alarms detect Amazon ECS deployment failures"): alarms are not used for a
    deployment that starts while one of them is in ALARM, since that deployment may be the fix.
    """
    asked = service.document["deploymentConfiguration"]["alarms"]
    names = list(asked.get("alarmNames") or [])
    if not (asked.get("enable") and names):
        return {"status": "DISABLED", "alarmNames": [], "triggeredAlarmNames": []}
    alarmed = [name for name in names if name in in_alarm]
    if alarmed:
        service.add_event(f"alarms are not monitored in this deployment: {', '.join(alarmed)} in ALARM state.")
    return {"status": "DISABLED" if alarmed else "MONITORING", "alarmNames": names, "triggeredAlarmNames": []}


def breaker_enabled(service: Service) -> bool:
    return bool(service.document["deploymentConfiguration"]["deploymentCircuitBreaker"].get("enable"))


def threshold(service: Service) -> int:
    """Failed tasks that trip the circuit breaker; half the desired count, at least 3 and at most 200, by default."""
    breaker = service.document["deploymentConfiguration"]["deploymentCircuitBreaker"]
    rule = {"type": "BOUNDED_PERCENT", "value": 50, **(breaker.get("thresholdConfiguration") or {})}
    if rule["type"] == "COUNT":
        return max(1, int(rule["value"]))
    share: int = -(-service.document["desiredCount"] * int(rule["value"]) // 100)
    return min(max(share, 3), 200) if rule["type"] == "BOUNDED_PERCENT" else max(1, share)


def complete(service: Service, rollout: Rollout) -> None:
    """Every task of the deployment is healthy and no other deployment has tasks."""
    _state(rollout, "COMPLETED", f"ECS deployment {rollout.id} completed.")
    if rollout.record["status"] in UNFINISHED:
        _close(rollout, "SUCCESSFUL")
    if rollout.shift is not None:
        rollout.shift.end()
    for failed in service.rollouts:
        if failed.record["status"] == "ROLLBACK_IN_PROGRESS":
            _close(failed, "ROLLBACK_SUCCESSFUL", failed.record.get("statusReason"))
    service.completed = rollout
    drop_ended(service)
    service.add_event(f"(deployment {rollout.id}) deployment completed.")


def drop_ended(service: Service, keep: Collection[str] = ()) -> None:
    """Deployments that were replaced end when they have no tasks left; `keep` are the ids of those that have."""
    for rollout in service.live:
        if rollout.status == "ACTIVE" and rollout.id not in keep:
            rollout.deployment.update(status="INACTIVE", updatedAt=now())


def fail(service: Service, reason: str, status_reason: str) -> None:
    """The PRIMARY deployment failed: it starts no further task."""
    rollout = service.primary
    _state(rollout, "FAILED", reason)
    if rollout.shift is not None and rollout.shift.active:
        rollout.shift.back()
    rollout.record["statusReason"] = status_reason
    if service.completed is rollout:  # a rollback that fails itself: nothing is left to return to
        for failed in service.rollouts:
            if failed.record["status"] == "ROLLBACK_IN_PROGRESS":
                _close(failed, "ROLLBACK_FAILED", status_reason)
    else:
        _close(rollout, "STOPPED", status_reason)


def roll_back(service: Service, reason: str, back: str, status_reason: str) -> Rollout | None:
    """Fail the PRIMARY deployment and reinstate the last completed one; None, and no change, when there is none.

    `reason` is why it failed, `back` why the other one is in progress again; {id} in it is that one's id.
    """
    failed, target = service.primary, service.completed
    if target is None or target is failed:
        return None
    failed.deployment["status"] = "ACTIVE"
    if failed.shift is not None and failed.shift.active:
        failed.shift.back()
    _state(failed, "FAILED", reason)
    failed.record.update(status="ROLLBACK_IN_PROGRESS", statusReason=status_reason, updatedAt=now())
    failed.record.pop("finishedAt", None)
    failed.record["rollback"] = {
        "reason": status_reason,
        "startedAt": now(),
        "serviceRevisionArn": target.revision["serviceRevisionArn"],
    }
    target.deployment.update(status="PRIMARY", failedTasks=0)
    _state(target, "IN_PROGRESS", back.format(id=target.id))
    for key in REVISION_FIELDS:
        service.document.pop(key, None)
        if key in target.revision:
            service.document[key] = copy.deepcopy(target.revision[key])
    service.add_event(f"rolling back to deployment {target.id}.")
    return target


def abort(service: Service, reason: str, text: str, prefix: str = "ECS deployment") -> None:
    """Roll the PRIMARY deployment back, or fail it where there is nothing to return to."""
    if roll_back(service, reason, f"{prefix}: rolling back to deploymentId {{id}}.", text) is None:
        fail(service, reason, text)


def _state(rollout: Rollout, state: str, reason: str) -> None:
    rollout.deployment.update(rolloutState=state, rolloutStateReason=reason, updatedAt=now())


def _close(rollout: Rollout, status: str, reason: str | None = None) -> None:
    record: Document = rollout.record
    record.update(status=status, finishedAt=now(), updatedAt=now(), lifecycleStage="CLEAN_UP")
    if status == "STOPPED":
        record["stoppedAt"] = now()
    if reason:
        record["statusReason"] = reason
    for guard in ("deploymentCircuitBreaker", "alarms"):
        if record[guard]["status"] == "MONITORING":
            record[guard]["status"] = "MONITORING_COMPLETE"
