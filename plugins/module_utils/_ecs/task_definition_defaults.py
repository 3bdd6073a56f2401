# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A task definition as ECS stores it. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .._core.problem import Problem
from .._core.refusal import InvalidParameters
from .._core.shapes import KNOWN_AFTER_APPLY, Document
from .task_definition_references import reference_problems

# What ECS fills in, or treats as the same as leaving it out.
DEFAULTS = {
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
    "container_definitions.health_check.interval": 30,
    "container_definitions.health_check.timeout": 5,
    "container_definitions.health_check.retries": 3,
    "container_definitions.health_check.start_period": 0,
    "container_definitions.restart_policy.restart_attempt_period": 60,
    "volumes.docker_volume_configuration.scope": "task",
    "volumes.docker_volume_configuration.autoprovision": False,
    "volumes.docker_volume_configuration.driver": "local",
    "volumes.configured_at_launch": False,
    "volumes.efs_volume_configuration.root_directory": "/",
    "volumes.efs_volume_configuration.transit_encryption": "DISABLED",
    "volumes.efs_volume_configuration.authorization_config.iam": "DISABLED",
    "proxy_configuration.type": "APPMESH",
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
ROUTER_USER = "0"  # ECS starts a FireLens router as root, and stores it so
PLATFORM = {"cpu_architecture": "X86_64", "operating_system_family": "LINUX"}
_CPU = re.compile(r"^\s*([0-9]*\.?[0-9]+)\s*vcpu\s*$", re.IGNORECASE)
_MEMORY = re.compile(r"^\s*([0-9]*\.?[0-9]+)\s*gb\s*$", re.IGNORECASE)
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html: CPU units to MiB.
FARGATE_SIZES = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}


def size(text: str, pattern: re.Pattern[str]) -> str:
    """Task CPU or memory in the units of the service: "0.5 vCPU" is "512", "1 GB" is "1024"."""
    match = pattern.match(text)
    return str(round(float(match.group(1)) * 1024)) if match else text.strip()


def is_fargate(document: Mapping[str, Any]) -> bool:
    """Whether a document must suit FARGATE."""
    return "FARGATE" in document.get("requires_compatibilities", ())


def to_ask(wanted: Mapping[str, Any]) -> Document:
    """What is asked for, with the one network mode that FARGATE has: ECS itself takes bridge, and then refuses it."""
    return {**({"network_mode": "awsvpc"} if is_fargate(wanted) else {}), **wanted}


def as_stored(document: Mapping[str, Any]) -> Document:
    """A normalized document with what ECS derives from other fields."""
    result = dict(document)
    for name, pattern in (("cpu", _CPU), ("memory", _MEMORY)):
        if name in result:
            result[name] = size(result[name], pattern)
    result.setdefault("network_mode", "bridge")
    if is_fargate(result):
        result["runtime_platform"] = {**PLATFORM, **result.get("runtime_platform", {})}
    fixed = result["network_mode"] in ("awsvpc", "host")
    for container in result.get("container_definitions", []):
        if container.get("firelens_configuration"):
            container.setdefault("user", ROUTER_USER)
        for port in container.get("port_mappings", []):
            if "container_port" in port and not port.get("host_port"):
                port["host_port"] = port["container_port"] if fixed else 0
    return result


def check(wanted: Mapping[str, Any]) -> None:
    """Raise InvalidParameters for what the model allows and ECS does not; all of it in one message."""
    problems = [
        *_container_problems(wanted.get("container_definitions", [])),
        *_fargate_problems(wanted),
        *reference_problems(wanted),
    ]
    if problems:
        raise InvalidParameters(*problems)


def _container_problems(containers: list[Document]) -> list[Problem]:
    problems = []
    for index, container in enumerate(containers):
        where = f"container_definitions[{index}]"
        problems += [
            Problem(f"{where}.{name} is not given", "ECS requires it of every container", f"set {where}.{name}")
            for name in ("name", "image")
            if not container.get(name)
        ]
        for field in ("environment", "secrets"):
            problems += [
                Problem(f"{where}.{field} names {name} more than once", "a variable has one value", "keep one of them")
                for name in _twice(pair.get("name") for pair in container.get(field, []))
            ]
    problems += [
        Problem(
            f"container_definitions has more than one container {name}",
            "a name stands for one container of the task",
            "give each a name of its own",
        )
        for name in _twice(container.get("name") for container in containers if container.get("name"))
    ]
    if not containers:
        problems.append(Problem("container_definitions is empty", "a task needs at least one container", "give one"))
    elif not any(container.get("essential", True) for container in containers):
        problems.append(
            Problem(
                "container_definitions has no essential container",
                "a task needs at least one, with which it ends",
                "set essential: true for one of them",
            )
        )
    return problems


def _twice(names: Iterable[Any]) -> list[str]:
    """The names that are there more than once."""
    return sorted(str(name) for name, count in Counter(names).items() if count > 1)


def _fargate_problems(wanted: Mapping[str, Any]) -> list[Problem]:
    if not is_fargate(wanted):
        return []
    problems = []
    mode = wanted["network_mode"]
    if mode not in ("awsvpc", KNOWN_AFTER_APPLY):
        problems.append(Problem(f"network_mode is {mode}", "FARGATE needs awsvpc", "set network_mode to awsvpc"))
    if not wanted.get("cpu") or not wanted.get("memory"):
        missing = " and ".join(name for name in ("cpu", "memory") if not wanted.get(name))
        both = Problem(f"the task has no {missing}", "FARGATE needs cpu and memory for the task", f"set {missing}")
        return [*problems, both]
    cpu, memory = size(wanted["cpu"], _CPU), size(wanted["memory"], _MEMORY)
    if not cpu.isdigit() or not memory.isdigit():
        units = Problem(
            f"cpu is {wanted['cpu']}, memory is {wanted['memory']}",
            "FARGATE takes CPU units and MiB",
            "set cpu to a number such as 512, and memory to one such as 1024",
        )
        return [*problems, units]
    # A CPU size that is not in the table may be newer than this release: the service judges.
    if int(cpu) in FARGATE_SIZES and int(memory) not in FARGATE_SIZES[int(cpu)]:
        choices = ", ".join(map(str, FARGATE_SIZES[int(cpu)]))
        problems.append(
            Problem(
                f"cpu is {cpu}, memory is {memory}",
                f"FARGATE has no task of {cpu} CPU units with {memory} MiB",
                f"set memory to one of {choices}, or change cpu",
            )
        )
    return problems


def same_role(wanted: Any, current: Any) -> bool:
    """Whether a role given by its name is the one whose ARN ECS echoes."""
    if not isinstance(wanted, str) or not isinstance(current, str) or wanted.startswith("arn:"):
        return False
    return ":role/" in current and current.rsplit("/", 1)[-1] == wanted
