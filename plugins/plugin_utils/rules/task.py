# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The task and its deployment: size, health check, percentages, environment and secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_room import without_room

from .numbers import as_int

# Memory in MiB that Fargate allows for each number of CPU units (Amazon ECS Developer Guide, task size).
FARGATE_MEMORY = {
    256: [512, 1024, 2048],
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}
SHOWN = 5  # numbers of tasks in a warning
# The keys that sign tokens. They come from mcp_server_jwt_secret.
SIGNING_KEYS = "QUILT_MCP_JWT_KEYS"
PLAIN = ("ecs_service_environment", "mcp_server_settings")


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong between the values of the task."""
    cpu, memory = as_int(values.get("ecs_service_cpu")), as_int(values.get("ecs_service_memory"))
    if cpu in FARGATE_MEMORY and memory is not None and memory not in FARGATE_MEMORY[cpu]:
        allowed = list(FARGATE_MEMORY[cpu])
        shown = ", ".join(str(size) for size in allowed) if len(allowed) < 5 else f"{allowed[0]} to {allowed[-1]}"
        yield f"ecs_service_memory: Fargate gives {cpu} CPU units {shown} MiB; found {memory}"
    timeout, interval = "ecs_service_health_check_timeout", "ecs_service_health_check_interval"
    low, high = as_int(values.get(timeout)), as_int(values.get(interval))
    if low is not None and high is not None and low >= high:
        yield f"{timeout}: wanted less than {interval}, which is {high}; found {low}"
    yield from _percentage_problems(values)
    yield from _environment_problems(values)


def _percentage_problems(values: Mapping[str, Any]) -> Iterator[str]:
    minimum = as_int(values.get("ecs_service_minimum_healthy_percent"))
    maximum = as_int(values.get("ecs_service_maximum_percent"))
    if (values.get("mcp_server_strategy") or "ROLLING") == "ROLLING" and minimum == maximum == 100:
        yield (
            "ecs_service_maximum_percent: with ecs_service_minimum_healthy_percent 100 no task can be replaced, as "
            "none may be stopped before another runs; found 100; set it to 200, or the other below 100"
        )


def warnings(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what will be wrong at some number of tasks that the autoscaler may choose."""
    least, most = as_int(values.get("scaling_min")) or 0, as_int(values.get("scaling_max")) or 0
    minimum = as_int(values.get("ecs_service_minimum_healthy_percent"))
    maximum = as_int(values.get("ecs_service_maximum_percent"))
    if not most or minimum is None or maximum is None or (values.get("mcp_server_strategy") or "ROLLING") != "ROLLING":
        return
    found = without_room(range(max(least, 1), most + 1), minimum, maximum)
    if found:
        numbers = ", ".join(map(str, found[:SHOWN])) + (f" and {len(found) - SHOWN} more" if len(found) > SHOWN else "")
        yield (
            f"ecs_service_minimum_healthy_percent {minimum} and ecs_service_maximum_percent {maximum} leave no room "
            f"for a deployment while the autoscaler keeps {numbers} of scaling_min {least} to scaling_max {most} tasks"
        )


def _environment_problems(values: Mapping[str, Any]) -> Iterator[str]:
    secrets = values.get("mcp_server_secrets")
    secret_names = {SIGNING_KEYS, *(secrets if isinstance(secrets, Mapping) else ())}
    for variable in PLAIN:
        plain = values.get(variable)
        for name in sorted(set(plain) & secret_names) if isinstance(plain, Mapping) else ():
            if name == SIGNING_KEYS:
                yield f"{variable}: {name} is secret and comes from mcp_server_jwt_secret; found a value; remove it"
            else:
                yield f"{variable}: {name} is in mcp_server_secrets too, and ECS takes a name once; remove one of them"
    if isinstance(secrets, Mapping) and SIGNING_KEYS in secrets:
        yield f"mcp_server_secrets: {SIGNING_KEYS} comes from mcp_server_jwt_secret; remove it"
