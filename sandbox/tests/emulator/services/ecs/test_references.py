"""A task definition whose parts refer to each other, and to what is not there."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import DEFINITION, Stack, lay, role

Document = dict[str, Any]

APP: Document = DEFINITION["containerDefinitions"][0]
SIDE: Document = {"name": "side", "image": "side:1", "essential": False}
ROUTER: Document = {"name": "router", "image": "fluent-bit:1", "firelensConfiguration": {"type": "fluentbit"}}
ROUTED: Document = {"logConfiguration": {"logDriver": "awsfirelens"}}
CHECK: Document = {"healthCheck": {"command": ["CMD", "true"]}}


@pytest.fixture
def stack(empty: ControlPlane, client: Any) -> Stack:
    return lay(client)


def waits(condition: str, name: str = "side") -> Document:
    return APP | {"dependsOn": [{"containerName": name, "condition": condition}]}


def register(stack: Stack, *containers: Document, **fields: Any) -> Document:
    request = DEFINITION | {"containerDefinitions": list(containers)} | fields
    answer: Document = stack.ecs.register_task_definition(**request)["taskDefinition"]
    return answer


@pytest.mark.parametrize(
    ("containers", "message"),
    [
        ([waits("START", "none")], "Unknown container: 'none'"),
        ([waits("START", "app")], "Unknown container: 'app'"),
        ([waits("HEALTHY"), SIDE], "The container 'side' has no health check"),
        (
            [APP, SIDE | {"portMappings": [{"containerPort": 8000}]}],
            "Two containers of a task cannot have the port 8000",
        ),
        ([waits("SUCCESS"), SIDE | {"essential": True}], "cannot be an essential container"),
        ([waits("COMPLETE"), SIDE | {"essential": True}], "cannot be an essential container"),
        (
            [waits("START"), SIDE | {"dependsOn": [{"containerName": "app", "condition": "START"}]}],
            "form a cycle",
        ),
        (
            [APP | {"mountPoints": [{"sourceVolume": "no", "containerPath": "/x"}]}],
            "Unknown volume 'no'",
        ),
        ([APP | {"volumesFrom": [{"sourceContainer": "none"}]}], "'volumesFrom' setting. Unknown container: 'none'"),
        ([APP | ROUTED], "a firelens configuration object must be configured in one of the containers"),
        ([APP, ROUTER], "at least one container has to be configured with the awsfirelens log driver"),
        ([APP | ROUTED, ROUTER, ROUTER | {"name": "second"}], "Only one container"),
        ([APP | ROUTED, ROUTER | {"user": "10001"}], "then 'UID' has to be '0'"),
    ],
)
def test_a_reference_must_lead_somewhere(stack: Stack, containers: list[Document], message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        register(stack, *containers)
    assert caught.value.response["Error"]["Code"] == "ClientException"
    assert stack.ecs.list_task_definitions()["taskDefinitionArns"] == []


@pytest.mark.parametrize(
    "containers",
    [
        [waits("START"), SIDE],
        [waits("SUCCESS"), SIDE],
        [waits("HEALTHY"), SIDE | CHECK],
        [APP | {"volumesFrom": [{"sourceContainer": "side"}]}, SIDE],
        [APP | {"mountPoints": [{"sourceVolume": "tmp", "containerPath": "/x"}]}, SIDE],
        [APP | ROUTED, ROUTER],
    ],
)
def test_references_that_lead_somewhere_are_kept(stack: Stack, containers: list[Document]) -> None:
    kept = register(stack, *containers, volumes=[{"name": "tmp"}])["containerDefinitions"]
    for asked, one in zip(containers, kept, strict=True):
        assert {name: one[name] for name in asked if name != "portMappings"}.keys() <= one.keys()
        assert one.get("dependsOn") == asked.get("dependsOn")


@pytest.mark.parametrize("user", [{}, {"user": "0"}, {"user": "0:0"}])
def test_a_log_router_runs_as_root(stack: Stack, user: Document) -> None:
    kept = register(stack, APP | ROUTED, ROUTER | user)["containerDefinitions"]
    assert kept[1]["user"] == user.get("user", "0")
    assert "user" not in kept[0]


def test_a_name_is_a_variable_or_a_secret(stack: Stack, client: Any) -> None:
    arn = role(client)
    secret = {"secrets": [{"name": "A", "valueFrom": "arn:aws:ssm:us-east-1:850787717197:parameter/a"}]}
    with pytest.raises(ClientError, match=r"not shared with any new or existing .* such as 'A'"):
        register(stack, APP | secret | {"environment": [{"name": "A", "value": "1"}]}, executionRoleArn=arn)
    with pytest.raises(ClientError, match="Duplicate secret names found: A"):
        register(stack, APP | {"secrets": secret["secrets"] * 2}, executionRoleArn=arn)
    register(stack, APP | secret | {"environment": [{"name": "B", "value": "1"}]}, executionRoleArn=arn)


def test_an_override_takes_no_name_of_a_secret(stack: Stack, client: Any) -> None:
    secret = {"secrets": [{"name": "A", "valueFrom": "arn:aws:ssm:us-east-1:850787717197:parameter/a"}]}
    register(stack, APP | secret, executionRoleArn=role(client))
    request: Document = {
        "cluster": "main",
        "taskDefinition": "app",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": stack.subnets}},
    }

    def run(name: str, variable: str) -> Document:
        override = {"name": name, "environment": [{"name": variable, "value": "1"}]}
        answer: Document = stack.ecs.run_task(**request, overrides={"containerOverrides": [override]})
        return answer

    with pytest.raises(ClientError, match="such as 'A'"):
        run("app", "A")
    with pytest.raises(ClientError, match="Override for container named none is not a container"):
        run("none", "B")
    assert len(run("app", "B")["tasks"]) == 1
