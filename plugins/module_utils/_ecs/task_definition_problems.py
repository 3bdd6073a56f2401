# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What ECS refuses of a task definition, although its model allows it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._core.problem import Problem
from .._core.refusal import InvalidParameters
from .._core.shapes import KNOWN_AFTER_APPLY, Document
from .task_definition_defaults import CPU, MEMORY, is_fargate, size
from .task_definition_references import reference_problems

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
# "Amazon ECS task definition differences for Fargate" in the developer guide: what a container cannot have there.
NOT_ON_FARGATE = (
    "disable_networking",
    "dns_search_domains",
    "dns_servers",
    "docker_security_options",
    "extra_hosts",
    "links",
    "privileged",
)
FARGATE_LOG_DRIVERS = ("awsfirelens", "awslogs", "splunk")
LONGEST_STOP = 120


def check(wanted: Mapping[str, Any]) -> None:
    """Raise InvalidParameters for what the model allows and ECS does not; all of it in one message."""
    problems = [
        *container_problems(wanted.get("container_definitions", [])),
        *_fargate_problems(wanted),
        *volume_problems(wanted.get("volumes", [])),
        *reference_problems(wanted),
    ]
    if problems:
        raise InvalidParameters(*problems)


def container_problems(containers: list[Document]) -> list[Problem]:
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
    problems += fargate_problems(wanted.get("container_definitions", []), wanted.get("volumes", []))
    cpu, memory = size(wanted["cpu"], CPU), size(wanted["memory"], MEMORY)
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
    return [*problems, *share_problems(int(cpu), int(memory), wanted.get("container_definitions", []))]


def share_problems(cpu: int, memory: int, containers: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield that the containers of a task on Fargate want more than the task has."""
    listed = list(containers)
    shares = {
        "cpu": (cpu, [container.get("cpu") or 0 for container in listed]),
        "memory": (
            memory,
            [container.get("memory_reservation") or container.get("memory") or 0 for container in listed],
        ),
    }
    for name, (whole, parts) in shares.items():
        if sum(parts) > whole:
            yield Problem(
                f"the containers have {sum(parts)} {name} in sum, the task {whole}",
                "they share what the task has",
                f"lower {name} of the containers, or raise that of the task",
            )
    for container in listed:
        if (container.get("memory") or 0) > memory:
            found = f"container {container.get('name')}: memory {container['memory']}, the task has {memory}"
            yield Problem(found, "a container has no more memory than its task", "lower it, or raise that of the task")


def volume_problems(volumes: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield what ECS refuses of EFS volumes (EFSVolumeConfiguration in the API reference)."""
    for volume in volumes:
        efs = volume.get("efs_volume_configuration") or {}
        access = efs.get("authorization_config") or {}
        where = f"volume {volume.get('name')}: efs_volume_configuration"
        if (access.get("access_point_id") or access.get("iam") == "ENABLED") and (
            efs.get("transit_encryption") != "ENABLED"
        ):
            yield Problem(
                f"{where} has authorization_config without transit_encryption",
                "EFS takes the identity of a task only over an encrypted connection",
                "set transit_encryption to ENABLED",
            )
        root = efs.get("root_directory") or "/"
        if access.get("access_point_id") and root != "/":
            yield Problem(
                f"{where} has the root_directory {root} and an access point",
                "the access point sets the directory",
                "leave root_directory out",
            )


def fargate_problems(
    containers: Iterable[Mapping[str, Any]], volumes: Iterable[Mapping[str, Any]]
) -> Iterator[Problem]:
    """Yield what containers and volumes cannot have on Fargate."""
    for container in containers:
        where = f"container {container.get('name')}"
        for name in [name for name in NOT_ON_FARGATE if container.get(name)]:
            yield Problem(f"{where}: {name} is given", "FARGATE does not support it", f"leave {name} out")
        driver = (container.get("log_configuration") or {}).get("log_driver")
        if driver and driver not in FARGATE_LOG_DRIVERS:
            choices = ", ".join(FARGATE_LOG_DRIVERS)
            yield Problem(f"{where}: log_driver {driver}", "FARGATE does not support it", f"use one of {choices}")
        stop = container.get("stop_timeout")
        if isinstance(stop, int) and stop > LONGEST_STOP:
            yield Problem(f"{where}: stop_timeout {stop}", f"FARGATE waits {LONGEST_STOP} seconds at most", "lower it")
        for port in container.get("port_mappings") or []:
            host, own = port.get("host_port"), port.get("container_port")
            if host and own and host != own:
                yield Problem(
                    f"{where}: host_port {host}, container_port {own}",
                    "with awsvpc a port of the container is the same one of the task",
                    "leave host_port out",
                )
        options = (container.get("firelens_configuration") or {}).get("options") or {}
        if options.get("config-file-type") == "s3":
            yield Problem(
                f"{where}: config-file-type s3", "FARGATE takes a file of the image alone", "use config-file-type file"
            )
    for volume in volumes:
        where = f"volume {volume.get('name')}"
        if (volume.get("host") or {}).get("source_path"):
            yield Problem(f"{where}: host.source_path is given", "FARGATE has no directory of a host", "leave host out")
        for name in ("docker_volume_configuration", "fsx_windows_file_server_volume_configuration"):
            if volume.get(name):
                yield Problem(f"{where}: {name} is given", "FARGATE does not support it", f"leave {name} out")
