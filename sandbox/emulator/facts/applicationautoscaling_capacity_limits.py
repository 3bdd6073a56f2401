"""A new scalable target needs a minimum and a maximum, and no target has a minimum above its maximum
(moto 5.2.5 accepts both).

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

from __future__ import annotations

from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(ApplicationAutoscalingBackend, "register_scalable_target", _register)


def _register(
    original: Any,
    self: Any,
    namespace: str,
    r_id: str,
    dimension: str,
    min_capacity: int | None,
    max_capacity: int | None,
    role_arn: str | None,
    suspended_state: dict[str, bool] | None,
) -> Any:
    known = self.targets.get(dimension, {}).get(r_id)
    minimum = known.min_capacity if known is not None and min_capacity is None else min_capacity
    maximum = known.max_capacity if known is not None and max_capacity is None else max_capacity
    if minimum is None or maximum is None:
        raise AWSValidationException("Both MinCapacity and MaxCapacity must be specified for a new scalable target.")
    if minimum > maximum:
        raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
    return original(self, namespace, r_id, dimension, min_capacity, max_capacity, role_arn, suspended_state)
