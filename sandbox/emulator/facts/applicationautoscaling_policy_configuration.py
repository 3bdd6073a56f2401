"""A new scaling policy has the configuration of its type, and cooldowns are not negative (moto 5.2.5 takes what comes).

The wording could not be checked against AWS.

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
"""

from __future__ import annotations

from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from sandbox.emulator.parsed_request import parsed
from sandbox.emulator.patch import wrap

_CONFIGURATIONS = {
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "StepScaling": "StepScalingPolicyConfiguration",
    "PredictiveScaling": "PredictiveScalingPolicyConfiguration",
}
_COOLDOWNS = ("ScaleInCooldown", "ScaleOutCooldown", "Cooldown")


def install() -> None:
    wrap(ApplicationAutoScalingResponse, "put_scaling_policy", _put)


def _put(original: Any, self: Any) -> Any:
    request = parsed(self)
    problem = _problem(request.given if request else {})
    if problem:
        raise AWSValidationException(problem)
    return original(self)


def _problem(policy: dict[str, Any]) -> str | None:
    kind = policy.get("PolicyType")
    for of_type, name in _CONFIGURATIONS.items():
        if kind and bool(policy.get(name)) != (kind == of_type):
            return f"{_CONFIGURATIONS[kind]} and no other configuration must be specified with the policy type {kind}"
    configuration = policy.get(_CONFIGURATIONS.get(str(kind), "")) or {}
    if any((configuration.get(name) or 0) < 0 for name in _COOLDOWNS):
        return "Cooldowns must be 0 or a positive number of seconds"
    return None
