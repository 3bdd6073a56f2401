"""The containers in addition to the server's, as the inventory has them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.plugin_utils.rules.containers import problems

SECRET = "arn:aws:secretsmanager:us-east-1:850787717197:secret:app/keys-AbCdEf"
USUAL = {
    "ecs_service_container_name": "mcp-server",
    "ecs_service_cpu": 256,
    "ecs_service_memory": "512",
    "mcp_server_port": 8000,
    "mcp_server_execute_command": False,
}
ROUTER = {"name": "router", "image": "fluent-bit:3", "firelens_configuration": {"type": "fluentbit"}}
FIRELENS = {"ecs_service_log_configuration": {"log_driver": "awsfirelens", "options": {"Port": 443}}}


def side(**members: Any) -> dict[str, Any]:
    return {"ecs_service_sidecars": [{"name": "side", "image": "a", **members}]}


@pytest.mark.parametrize(
    "values",
    [
        {},
        side(),
        side(environment=[{"name": "A", "value": 1}, {"name": "B", "value": None}], cpu="64"),
        side(secrets=[{"name": "A", "value_from": f"{SECRET}:key::"}]),
        side(mount_points=[{"source_volume": "tmp", "container_path": "/tmp"}]),
        side(depends_on=[{"container_name": "mcp-server", "condition": "HEALTHY"}]),
        {"ecs_service_sidecars": [ROUTER], **FIRELENS},
        {
            **side(essential=False, mount_points=[{"source_volume": "a", "container_path": "/a"}]),
            "ecs_service_volumes": [{"name": "a"}],
            "ecs_service_mount_points": [{"source_volume": "a", "container_path": "/b", "read_only": "true"}],
            "ecs_service_depends_on": [{"container_name": "side", "condition": "SUCCESS"}],
        },
        {
            **side(environment_files=[{"type": "s3", "value": "arn:aws:s3:::a/b.env"}]),
            "iam_existing_execution_role": "x",
        },
        {"ecs_service_sidecars": "no list, which is said elsewhere"},
    ],
)
def test_right(values: dict[str, Any]) -> None:
    assert list(problems({**USUAL, **values})) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (side(name="mcp-server"), "ecs_service_sidecars: mcp-server is the name of the server's container"),
        (side(imagge="a"), "ecs_service_sidecars[0].imagge is not known to botocore"),
        (side(cpu="much"), "ecs_service_sidecars[0].cpu is 'much', but it must be a whole number"),
        (side(image=""), "ecs_service_sidecars: ecs_service_sidecars[0].image is not given"),
        ({"ecs_service_sidecars": [{"name": "a", "image": "a"}] * 2}, "has more than one container a"),
        (
            side(environment=[{"name": "A", "value": True}]),
            "ecs_service_sidecars: container side: A is bool True, but AWS takes text, not a boolean",
        ),
        (side(docker_labels={"v": 1.1}), "ecs_service_sidecars: container side: v is float 1.1, but AWS takes text"),
        (
            side(log_configuration={"log_driver": "awslogs", "options": {"mode": ["a"]}}),
            "ecs_service_sidecars: container side: mode is a list, but AWS takes text",
        ),
        (
            side(secrets=[{"name": "A", "value_from": "hunter2"}]),
            "ecs_service_sidecars: container side: value_from of A: wanted the ARN of a secret",
        ),
        (
            side(secrets=[{"name": "A", "value_from": ["hunter2"]}]),
            "ecs_service_sidecars: container side: value_from of A: wanted the ARN of a secret",
        ),
        (
            side(secrets=[{"name": "A", "value_from": SECRET}], environment=[{"name": "A", "value": "x"}]),
            "container side: A is in environment and in secrets",
        ),
        (side(mount_points=[{"source_volume": "b", "container_path": "/b"}]), "container side: mount_points names b"),
        (side(port_mappings=[{"container_port": 8000}]), "port 8000/tcp of mcp-server and of side"),
        (side(cpu=257), "the containers have 257 cpu in sum, the task 256"),
        (side(memory=513), "the containers have 513 memory in sum, the task 512"),
        (side(privileged=True), "container side: privileged is given, but FARGATE does not support it"),
        (
            side(environment_files=[{"type": "s3", "value": "arn:aws:s3:::a/b.env"}]),
            "container side has environment_files, and the execution role",
        ),
        ({"ecs_service_sidecars": [ROUTER]}, "container router has firelens_configuration, and no container"),
        (FIRELENS, "container mcp-server: log_driver awsfirelens, but no container has firelens_configuration"),
        (
            {"ecs_service_log_configuration": {"log_driver": "awslogs", "options": {"x": False}}},
            "ecs_service_log_configuration: x is bool False, but AWS takes text",
        ),
        ({"ecs_service_log_configuration": {"driver": "a"}}, "ecs_service_log_configuration.driver is not known"),
        ({"ecs_service_mount_points": [{"source": "a"}]}, "ecs_service_mount_points[0].source is not known"),
        (
            {"ecs_service_mount_points": [{"source_volume": "tmp", "container_path": "/tmp"}]},
            "container mcp-server: mount_points has /tmp more than once",
        ),
        ({"ecs_service_depends_on": [{"container_name": "a", "condition": "START"}]}, "mcp-server: depends_on names a"),
        ({"ecs_service_volumes": [{"name": "tmp"}]}, "more than one volume is called tmp"),
        ({"ecs_service_volumes": [{"label": "a"}]}, "ecs_service_volumes[0].label is not known to botocore"),
        ({"ecs_service_volumes": [{"name": "a", "host": {"source_path": "/"}}]}, "volume a: host.source_path is given"),
    ],
)
def test_wrong(values: dict[str, Any], said: str) -> None:
    found = list(problems({**USUAL, **values}))
    assert any(said in problem for problem in found), found
    assert not any("hunter2" in problem for problem in found)


def test_the_volumes_of_execute_command_are_names_that_are_taken() -> None:
    values = {**USUAL, "ecs_service_volumes": [{"name": "agent-log"}]}
    assert list(problems(values)) == []
    assert len(list(problems({**values, "mcp_server_execute_command": "yes"}))) == 1


def test_all_is_said_at_once() -> None:
    containers = [{"name": "a", "image": "a", "cpu": 300}, {"name": "b", "image": "a", "privileged": True}]
    found = list(problems({**USUAL, "ecs_service_sidecars": containers}))
    assert len(found) == 2, found
