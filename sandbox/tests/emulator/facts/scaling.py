"""Requests of Application Auto Scaling that its tests share."""

from __future__ import annotations

SERVICE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/sales-prod/sales-prod-catalog",
    "ScalableDimension": "ecs:service:DesiredCount",
}
TRACKING = {
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 60.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    },
}
NIGHT = {
    "ScheduledActionName": "night",
    "Schedule": "cron(0 20 * * ? *)",
    "ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 0},
}
