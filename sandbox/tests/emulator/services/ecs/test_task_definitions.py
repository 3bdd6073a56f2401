"""Task definitions as AWS keeps them: every field, the service's defaults, its refusals, its order of lists."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import DEFINITION, Stack, lay

ROLE = "arn:aws:iam::850787717197:role/x"


@pytest.fixture
def stack(empty: ControlPlane, client: Any) -> Stack:
    return lay(client)


def test_defaults_are_filled_in(stack: Stack) -> None:
    request = DEFINITION | {
        "volumes": [{"name": "tmp"}],
        "executionRoleArn": ROLE,
        "containerDefinitions": [
            DEFINITION["containerDefinitions"][0]
            | {
                "healthCheck": {"command": ["CMD", "true"]},
                "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
            }
        ],
    }
    document = stack.ecs.register_task_definition(**request)["taskDefinition"]
    container = document["containerDefinitions"][0]

    assert container["portMappings"] == [{"containerPort": 8000, "hostPort": 8000, "protocol": "tcp"}]
    assert container["healthCheck"] == {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3}
    assert [item["name"] for item in container["environment"]] == ["A", "B"]
    assert (container["essential"], container["cpu"], container["systemControls"]) == (True, 0, [])
    assert document["volumes"] == [{"name": "tmp", "host": {}}]
    assert document["compatibilities"] == ["EC2", "FARGATE"]
    assert (document["status"], document["revision"], document["placementConstraints"]) == ("ACTIVE", 1, [])
    assert document["registeredAt"] is not None
    assert {"name": "ecs.capability.container-health-check"} in document["requiresAttributes"]
    assert stack.ecs.describe_task_definition(taskDefinition="app")["taskDefinition"] == document


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("runtimePlatform", {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}),
        ("ephemeralStorage", {"sizeInGiB": 30}),
        ("pidMode", "task"),
        ("enableFaultInjection", True),
        ("taskRoleArn", ROLE),
    ],
)
def test_a_field_of_the_definition_is_kept(stack: Stack, field: str, value: Any) -> None:
    stack.register(**{field: value})
    assert stack.ecs.describe_task_definition(taskDefinition="app")["taskDefinition"][field] == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("linuxParameters", {"initProcessEnabled": True}),
        ("stopTimeout", 30),
        ("readonlyRootFilesystem", True),
        ("user", "10001:10001"),
        ("restartPolicy", {"enabled": True, "restartAttemptPeriod": 60}),
        ("versionConsistency", "disabled"),
        ("ulimits", [{"name": "nofile", "softLimit": 1, "hardLimit": 2}]),
    ],
)
def test_a_field_of_a_container_is_kept(stack: Stack, field: str, value: Any) -> None:
    stack.register(container={field: value})
    definition = stack.ecs.describe_task_definition(taskDefinition="app")["taskDefinition"]
    assert definition["containerDefinitions"][0][field] == value


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"cpu": "256", "memory": "4096"}, "No Fargate configuration exists"),
        ({"cpu": "300"}, "No Fargate configuration exists"),
        ({"networkMode": "bridge"}, "awsvpc"),
        ({"taskRoleArn": "not a role!"}, "Role is not valid"),
        ({"container": {"healthCheck": {"command": ["CMD", "x"], "interval": 4}}}, "interval must be between 5 and"),
        ({"container": {"secrets": [{"name": "A", "valueFrom": "x"}]}}, "executionRoleArn"),
        ({"container": {"stopTimeout": 121}}, "stopTimeout"),
        ({"ephemeralStorage": {"sizeInGiB": 20}}, "between 21 and 200"),
        ({"ephemeralStorage": {"sizeInGiB": 201}}, "between 21 and 200"),
        ({"family": "a b"}, "Family contains invalid characters"),
        ({"container": {"name": "a.b"}}, "Container.name contains invalid characters"),
        ({"container": {"image": "app:1 "}}, "Container.image contains invalid characters"),
        ({"container": {"links": ["app"]}}, "Links are not supported"),
        ({"container": {"essential": False}}, "essential"),
        ({"container": {"portMappings": [{"containerPort": 80, "hostPort": 81}]}}, "must match"),
        ({"container": {"memory": 600}}, "memory"),
        ({"container": {"memoryReservation": 513}}, "The total memory of the containers"),
        ({"container": {"cpu": 257}}, "The 'cpu' of the containers"),
        ({"container": {"dnsServers": ["10.0.0.2"]}}, "Fargate does not support 'dnsServers'"),
        ({"volumes": [{"name": "a", "host": {"sourcePath": "/a"}}]}, "host.sourcePath should not be set"),
        ({"volumes": [{"name": "a", "dockerVolumeConfiguration": {"driver": "local"}}]}, "dockerVolumeConfiguration"),
        (
            {
                "volumes": [{"name": "a"}],
                "container": {"mountPoints": [{"sourceVolume": "a", "containerPath": "/a"}] * 2},
            },
            "Duplicate containerPath",
        ),
        ({"container": {"logConfiguration": {"logDriver": "awslogs"}}}, "execution role ARN to support log driver"),
    ],
)
def test_register_refuses(stack: Stack, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        stack.register(**fields)
    assert stack.ecs.list_task_definitions()["taskDefinitionArns"] == []


def test_fargate_has_no_network_mode_by_itself(stack: Stack) -> None:
    unset = {name: value for name, value in DEFINITION.items() if name != "networkMode"}
    with pytest.raises(ClientError, match="Fargate only supports network mode 'awsvpc'"):
        stack.ecs.register_task_definition(**unset)


def test_sizes_may_be_written_with_units(stack: Stack) -> None:
    stack.register(cpu="0.25 vCPU", memory="0.5 GB")
    definition = stack.ecs.describe_task_definition(taskDefinition="app")["taskDefinition"]
    assert (definition["cpu"], definition["memory"]) == ("256", "512")


def test_lists_are_sorted_paged_and_filtered(stack: Stack) -> None:
    for _ in range(11):
        stack.register()
    first = stack.ecs.list_task_definitions(familyPrefix="app", sort="DESC", maxResults=2)
    assert [arn.rsplit(":", 1)[1] for arn in first["taskDefinitionArns"]] == ["11", "10"]
    second = stack.ecs.list_task_definitions(
        familyPrefix="app", sort="DESC", maxResults=2, nextToken=first["nextToken"]
    )
    assert [arn.rsplit(":", 1)[1] for arn in second["taskDefinitionArns"]] == ["9", "8"]

    stack.ecs.deregister_task_definition(taskDefinition="app:11")
    assert stack.ecs.describe_task_definition(taskDefinition="app")["taskDefinition"]["revision"] == 10
    inactive = stack.ecs.list_task_definitions(status="INACTIVE")["taskDefinitionArns"]
    assert [arn.rsplit(":", 1)[1] for arn in inactive] == ["11"]
    assert stack.ecs.delete_task_definitions(taskDefinitions=["app:11"])["failures"] == []
    assert stack.register().endswith(":12"), "a revision number is never given twice"


def test_tags_are_apart_from_the_document(stack: Stack) -> None:
    arn = stack.register(tags=[{"key": "a", "value": "1"}])
    answer = stack.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
    assert answer["tags"] == [{"key": "a", "value": "1"}]
    stack.ecs.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}])
    assert len(stack.ecs.list_tags_for_resource(resourceArn=arn)["tags"]) == 2
