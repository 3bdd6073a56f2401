"""The metric ALBRequestCountPerTarget needs the resource label of a load balancer's target group
(moto 5.2.5 accepts a policy without one).

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

from sandbox.emulator.patch import wrap

RESOURCE_LABEL = re.compile(r"app/[^/]+/[^/]+/targetgroup/[^/]+/[^/]+")


def install() -> None:
    wrap(ApplicationAutoscalingBackend, "put_scaling_policy", _put)


def _put(
    original: Any,
    self: Any,
    policy_name: str,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
    policy_body: dict[str, Any],
    policy_type: str | None,
) -> Any:
    metric = (policy_body or {}).get("PredefinedMetricSpecification", {})
    label = metric.get("ResourceLabel", "")
    if metric.get("PredefinedMetricType") == "ALBRequestCountPerTarget" and not RESOURCE_LABEL.fullmatch(label):
        raise AWSValidationException(f"Invalid resource label: '{label}'")
    key = (service_namespace, resource_id, scalable_dimension)
    return original(self, policy_name, *key, policy_body, policy_type)
