"""The scalable target of an ECS service has the service-linked role, whatever role it was given
(moto 5.2.5 keeps the role that was given).

Source: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
"""

from __future__ import annotations

from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.utilities.utils import get_partition

from sandbox.emulator.patch import wrap

_PATH = "aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"


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
    if namespace == "ecs":
        role_arn = f"arn:{get_partition(self.region_name)}:iam::{self.account_id}:role/{_PATH}"
    return original(self, namespace, r_id, dimension, min_capacity, max_capacity, role_arn, suspended_state)
