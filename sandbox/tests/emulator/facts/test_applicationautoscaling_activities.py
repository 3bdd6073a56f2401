"""DescribeScalingActivities answers; dataplane/tasks/test_scaling.py has activities."""

from __future__ import annotations

from typing import Any


def test_nothing_scales_without_a_data_plane(scaling: Any) -> None:
    assert scaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"] == []
