# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A task definition as ECS stores it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._core.compare import Conditional, fill_conditional
from .._core.shapes import Document

# What ECS fills in, or treats as the same as leaving it out (the data types in the Amazon ECS API Reference). Not among
# them is the mode of awslogs: its default is a setting of the account.
DEFAULTS = {
    "network_mode": "bridge",
    "enable_fault_injection": False,
    "container_definitions.cpu": 0,
    "container_definitions.essential": True,
    "container_definitions.privileged": False,
    "container_definitions.readonly_root_filesystem": False,
    "container_definitions.interactive": False,
    "container_definitions.pseudo_terminal": False,
    "container_definitions.disable_networking": False,
    "container_definitions.version_consistency": "enabled",
    "container_definitions.port_mappings.protocol": "tcp",
    "container_definitions.mount_points.read_only": False,
    "container_definitions.volumes_from.read_only": False,
    "container_definitions.linux_parameters.init_process_enabled": False,
    "container_definitions.linux_parameters.devices.permissions": ["read", "write", "mknod"],
    "container_definitions.health_check.interval": 30,
    "container_definitions.health_check.timeout": 5,
    "container_definitions.health_check.retries": 3,
    "container_definitions.health_check.start_period": 0,
    "container_definitions.restart_policy.restart_attempt_period": 300,
    "container_definitions.resource_requirements.sharing_strategy.nvidia_mps.max_compute_percent": 100,
    "volumes.docker_volume_configuration.scope": "task",
    "volumes.docker_volume_configuration.autoprovision": False,
    "volumes.docker_volume_configuration.driver": "local",
    "volumes.configured_at_launch": False,
    "volumes.efs_volume_configuration.root_directory": "/",
    "volumes.efs_volume_configuration.transit_encryption": "DISABLED",
    "volumes.efs_volume_configuration.authorization_config.iam": "DISABLED",
    "volumes.s3files_volume_configuration.root_directory": "/",
    "proxy_configuration.type": "APPMESH",
    "trusted_execution_configuration.isolation_mode": "SHARED",
}
UNORDERED = (
    "requires_compatibilities",
    "container_definitions",
    "container_definitions.port_mappings",
    "container_definitions.environment",
    "container_definitions.secrets",
    "container_definitions.mount_points",
    "container_definitions.volumes_from",
    "container_definitions.depends_on",
    "container_definitions.ulimits",
    "container_definitions.system_controls",
    "container_definitions.extra_hosts",
    "container_definitions.resource_requirements",
    "container_definitions.docker_security_options",
    "container_definitions.linux_parameters.capabilities.add",
    "container_definitions.linux_parameters.capabilities.drop",
    "container_definitions.linux_parameters.devices",
    "container_definitions.linux_parameters.devices.permissions",
    "container_definitions.linux_parameters.tmpfs",
    "container_definitions.linux_parameters.tmpfs.mount_options",
    "container_definitions.log_configuration.secret_options",
    "container_definitions.restart_policy.ignored_exit_codes",
    "volumes",
    "placement_constraints",
    "inference_accelerators",
    "proxy_configuration.properties",
)
CPU = re.compile(r"^\s*([0-9]*\.?[0-9]+)\s*vcpu\s*$", re.IGNORECASE)
MEMORY = re.compile(r"^\s*([0-9]*\.?[0-9]+)\s*gb\s*$", re.IGNORECASE)


def is_fargate(document: Mapping[str, Any]) -> bool:
    """Whether a document must suit FARGATE."""
    return "FARGATE" in document.get("requires_compatibilities", ())


# What ECS fills in because of another field, or treats as the same as leaving it out.
CONDITIONAL = (
    Conditional("runtime_platform", {}, lambda chain: is_fargate(chain[0])),
    Conditional("runtime_platform.cpu_architecture", "X86_64", lambda chain: is_fargate(chain[0])),
    Conditional("runtime_platform.operating_system_family", "LINUX", lambda chain: is_fargate(chain[0])),
    # ContainerDefinition: on instances it is the agent's setting.
    Conditional("container_definitions.stop_timeout", 30, lambda chain: is_fargate(chain[0])),
    # A log router is started as root, and stored so.
    Conditional("container_definitions.user", "0", lambda chain: bool(chain[-1].get("firelens_configuration"))),
    Conditional(
        "container_definitions.firelens_configuration.options.enable-ecs-log-metadata",
        "true",
        lambda chain: bool(chain[-2].get("type")),
        option=True,
    ),
    # LogConfiguration: an option of awslogs.
    Conditional(
        "container_definitions.log_configuration.options.awslogs-create-group",
        "false",
        lambda chain: chain[-2].get("log_driver") == "awslogs",
        option=True,
    ),
    # LinuxParameters: without max_swap it means nothing.
    Conditional(
        "container_definitions.linux_parameters.swappiness", 60, lambda chain: chain[-1].get("max_swap") is not None
    ),
)


def size(text: str, pattern: re.Pattern[str]) -> str:
    """Task CPU or memory in the units of the service: "0.5 vCPU" is "512", "1 GB" is "1024"."""
    match = pattern.match(text)
    return str(round(float(match.group(1)) * 1024)) if match else text.strip()


def to_ask(wanted: Mapping[str, Any]) -> Document:
    """What is asked for, with the one network mode that FARGATE has: ECS itself takes bridge, and then refuses it."""
    return {**({"network_mode": "awsvpc"} if is_fargate(wanted) else {}), **wanted}


def as_stored(document: Mapping[str, Any]) -> Document:
    """A normalized document with what ECS derives from other fields."""
    result = dict(document)
    for name, pattern in (("cpu", CPU), ("memory", MEMORY)):
        if name in result:
            result[name] = size(result[name], pattern)
    fill_conditional(result, CONDITIONAL)
    fixed = result["network_mode"] in ("awsvpc", "host")
    for container in result.get("container_definitions", []):
        linux = container.get("linux_parameters") or {}
        if linux.get("max_swap") is None:
            linux.pop("swappiness", None)  # it is ignored
        for port in container.get("port_mappings", []):
            if "container_port" in port and not port.get("host_port"):
                port["host_port"] = port["container_port"] if fixed else 0
    return result


def same_role(wanted: Any, current: Any) -> bool:
    """Whether a role given by its name is the one whose ARN ECS echoes."""
    if not isinstance(wanted, str) or not isinstance(current, str) or wanted.startswith("arn:"):
        return False
    return ":role/" in current and current.rsplit("/", 1)[-1] == wanted
