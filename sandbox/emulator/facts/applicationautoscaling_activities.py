"""DescribeScalingActivities lists what scaling did, newest first (moto 5.2.5 does not implement it).

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingActivities.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse


def install() -> None:
    ApplicationAutoScalingResponse.describe_scaling_activities = _describe


def _describe(self: Any) -> str:
    """What sandbox.dataplane.tasks.scaling did; without a data plane nothing scales."""
    activities = getattr(self.applicationautoscaling_backend, "sandbox_activities", [])
    names = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    asked = {name: self._get_param(name) for name in names if self._get_param(name)}
    found = [one for one in activities if all(one[name] == value for name, value in asked.items())]
    return json.dumps({"ScalingActivities": found[: self._get_int_param("MaxResults", 50)]})
