# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""References within a task definition: each name in it stands for something in it. Pure.

Source: ContainerDefinition, ContainerDependency, MountPoint, VolumeFrom and LogConfiguration in the Amazon ECS API
Reference. ECS refuses what does not resolve when the task definition is registered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .._core.problem import Problem
from .._core.shapes import KNOWN_AFTER_APPLY, Document

FIRELENS = "awsfirelens"
ROUTER = "0"  # the user of a log router
UNTIL_IT_ENDS = ("COMPLETE", "SUCCESS")


def reference_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield a problem for each reference of a canonical task definition that does not resolve."""
    containers = [one for one in document.get("container_definitions") or [] if isinstance(one, Mapping)]
    volumes = [str(volume.get("name")) for volume in document.get("volumes") or []]
    by_name = {str(one.get("name")): one for one in containers}
    for name in [name for name, count in Counter(volumes).items() if count > 1]:
        yield Problem(f"more than one volume is called {name}", "a name is given once", "rename all but one")
    for name, container in by_name.items():
        yield from _unknown(
            f"container {name}: mount_points", _names(container, "mount_points", "source_volume"), volumes
        )
        others = [other for other in by_name if other != name]
        yield from _unknown(
            f"container {name}: volumes_from", _names(container, "volumes_from", "source_container"), others
        )
        yield from _dependency_problems(name, container, by_name)
        yield from _log_problems(name, container, containers)
        yield from _twice_problems(name, container)
    if document.get("network_mode") == "awsvpc":
        yield from _port_problems(by_name)
    yield from _router_problems(by_name)
    yield from _circle_problems(by_name)
    proxy = (document.get("proxy_configuration") or {}).get("container_name")
    if proxy:
        yield from _unknown("proxy_configuration: container_name", [str(proxy)], list(by_name))


def _names(container: Document | Mapping[str, Any], field: str, key: str) -> list[str]:
    return [str(item[key]) for item in container.get(field) or [] if item.get(key)]


def _unknown(where: str, names: Sequence[str], known: Sequence[str]) -> Iterator[Problem]:
    for name in dict.fromkeys(names):
        if name not in known and KNOWN_AFTER_APPLY not in (name, *known):
            there = f"there are {', '.join(known)}" if known else "there is none"
            yield Problem(f"{where} names {name}", f"the task definition has no such name; {there}", "correct the name")


def _dependency_problems(name: str, container: Mapping[str, Any], by_name: Mapping[str, Any]) -> Iterator[Problem]:
    others = [other for other in by_name if other != name]
    where = f"container {name}: depends_on"
    yield from _unknown(where, _names(container, "depends_on", "container_name"), others)
    for dependency in container.get("depends_on") or []:
        other = by_name.get(str(dependency.get("container_name")))
        if dependency.get("condition") == "HEALTHY" and other is not None and not other.get("health_check"):
            named = dependency["container_name"]
            yield Problem(
                f"{where} waits until {named} is HEALTHY",
                f"{named} has no health check, so that it never becomes healthy",
                f"give {named} a health_check, or wait for START",
            )
        if dependency.get("condition") in UNTIL_IT_ENDS and other is not None and other.get("essential", True):
            named = dependency["container_name"]
            yield Problem(
                f"{where} waits for {dependency['condition']} of {named}",
                f"{named} is essential, so that the task ends with it",
                f"set essential: false for {named}",
            )


def _log_problems(
    name: str, container: Mapping[str, Any], containers: Sequence[Mapping[str, Any]]
) -> Iterator[Problem]:
    driver = (container.get("log_configuration") or {}).get("log_driver")
    if driver == FIRELENS and not any(one.get("firelens_configuration") for one in containers):
        yield Problem(
            f"container {name}: log_driver {FIRELENS}",
            "no container has firelens_configuration, so that nothing takes the log",
            "add a log router container, or choose another driver",
        )


def _router_problems(by_name: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the log routers of a task."""
    routers = [name for name, container in by_name.items() if container.get("firelens_configuration")]
    users = [
        name for name, one in by_name.items() if (one.get("log_configuration") or {}).get("log_driver") == FIRELENS
    ]
    if len(routers) > 1:
        yield Problem(
            f"containers {' and '.join(routers)} have firelens_configuration", "a task has one log router", "keep one"
        )
    if routers and not users:
        found = f"container {routers[0]} has firelens_configuration, and no container the log_driver {FIRELENS}"
        yield Problem(found, "ECS refuses a log router without logs", f"give a container the log_driver {FIRELENS}")
    for name in routers:
        user = str(by_name[name].get("user") or ROUTER)
        if user.partition(":")[0] != ROUTER:
            yield Problem(f"container {name} has the user {user}", "ECS starts a log router as root", "leave user out")


def _twice_problems(name: str, container: Mapping[str, Any]) -> Iterator[Problem]:
    paths = Counter(str(mount.get("container_path")) for mount in container.get("mount_points") or [])
    for path in [path for path, count in paths.items() if count > 1]:
        yield Problem(
            f"container {name}: mount_points has {path} more than once", "a path holds one volume", "keep one of them"
        )
    secrets = _names(container, "secrets", "name")
    for twice in [one for one in _names(container, "environment", "name") if one in secrets]:
        yield Problem(
            f"container {name}: {twice} is in environment and in secrets",
            "ECS takes a name once",
            "keep it in secrets if its value is secret, else in environment",
        )


def _port_problems(by_name: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the ports that two containers of a task listen on: with awsvpc they share one address."""
    ports: dict[tuple[Any, str], list[str]] = {}
    for name, container in by_name.items():
        for mapping in container.get("port_mappings") or []:
            if mapping.get("container_port"):
                ports.setdefault((mapping["container_port"], mapping.get("protocol", "tcp")), []).append(name)
    for (port, protocol), names in ports.items():
        if len(names) > 1:
            found = f"port {port}/{protocol} of {' and of '.join(names)}"
            yield Problem(found, "with awsvpc the containers of a task share its ports", "give each a port of its own")


def _circle_problems(by_name: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield a problem when containers wait for each other."""
    waits = {
        name: [other for other in _names(container, "depends_on", "container_name") if other != name]
        for name, container in by_name.items()
    }
    circle = next(filter(None, (_circle(name, waits.get) for name in waits)), None)
    if circle:
        yield Problem(f"depends_on: {' waits for '.join(circle)}", "none of them would start", "remove one of them")


def _circle(start: str, waits: Callable[[str], list[str] | None]) -> list[str]:
    """A path from a container over its dependencies back to itself, or nothing."""
    paths = [[start]]
    seen = set[str]()
    while paths:
        path = paths.pop()
        for other in waits(path[-1]) or []:
            if other == start:
                return [*path, start]
            if other not in seen:
                seen.add(other)
                paths.append([*path, other])
    return []
