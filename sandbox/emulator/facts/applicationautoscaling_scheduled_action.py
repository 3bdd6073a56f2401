"""A scheduled action needs a schedule that can be read, and limits of which the minimum is not above the maximum
(moto 5.2.5 accepts anything).

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

from sandbox.emulator.patch import wrap

SCHEDULE = re.compile(r"(at|rate|cron)\(.+\)")


def install() -> None:
    wrap(ApplicationAutoscalingBackend, "put_scheduled_action", _put)


def _put(original: Any, self: Any, **action: Any) -> None:
    limits = action["scalable_target_action"] or {}
    if not _known(self, action) and not (action["schedule"] and limits):
        raise AWSValidationException("A new scheduled action needs Schedule and ScalableTargetAction")
    if action["schedule"] and not SCHEDULE.fullmatch(action["schedule"]):
        raise AWSValidationException(f"Invalid schedule expression: {action['schedule']}")
    if limits.get("MinCapacity", 0) > limits.get("MaxCapacity", float("inf")):
        raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
    original(self, **action)


def _known(backend: Any, action: dict[str, Any]) -> bool:
    names = ("service_namespace", "resource_id", "scalable_dimension", "scheduled_action_name")
    return any(all(getattr(one, name) == action[name] for name in names) for one in backend.scheduled_actions)
