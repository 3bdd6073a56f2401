# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""More containers than the server's, with volumes and logs: judged as the task definition that they will be in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import InvalidParameters
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.shapes import canonical
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.text_values import text_problems
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.task_definition_problems import (
    container_problems,
    fargate_problems,
    share_problems,
    volume_problems,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.task_definition_references import reference_problems

from .numbers import as_int

SIDECARS, VOLUMES = "ecs_service_sidecars", "ecs_service_volumes"
# Those of the server's container, by its member.
OF_SERVER = {
    "mount_points": "ecs_service_mount_points",
    "depends_on": "ecs_service_depends_on",
    "log_configuration": "ecs_service_log_configuration",
}
INPUTS = (SIDECARS, VOLUMES, *OF_SERVER.values())
# Members of a container that are texts by name. Values of a pair and of a map are judged as texts, like all such maps.
TEXT_MAPS = (("docker_labels",), ("log_configuration", "options"), ("firelens_configuration", "options"))
SECRET = re.compile(
    r"arn:[a-z-]+:(secretsmanager:[^:\s]+:\d+:secret:[^:\s]+(:[^:\s]*){0,3}|ssm:[^:\s]+:\d+:parameter/\S+)"
)
SAID = re.compile(r"environment\[\d+\]\.value|\.options\.|docker_labels\.|value_from|credentials_parameter")
TMP = {"source_volume": "tmp", "container_path": "/tmp"}
AGENT = (
    {"source_volume": "agent-state", "container_path": "/var/lib/amazon"},
    {"source_volume": "agent-log", "container_path": "/var/log/amazon"},
)
# Its name in place of the server's where only the others are judged; no container can have it.
NOBODY = "the server"


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the further containers, by themselves and together with the server's."""
    given = {name: values.get(name) for name in INPUTS if values.get(name)}
    if not given:
        return
    for value in given.values():
        items = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(item, Mapping) for item in items):
            return  # a wrong type is said elsewhere
    untidy = list(_form_problems(given))
    if untidy:
        yield from untidy
        return
    found = {name: _typed(name, value) for name, value in given.items()}
    sidecars, volumes = found.get(SIDECARS, []), found.get(VOLUMES, [])
    server = _server(values, found)
    for container in sidecars:
        if container.get("name") == server["name"]:
            yield f"{SIDECARS}: {server['name']} is the name of the server's container; give this one another"
        if container.get("environment_files") and not values.get("iam_existing_execution_role"):
            yield (
                f"{SIDECARS}: container {container.get('name')} has environment_files, and the execution role that "
                "is created reads none; write them as environment, or give an iam_existing_execution_role that may"
            )
    document = {
        "network_mode": "awsvpc",
        "container_definitions": [server, *(one for one in sidecars if one.get("name") != server["name"])],
        "volumes": [*_own_volumes(values), *volumes],
    }
    cpu, memory = as_int(values.get("ecs_service_cpu")), as_int(values.get("ecs_service_memory"))
    judged = [
        *container_problems([*sidecars, {"name": NOBODY, "image": "x", "essential": True}]),
        *fargate_problems([server, *sidecars], volumes),
        *volume_problems(volumes),
        *(share_problems(cpu, memory, sidecars) if cpu and memory else ()),
        *reference_problems(document),
    ]
    yield from dict.fromkeys(f"{SIDECARS}: {_named(problem.line())}" for problem in judged)


def _form_problems(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield misspelled names, wrong types, and values that YAML has read as something else than a text."""
    for container in given.get(SIDECARS, []):
        where = f"{SIDECARS}: container {container.get('name')}"
        yield from (f"{where}: {line}" for line in _text_lines(container))
        for reference in _references(container):
            yield from (f"{where}: {line}" for line in _reference_lines(reference))
    logs = given.get(OF_SERVER["log_configuration"], {})
    yield from (f"{OF_SERVER['log_configuration']}: {line}" for line in _text_lines({"log_configuration": logs}))
    for reference in logs.get("secret_options") or []:
        yield from (f"{OF_SERVER['log_configuration']}: {line}" for line in _reference_lines(reference))
    for name, value in given.items():
        try:
            _typed(name, value)
        except InvalidParameters as refused:
            for problem in refused.problems:
                # A value that is no text was said above, with the text to write, and a reference without its value.
                if "it must be a string" not in problem.reason or not SAID.search(problem.found):
                    yield _named(problem.line(), name)


def _text_lines(container: Mapping[str, Any]) -> Iterator[str]:
    pairs = container.get("environment") or []
    named = {pair["name"]: pair.get("value") for pair in pairs if isinstance(pair, Mapping) and pair.get("name")}
    for values in (named, *(_inside(container, path) for path in TEXT_MAPS)):
        for problem in text_problems(values):
            yield problem.line()


def _inside(container: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    found: Any = container
    for step in path:
        found = (found or {}).get(step) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _references(container: Mapping[str, Any]) -> Iterator[Any]:
    yield from container.get("secrets") or []
    yield from (container.get("log_configuration") or {}).get("secret_options") or []
    registry = (container.get("repository_credentials") or {}).get("credentials_parameter")
    if registry:
        yield {"name": "repository_credentials", "value_from": registry}


def _reference_lines(secret: Any) -> Iterator[str]:
    reference = str(secret.get("value_from") or "") if isinstance(secret, Mapping) else ""
    if not SECRET.fullmatch(reference):
        # What stands in its place may be the secret itself.
        name = secret.get("name") if isinstance(secret, Mapping) else None
        yield f"value_from of {name}: wanted the ARN of a secret or of a parameter, as in mcp_server_secrets"


def _typed(name: str, value: Any) -> Any:
    """An input in the types of the request. Raises InvalidParameters."""
    member = {SIDECARS: "container_definitions", VOLUMES: "volumes"}.get(name)
    if member:
        return canonical({member: value}, _request_shape())[member]
    own = next(own for own, variable in OF_SERVER.items() if variable == name)
    container = {"name": NOBODY, "image": "x", own: value}
    return canonical({"container_definitions": [container]}, _request_shape())["container_definitions"][0][own]


@cache
def _request_shape() -> Any:
    import botocore.session  # here, as few inventories have such containers

    model = botocore.session.get_session().get_service_model("ecs")
    return model.operation_model("RegisterTaskDefinition").input_shape


def _server(values: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The server's container as the others refer to it."""
    execute = str(values.get("mcp_server_execute_command")).lower() in ("true", "yes", "on", "1")
    return {
        "name": str(values.get("ecs_service_container_name") or "mcp-server"),
        "image": "x",
        "essential": True,
        "port_mappings": [{"container_port": as_int(values.get("mcp_server_port"))}],
        "health_check": {"command": ["CMD"]},
        "mount_points": [TMP, *(AGENT if execute else ()), *found.get(OF_SERVER["mount_points"], [])],
        "depends_on": found.get(OF_SERVER["depends_on"], []),
        "log_configuration": found.get(OF_SERVER["log_configuration"]) or {"log_driver": "awslogs"},
    }


def _own_volumes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = [mount["source_volume"] for mount in _server(values, {})["mount_points"]]
    return [{"name": name} for name in names]


def _named(line: str, variable: str = SIDECARS) -> str:
    """A line about the request, with the name of the input that it is about."""
    for own, name in OF_SERVER.items():
        if name == variable:
            line = line.replace(f"container_definitions[0].{own}", variable)
    return re.sub(r"\bcontainer_definitions\b", SIDECARS, re.sub(r"\bvolumes\[", f"{VOLUMES}[", line))
