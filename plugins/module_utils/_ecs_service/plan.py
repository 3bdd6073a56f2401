# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What ECS fills in, what of a change it must be told, and what starts new tasks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._shapes import Document
from .shift import DEFAULTS as SHIFT_DEFAULTS

# CreateService and DeploymentConfiguration in the API reference.
DEPLOYMENT_CONFIGURATION: Document = {
    "deployment_circuit_breaker": {
        "enable": False,
        "rollback": False,
        "reset_on_healthy_task": True,
        "threshold_configuration": {"type": "BOUNDED_PERCENT", "value": 50},
    },
    "maximum_percent": 200,
    "minimum_healthy_percent": 100,
    "alarms": {"enable": False, "rollback": False},
    "strategy": "ROLLING",
    "bake_time_in_minutes": 0,
}
DEFAULTS: Document = {
    "desired_count": 1,
    "scheduling_strategy": "REPLICA",
    "propagate_tags": "NONE",
    "enable_ecs_managed_tags": False,
    "enable_execute_command": False,
    "health_check_grace_period_seconds": 0,
    "deployment_configuration": DEPLOYMENT_CONFIGURATION,
    **{f"deployment_configuration.{name}": value for name, value in DEPLOYMENT_CONFIGURATION.items()},
    **{
        f"deployment_configuration.deployment_circuit_breaker.{name}": value
        for name, value in DEPLOYMENT_CONFIGURATION["deployment_circuit_breaker"].items()
    },
    **{
        f"deployment_configuration.{setting}.{name}": value
        for setting, values in SHIFT_DEFAULTS.items()
        for name, value in values.items()
    },
    "deployment_configuration.lifecycle_hooks.target_type": "AWS_LAMBDA",
    # DeploymentLifecycleHookTimeoutConfiguration
    "deployment_configuration.lifecycle_hooks.timeout_configuration.timeout_in_minutes": 1440,
    "deployment_configuration.lifecycle_hooks.timeout_configuration.action": "ROLLBACK",
    "deployment_configuration.alarms.enable": False,
    "deployment_configuration.alarms.rollback": False,
    "network_configuration.awsvpc_configuration.assign_public_ip": "DISABLED",
    "capacity_provider_strategy.base": 0,
    "capacity_provider_strategy.weight": 0,
}
UNORDERED = (
    "capacity_provider_strategy",
    "deployment_configuration.alarms.alarm_names",
    "deployment_configuration.lifecycle_hooks.lifecycle_stages",
    "load_balancers",
    "network_configuration.awsvpc_configuration.security_groups",
    "network_configuration.awsvpc_configuration.subnets",
    "placement_constraints",
    "service_registries",
)
# UpdateService in the API reference: these reach running tasks only through a forced deployment.
REACH_TASKS_WHEN_FORCED = frozenset(
    {"capacity_provider_strategy", "enable_ecs_managed_tags", "enable_execute_command", "propagate_tags"}
)


def short_name(reference: str) -> str:
    """The name in an ARN or a name: "sales-prod" of arn:aws:ecs:us-east-1:1:cluster/sales-prod."""
    return reference.rpartition("/")[2]


def needs_force(changes: Iterable[str]) -> bool:
    """Whether a change reaches the running tasks only when a new deployment is forced."""
    return not REACH_TASKS_WHEN_FORCED.isdisjoint(changes)


def clears_hooks(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the lifecycle hooks go: ECS keeps what an update does not name, so it must be told."""
    name, hooks = "deployment_configuration", "lifecycle_hooks"
    return bool((before.get(name) or {}).get(hooks)) and not (after.get(name) or {}).get(hooks)


def to_send(document: Mapping[str, Any], before: Mapping[str, Any], wanted: Mapping[str, Any]) -> Document:
    """A document for a request: without defaults that nobody asked for, which an older API may not know.

    document: what is to be; before: what is there; wanted: what was asked for.
    """
    name = "deployment_configuration"
    if name not in document:
        return dict(document)
    asked, there = wanted.get(name) or {}, before.get(name) or DEPLOYMENT_CONFIGURATION
    pruned = {
        key: _asked_of(key, value, asked)
        for key, value in document[name].items()
        if key in asked or value != DEPLOYMENT_CONFIGURATION.get(key) or value != there.get(key)
    }
    return {**document, name: pruned}


def _asked_of(key: str, value: Any, asked: Mapping[str, Any]) -> Any:
    """The circuit breaker with what the API requires of it, what is asked for and what is unusual."""
    if key != "deployment_circuit_breaker":
        return value
    usual = DEPLOYMENT_CONFIGURATION[key]
    return {
        name: inner
        for name, inner in value.items()
        if name in ("enable", "rollback") or name in asked.get(key, {}) or inner != usual.get(name)
    }
