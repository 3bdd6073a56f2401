# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What ELB fills in for a target group, and the attributes it knows. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from .._core.problem import Problem
from .._core.refusal import InvalidParameters
from .._core.shapes import Document

# ModifyTargetGroupAttributes' documentation. The service decides; this list only finds misspelled names.
ATTRIBUTES = (
    "deregistration_delay.connection_termination.enabled",
    "deregistration_delay.timeout_seconds",
    "lambda.multi_value_headers.enabled",
    "load_balancing.algorithm.anomaly_mitigation",
    "load_balancing.algorithm.type",
    "load_balancing.cross_zone.enabled",
    "preserve_client_ip.enabled",
    "proxy_protocol_v2.enabled",
    "slow_start.duration_seconds",
    "stickiness.app_cookie.cookie_name",
    "stickiness.app_cookie.duration_seconds",
    "stickiness.enabled",
    "stickiness.lb_cookie.duration_seconds",
    "stickiness.type",
    "target_failover.on_deregistration",
    "target_failover.on_unhealthy",
    "target_group_health.dns_failover.minimum_healthy_targets.count",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
    "target_health_state.unhealthy.connection_termination.enabled",
    "target_health_state.unhealthy.draining_interval_seconds",
)
_WEB = ("HTTP", "HTTPS")
# How attributes say yes and no, by the end of their key. YAML and Jinja have more words for it: an unquoted `off`
# arrives as a boolean, a quoted `no` as text.
_SWITCHES = ((".enabled", "true", "false"), (".anomaly_mitigation", "on", "off"), (".percentage", "on", "off"))
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")
_NUMBERS = ("_seconds", ".count", ".percentage")
# The health checks of groups that are not a web server's, from CreateTargetGroup's documentation. For a lambda it gives
# 5 as unhealthy_threshold_count, but the answer in the example of `aws elbv2 create-target-group` has 2, which is
# taken. Neither was checked against AWS.
_OF_GENEVE = {
    "health_check_port": "80",
    "health_check_interval_seconds": 10,
    "health_check_timeout_seconds": 5,
}
_OF_LAMBDA = {
    "health_check_enabled": False,
    "health_check_interval_seconds": 35,
    "health_check_timeout_seconds": 30,
    "health_check_path": "/",
    "healthy_threshold_count": 5,
    "unhealthy_threshold_count": 2,
    "matcher": {"http_code": "200"},
}


def attribute_values(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Attributes as the service writes them: strings, booleans as true and false, whole numbers without a point."""
    return {str(key): _spelled(str(key), value) for key, value in attributes.items()}


def _spelled(key: str, value: Any) -> str:
    text = str(value)
    for ending, true, false in _SWITCHES:
        if key.endswith(ending):
            text = true if text.lower() in _TRUE else false if text.lower() in _FALSE else text
    if key.endswith(_NUMBERS) and text.removesuffix(".0").isdecimal():
        return text.removesuffix(".0")
    return text.lower() if isinstance(value, bool) else text


def check_attributes(attributes: Mapping[str, Any] | None) -> None:
    """Raise InvalidParameters for an attribute that is nearly one that ELB knows."""
    slips = []
    for key in attributes or {}:
        close = difflib.get_close_matches(key, ATTRIBUTES, n=1, cutoff=0.8)
        if key not in ATTRIBUTES and close:
            slips.append(Problem(f"attribute {key}", "target groups have no such attribute", f"use {close[0]}"))
    if slips:
        raise InvalidParameters(*slips)


def check_name(name: str) -> None:
    """Raise InvalidParameters for a name that ELB would refuse."""
    right = name.isascii() and name.replace("-", "").isalnum() and not name.startswith("-") and not name.endswith("-")
    if not right or len(name) > 32 or name.startswith("internal-"):
        raise InvalidParameters(
            Problem(
                f"name is {name!r}, which has {len(name)} characters",
                "ELB takes at most 32 letters, digits and hyphens, none at either end, not internal- at the beginning",
                "give it another name",
            )
        )


def service_defaults(document: Mapping[str, Any]) -> Document:
    """What ELB fills in for a target group of this protocol and type."""
    target_type = document.get("target_type", "instance")
    filled: Document = {"target_type": target_type, "ip_address_type": "ipv4"}
    if target_type == "lambda":
        return {**filled, **_OF_LAMBDA}
    protocol = document.get("protocol")
    if protocol in _WEB:
        filled["protocol_version"] = "HTTP1"
    check = document.get("health_check_protocol") or (protocol if protocol in _WEB else "TCP")
    filled |= {
        "health_check_enabled": True,
        "health_check_protocol": check,
        "health_check_port": "traffic-port",
        "health_check_interval_seconds": 30,
        "health_check_timeout_seconds": 5 if protocol in _WEB else 10 if check in ("TCP", "HTTPS") else 6,
        "healthy_threshold_count": 5,
        "unhealthy_threshold_count": 2,
    }
    if protocol == "GENEVE":
        filled |= _OF_GENEVE
    if check in _WEB:
        grpc = document.get("protocol_version") == "GRPC"
        filled["health_check_path"] = "/AWS.ALB/healthcheck" if grpc else "/"
        filled["matcher"] = {"grpc_code": "12"} if grpc else {"http_code": "200" if protocol in _WEB else "200-399"}
    return filled
