"""What ECS stores of a task definition: each default once more, so that no change of one goes unnoticed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.compare import normalize
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.task_definition_defaults import (
    CONDITIONAL,
    DEFAULTS,
    as_stored,
)

# From the data types in the Amazon ECS API Reference.
EXPECTED: dict[str, Any] = {
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
LISTS = {"container_definitions", "volumes", "port_mappings", "mount_points", "volumes_from", "devices"} | {
    "resource_requirements"
}


def nested(path: str, value: Any) -> dict[str, Any]:
    """A document that has the value at a dotted path, and nothing else."""
    name, _dot, rest = path.partition(".")
    if not rest:
        return {name: value}
    inner = nested(rest, value)
    return {name: [inner] if name in LISTS else inner}


def at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document[0][name] if isinstance(document, list) else document[name]
    return document


@pytest.mark.parametrize(("path", "value"), EXPECTED.items())
def test_a_default_is_filled_in_where_its_structure_is(path: str, value: Any) -> None:
    assert at(normalize(nested(path, None), DEFAULTS, ()), path) == value


def test_each_default_is_expected() -> None:
    assert DEFAULTS == EXPECTED


FARGATE = {"requires_compatibilities": ["FARGATE"]}
AWSLOGS = {"log_driver": "awslogs"}
ROUTER = {"type": "fluentbit"}
CREATE_GROUP, METADATA = "awslogs-create-group", "enable-ecs-log-metadata"
# By path of CONDITIONAL: a document in which another field decides, what is stored then, and one in which it does not.
BECAUSE: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {
    "runtime_platform": (FARGATE, {"cpu_architecture": "X86_64", "operating_system_family": "LINUX"}, {}),
    "runtime_platform.cpu_architecture": (
        {**FARGATE, "runtime_platform": {"operating_system_family": "LINUX"}},
        "X86_64",
        {"runtime_platform": {"operating_system_family": "LINUX"}},
    ),
    "runtime_platform.operating_system_family": (
        {**FARGATE, "runtime_platform": {"cpu_architecture": "ARM64"}},
        "LINUX",
        {"runtime_platform": {"cpu_architecture": "ARM64"}},
    ),
    "container_definitions.stop_timeout": (
        {**FARGATE, "container_definitions": [{}]},
        30,
        {"container_definitions": [{}]},
    ),
    "container_definitions.user": (
        {"container_definitions": [{"firelens_configuration": ROUTER}]},
        "0",
        {"container_definitions": [{}]},
    ),
    "container_definitions.linux_parameters.swappiness": (
        {"container_definitions": [{"linux_parameters": {"max_swap": 0}}]},
        60,
        {"container_definitions": [{"linux_parameters": {"init_process_enabled": True}}]},
    ),
}


def stored(document: dict[str, Any]) -> dict[str, Any]:
    return as_stored(normalize(document, {"network_mode": "bridge"}, ()))


def test_each_condition_is_expected() -> None:
    assert [row.path for row in CONDITIONAL if not row.option] == list(BECAUSE)
    assert [row.path for row in CONDITIONAL if row.option] == [
        f"container_definitions.firelens_configuration.options.{METADATA}",
        f"container_definitions.log_configuration.options.{CREATE_GROUP}",
    ]


@pytest.mark.parametrize("path", BECAUSE)
def test_a_default_depends_on_another_field(path: str) -> None:
    because, value, otherwise = BECAUSE[path]
    assert at(stored(because), path) == value
    with pytest.raises(KeyError):
        at(stored(otherwise), path)


@pytest.mark.parametrize(
    ("container", "found"),
    [
        ({"firelens_configuration": {**ROUTER, "options": {METADATA: "true"}}}, {"firelens_configuration": ROUTER}),
        (
            {"firelens_configuration": {**ROUTER, "options": {METADATA: "true", "a": "b"}}},
            {"firelens_configuration": {**ROUTER, "options": {"a": "b"}}},
        ),
        ({"log_configuration": {**AWSLOGS, "options": {CREATE_GROUP: "false"}}}, {"log_configuration": AWSLOGS}),
        (
            {"log_configuration": {**AWSLOGS, "options": {CREATE_GROUP: "true"}}},
            {"log_configuration": {**AWSLOGS, "options": {CREATE_GROUP: "true"}}},
        ),
        (
            {"log_configuration": {"log_driver": "splunk", "options": {CREATE_GROUP: "false"}}},
            {"log_configuration": {"log_driver": "splunk", "options": {CREATE_GROUP: "false"}}},
        ),
    ],
)
def test_an_option_with_its_default_is_left_out(container: dict[str, Any], found: dict[str, Any]) -> None:
    user = {"user": "0"} if "firelens_configuration" in container else {}
    assert stored({"container_definitions": [container]})["container_definitions"] == [{**found, **user}]


def test_what_is_given_stays() -> None:
    container = {
        "stop_timeout": 60,
        "user": "0:5",
        "firelens_configuration": {**ROUTER, "options": {METADATA: "false"}},
    }
    (found,) = stored({**FARGATE, "container_definitions": [container]})["container_definitions"]
    assert found == container


@pytest.mark.parametrize(
    ("mode", "port", "host_port"),
    [
        ("awsvpc", {"container_port": 80}, 80),
        ("host", {"container_port": 80, "host_port": 0}, 80),
        ("bridge", {"container_port": 80}, 0),
        ("bridge", {"container_port": 80, "host_port": 8080}, 8080),
    ],
)
def test_the_port_of_the_host_depends_on_the_network_mode(mode: str, port: dict[str, int], host_port: int) -> None:
    document = {"network_mode": mode, "container_definitions": [{"port_mappings": [port]}]}
    assert at(as_stored(document), "container_definitions.port_mappings.host_port") == host_port


def test_swappiness_without_swap_is_ignored() -> None:
    document = {"network_mode": "bridge", "container_definitions": [{"linux_parameters": {"swappiness": 10}}]}
    assert as_stored(document)["container_definitions"] == [{"linux_parameters": {}}]
