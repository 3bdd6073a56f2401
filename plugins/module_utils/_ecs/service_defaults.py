# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What ECS fills in, what of a change must be sent to it, and what starts new tasks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._core.compare import Conditional, fill_conditional
from .._core.shapes import Document
from .strategy import DEFAULTS as SHIFT_DEFAULTS
from .strategy import of_strategy

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
    "deployment_configuration.lifecycle_hooks.timeout_configuration": {},
    "deployment_configuration.lifecycle_hooks.timeout_configuration.timeout_in_minutes": 1440,
    "deployment_configuration.lifecycle_hooks.timeout_configuration.action": "ROLLBACK",
    "deployment_configuration.alarms.enable": False,
    "deployment_configuration.alarms.rollback": False,
    "network_configuration.awsvpc_configuration.assign_public_ip": "DISABLED",
    "capacity_provider_strategy.base": 0,
    "capacity_provider_strategy.weight": 0,
    "service_connect_configuration.access_log_configuration.include_query_parameters": "DISABLED",
    "service_connect_configuration.container_configurations.log_level": "info",
    "volume_configurations.managed_ebs_volume.filesystem_type": "xfs",
    "volume_configurations.managed_ebs_volume.tag_specifications.propagate_tags": "NONE",
    "gateway_connectors.deregistration_delay.timeout_seconds": 300,
}
# What ECS fills in because of another field, or treats as the same as leaving it out.
CONDITIONAL = (
    # ServiceManagedEBSVolumeConfiguration: the default for gp3.
    Conditional(
        "volume_configurations.managed_ebs_volume.iops", 3000, lambda chain: chain[-1].get("volume_type") == "gp3"
    ),
    # LogConfiguration: an option of awslogs.
    Conditional(
        "service_connect_configuration.log_configuration.options.awslogs-create-group",
        "false",
        lambda chain: chain[-2].get("log_driver") == "awslogs",
        option=True,
    ),
)
# DeploymentConfiguration in the API reference, of the daemon service schedule.
DAEMON_PERCENTS: Document = {"maximum_percent": 100, "minimum_healthy_percent": 0}
# PlacementStrategy in the API reference: host has the same effect as instanceId. ECS answers with MEMORY and CPU for
# the names that it accepts (hashicorp/terraform-provider-aws, flattenServicePlacementStrategy).
PLACEMENT_FIELDS = {"host": "instanceId", "MEMORY": "memory", "CPU": "cpu"}
UNORDERED = (
    "capacity_provider_strategy",
    "deployment_configuration.alarms.alarm_names",
    "deployment_configuration.lifecycle_hooks.lifecycle_stages",
    "load_balancers",
    "network_configuration.awsvpc_configuration.security_groups",
    "network_configuration.awsvpc_configuration.subnets",
    "monitoring.metric_configurations.metric_names",
    "monitoring.metric_configurations",
    "placement_constraints",
    "service_connect_configuration.services",
    "service_registries",
    "volume_configurations",
    "vpc_lattice_configurations",
)
# UpdateService in the API reference: these reach running tasks only through a forced deployment.
REACH_TASKS_WHEN_FORCED = frozenset(
    {"capacity_provider_strategy", "enable_ecs_managed_tags", "enable_execute_command", "propagate_tags"}
)
# How an UpdateService removes a structure; of a list the empty list says so. That ECS takes the second one for
# "the usual resolution" was not checked against AWS.
CLEARED: Document = {
    "service_connect_configuration": {"enabled": False},
    "monitoring": {"metricConfigurations": []},
}


def service_defaults(document: Mapping[str, Any]) -> Document:
    """What ECS fills in for a service of this scheduling strategy, by dotted path."""
    if document.get("scheduling_strategy") != "DAEMON":
        return DEFAULTS
    name = "deployment_configuration"
    percents = {f"{name}.{field}": percent for field, percent in DAEMON_PERCENTS.items()}
    return {**DEFAULTS, name: {**DEFAULTS[name], **DAEMON_PERCENTS}, **percents}


def as_kept(document: Mapping[str, Any]) -> Document:
    """A normalized document without what is the same as nothing to ECS, and in the words that it answers with."""
    result = _without_off(document, "service_connect_configuration", "enabled")
    configuration = _without_off(result["deployment_configuration"], "early_success_criteria", "enable")
    result["deployment_configuration"] = of_strategy(configuration)
    for one in (result.get("service_connect_configuration") or {}).get("services", []):
        if "port_name" in one:
            one.setdefault("discovery_name", one["port_name"])  # ServiceConnectService
    fill_conditional(result, CONDITIONAL)
    if result["scheduling_strategy"] == "DAEMON":
        result.pop("desired_count")  # there is a task on each instance
    for rule in result.get("placement_strategy", []):
        if "field" in rule:
            rule["field"] = PLACEMENT_FIELDS.get(rule["field"], rule["field"])
    return result


def _without_off(document: Mapping[str, Any], name: str, switch: str) -> Document:
    """A copy without a setting that is switched off: ECS need not echo it, and what else it says means nothing."""
    setting = document.get(name)
    off = isinstance(setting, Mapping) and not setting.get(switch)
    return {key: value for key, value in document.items() if not (off and key == name)}


def needs_force(changes: Iterable[str]) -> bool:
    """Whether a change reaches the running tasks only when a new deployment is forced."""
    return not REACH_TASKS_WHEN_FORCED.isdisjoint(changes)


def clears_hooks(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the lifecycle hooks go: ECS keeps what an update does not name, so it must be sent."""
    name, hooks = "deployment_configuration", "lifecycle_hooks"
    return bool((before.get(name) or {}).get(hooks)) and not (after.get(name) or {}).get(hooks)


def to_send(document: Mapping[str, Any], before: Mapping[str, Any], wanted: Mapping[str, Any]) -> Document:
    """A document for a request: without defaults that nobody asked for, which an older API may not know.

    document: what is to be; before: what is there; wanted: what was asked for.
    """
    name, early = "deployment_configuration", "early_success_criteria"
    if name not in document:
        return dict(document)
    asked, there = wanted.get(name) or {}, before.get(name) or DEPLOYMENT_CONFIGURATION
    pruned = {
        key: _breaker(value, asked.get(key) or {}, there[key]) if key == "deployment_circuit_breaker" else value
        for key, value in document[name].items()
        if key in asked or value != DEPLOYMENT_CONFIGURATION.get(key) or value != there.get(key)
    }
    if early in there and early not in document[name]:
        pruned[early] = {"enable": False}
    return {**document, name: pruned}


def _breaker(breaker: Document, asked: Mapping[str, Any], there: Mapping[str, Any]) -> Document:
    """The circuit breaker with what the API requires of it, what is asked for, what is unusual and what changes."""
    usual = DEPLOYMENT_CONFIGURATION["deployment_circuit_breaker"]
    return {
        name: inner
        for name, inner in breaker.items()
        if name in ("enable", "rollback") or name in asked or inner != usual.get(name) or inner != there.get(name)
    }
