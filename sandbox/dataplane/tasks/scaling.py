"""Application Auto Scaling acts on the services: scheduled actions at their time, target tracking by its alarms.

AWS facts restored here: a scheduled action writes its limits into the scalable target and brings the number of tasks
between them; any policy that wants more tasks is enough, all must agree to fewer; nothing is scaled in while a
deployment goes on; the three suspensions; cooldowns, at SANDBOX_SPEED; what was done is in DescribeScalingActivities.
Nothing here measures load: a policy wants more or fewer tasks while its alarm is in ALARM, which a test sets with
SetAlarmState, and gets one task at a time, where AWS computes how many.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.cloudwatch.models import cloudwatch_backends

from sandbox.dataplane.tasks import schedule
from sandbox.emulator.services.ecs.model import Service
from sandbox.pace import wait_of

_COOLDOWN = 300  # seconds; AWS's default for ECS


class Autoscaler:
    """The autoscaler of one account and region. Call with the API lock held."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        self._since = schedule.now()
        self._acted: dict[str, float] = {}
        """Resource id -> when its policies last changed the number of tasks."""

    def tick(self, services: Sequence[Service]) -> None:
        """Do what is due since the last call."""
        since, self._since = self._since, schedule.now()
        by_id = {
            f"service/{one.cluster_name}/{one.name}": one for one in services if one.document["status"] == "ACTIVE"
        }
        backend = applicationautoscaling_backends[self._account][self._region]
        for target in [target for targets in backend.targets.values() for target in targets.values()]:
            if target.service_namespace == "ecs" and target.resource_id in by_id:
                service = by_id[target.resource_id]
                self._run_actions(backend, target, service, since)
                self._track(backend, target, service)

    def _run_actions(self, backend: Any, target: Any, service: Service, since: datetime) -> None:
        if _suspended(target, "ScheduledScalingSuspended"):
            return
        for action in _of(target, backend.scheduled_actions):
            made = datetime.fromtimestamp(action.creation_time, UTC)
            bounds = (_moment(action.start_time, datetime.min), _moment(action.end_time, datetime.max))
            if not bounds[0] <= self._since <= bounds[1]:
                continue
            if schedule.is_due(action.schedule, action.timezone, made, max(since, made), self._since):
                limits = action.scalable_target_action
                target.update(limits.get("MinCapacity"), limits.get("MaxCapacity"), None)
                cause = f"scheduled action name {action.scheduled_action_name} was triggered"
                self._set(backend, target, service, service.document["desiredCount"], cause)

    def _track(self, backend: Any, target: Any, service: Service) -> None:
        policies = [one for one in _of(target, backend.policies.values()) if one.policy_type == "TargetTrackingScaling"]
        wants = [self._wants(policy) for policy in policies]
        if any(want > 0 for want in wants):
            step, suspension, cooldown = 1, "DynamicScalingOutSuspended", "ScaleOutCooldown"
        elif wants and all(want < 0 for want in wants):
            step, suspension, cooldown = -1, "DynamicScalingInSuspended", "ScaleInCooldown"
        else:
            return
        configurations = [policy.target_tracking_scaling_policy_configuration for policy in policies]
        pause = wait_of(max(one.get(cooldown, _COOLDOWN) for one in configurations))
        rests = time.monotonic() - self._acted.get(target.resource_id, float("-inf")) < pause
        if rests or _suspended(target, suspension) or (step < 0 and service.primary.state == "IN_PROGRESS"):
            return
        cause = f"monitor alarm of {', '.join(policy.policy_name for policy in policies)} in state ALARM"
        if self._set(backend, target, service, service.document["desiredCount"] + step, cause):
            self._acted[target.resource_id] = time.monotonic()

    def _wants(self, policy: Any) -> int:
        """1 for more tasks, -1 for fewer."""
        alarms = cloudwatch_backends[self._account][self._region].alarms
        in_alarm = [alarm.name for alarm in policy.alarms if alarm.name in alarms and _in_alarm(alarms[alarm.name])]
        if any("-AlarmHigh-" in name for name in in_alarm):
            return 1
        return -1 if any("-AlarmLow-" in name for name in in_alarm) else 0

    def _set(self, backend: Any, target: Any, service: Service, wanted: int, cause: str) -> bool:
        """Set the number of tasks within the limits; False when it is that already."""
        count = min(max(wanted, target.min_capacity), target.max_capacity)
        if count == service.document["desiredCount"]:
            return False
        service.document["desiredCount"] = count
        now = time.time()
        activity = {
            "ActivityId": str(uuid.uuid4()),
            "ServiceNamespace": "ecs",
            "ResourceId": target.resource_id,
            "ScalableDimension": target.scalable_dimension,
            "Description": f"Setting desired count to {count}.",
            "Cause": cause,
            "StartTime": now,
            "EndTime": now,
            "StatusCode": "Successful",
            "StatusMessage": f"Successfully set desired count to {count}. Change successfully fulfilled by ecs.",
        }
        backend.sandbox_activities = [activity, *getattr(backend, "sandbox_activities", [])]
        return True


def _of(target: Any, things: Any) -> Iterator[Any]:
    """The policies or actions of a scalable target."""
    key = (target.service_namespace, target.resource_id, target.scalable_dimension)
    return (one for one in list(things) if (one.service_namespace, one.resource_id, one.scalable_dimension) == key)


def _suspended(target: Any, name: str) -> bool:
    return bool((target.suspended_state or {}).get(name))


def _in_alarm(alarm: Any) -> bool:
    return bool(alarm.state_value == "ALARM")


def _moment(value: Any, missing: datetime) -> datetime:
    return datetime.fromtimestamp(float(value), UTC) if value else missing.replace(tzinfo=UTC)
