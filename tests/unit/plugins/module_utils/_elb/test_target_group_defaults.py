"""What ELB fills in for a target group, and how it spells attributes."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.target_group_defaults import (
    attribute_values,
    service_defaults,
)


@pytest.mark.parametrize(
    ("key", "given", "answered"),
    [
        ("stickiness.enabled", True, "true"),
        ("stickiness.enabled", "True", "true"),
        ("stickiness.enabled", "no", "false"),
        ("stickiness.enabled", "off", "false"),
        ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration", "use_load_balancer_configuration"),
        ("load_balancing.algorithm.anomaly_mitigation", True, "on"),
        ("target_group_health.dns_failover.minimum_healthy_targets.percentage", False, "off"),
        ("target_group_health.dns_failover.minimum_healthy_targets.percentage", 50.0, "50"),
        ("deregistration_delay.timeout_seconds", 300, "300"),
        ("deregistration_delay.timeout_seconds", 300.0, "300"),
        ("deregistration_delay.timeout_seconds", "300.0", "300"),
        ("deregistration_delay.timeout_seconds", "300.5", "300.5"),
        ("stickiness.app_cookie.cookie_name", "no", "no"),
        ("stickiness.app_cookie.cookie_name", "2.0", "2.0"),
        ("something.new", True, "true"),
    ],
)
def test_an_attribute_is_spelled_as_elb_returns_it(key, given, answered):
    assert attribute_values({key: given}) == {key: answered}


@pytest.mark.parametrize(
    ("document", "filled"),
    [
        (
            {"protocol": "HTTP"},
            {"port": "traffic-port", "interval_seconds": 30, "timeout_seconds": 5, "protocol": "HTTP", "path": "/"},
        ),
        (
            {"protocol": "TCP"},
            {"port": "traffic-port", "interval_seconds": 30, "timeout_seconds": 10, "protocol": "TCP", "path": None},
        ),
        (
            {"protocol": "GENEVE"},
            {"port": "80", "interval_seconds": 10, "timeout_seconds": 5, "protocol": "TCP", "path": None},
        ),
        (
            {"target_type": "lambda"},
            {"port": None, "interval_seconds": 35, "timeout_seconds": 30, "protocol": None, "path": "/"},
        ),
    ],
    ids=["HTTP", "TCP", "GENEVE", "lambda"],
)
def test_what_is_filled_in_for_a_health_check(document, filled):
    defaults = service_defaults(document)
    assert {name: defaults.get(f"health_check_{name}") for name in filled} == filled
    assert defaults["health_check_enabled"] is (document != {"target_type": "lambda"})
    assert (defaults["healthy_threshold_count"], defaults["unhealthy_threshold_count"]) == (5, 2)
