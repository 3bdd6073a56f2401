"""The metric alarm of CloudWatch."""

from __future__ import annotations

from tests.kinds import Conflict, Kind

BALANCER = {"name": "LoadBalancer", "value": "app/sales-prod-alb/1"}
FULL = {
    "namespace": "AWS/ApplicationELB",
    "metric_name": "HTTPCode_Target_5XX_Count",
    "dimensions": [{"name": "TargetGroup", "value": "targetgroup/sales-prod-mcp-server-tg/1"}, BALANCER],
    "statistic": "Sum",
    "period": 60,
    "evaluation_periods": 1,
    "threshold": 5.0,
    "comparison_operator": "GreaterThanThreshold",
    "treat_missing_data": "notBreaching",
    "alarm_actions": ["arn:aws:sns:us-east-1:850787717197:operators"],
}

KIND = Kind(
    module="cloudwatch_alarm",
    identity={"alarm_name": "sales-prod-mcp-server-production-faults"},
    full=FULL,
    changes={
        "metric_name": "HTTPCode_Target_4XX_Count",
        "dimensions": [BALANCER],
        "statistic": "Maximum",
        "period": 120,
        "evaluation_periods": 2,
        "threshold": 6.0,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        "treat_missing_data": "ignore",
        "alarm_description": "other",
        "actions_enabled": False,
    },
    clear={"alarm_actions": []},
    unpredictable=frozenset({"state_value"}),
    tag=lambda cloudwatch, alarm, tags: cloudwatch.tag_resource(
        ResourceARN=alarm["alarm_arn"], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    ),
    replace=None,
    conflict=Conflict(
        code="ConcurrentModificationException",
        runs=(FULL, {**FULL, "tags": {"team": "x"}}, {**FULL, "tags": {}, "purge_tags": True}),
        unaware=frozenset({"PutMetricAlarm"}),
    ),
)
