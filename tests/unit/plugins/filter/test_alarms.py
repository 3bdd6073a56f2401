"""The alarms on target groups: two for each, by names that stay."""

from __future__ import annotations

from ansible_collections.quilt.mcp_server.plugins.filter.alarms import target_group_alarms

PREFIX = "arn:aws:elasticloadbalancing:us-east-1:850787717197:"
BALANCER = f"{PREFIX}loadbalancer/app/sales-prod-alb/01ab"
GROUPS = [f"{PREFIX}targetgroup/tg/23cd", f"{PREFIX}targetgroup/tg-b/45ef"]
INPUTS = {"name": "web", "load_balancer_arn": BALANCER, "faults": 5, "unhealthy_minutes": 2}


def test_two_alarms_for_each_target_group() -> None:
    alarms = target_group_alarms(GROUPS, **INPUTS)
    assert [one["alarm_name"] for one in alarms] == [
        "web-faults",
        "web-unhealthy",
        "web-faults-b",
        "web-unhealthy-b",
    ]
    faults, unhealthy, *_second = alarms
    assert (faults["metric_name"], faults["statistic"], faults["threshold"]) == ("HTTPCode_Target_5XX_Count", "Sum", 5)
    assert (unhealthy["metric_name"], unhealthy["evaluation_periods"]) == ("UnHealthyHostCount", 2)
    assert faults["dimensions"] == [
        {"name": "LoadBalancer", "value": "app/sales-prod-alb/01ab"},
        {"name": "TargetGroup", "value": "targetgroup/tg/23cd"},
    ]
    assert alarms[2]["dimensions"][1]["value"] == "targetgroup/tg-b/45ef"


def test_a_group_that_check_mode_cannot_know_makes_its_dimension_unknown() -> None:
    assert target_group_alarms(["known-after-apply"], **INPUTS)[0]["dimensions"][1]["value"] == "known-after-apply"
    assert target_group_alarms([], **INPUTS) == []
