"""A scalable target shows its three suspensions (moto 5.2.5 shows only those that were given).

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_SuspendedState.html

What AWS does with the suspensions that a request leaves out was not checked against AWS; here they become false.
"""

from __future__ import annotations

from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

from sandbox.emulator.patch import wrap

SUSPENSIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


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
    if r_id not in self.targets.get(dimension, {}) or suspended_state is not None:
        suspended_state = {**dict.fromkeys(SUSPENSIONS, False), **(suspended_state or {})}
    return original(self, namespace, r_id, dimension, min_capacity, max_capacity, role_arn, suspended_state)
