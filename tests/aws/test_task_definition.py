"""A task definition with every field of the request, as far as the sandbox's ECS accepts them together."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._shapes import members


def sample(shape):
    if shape.type_name == "structure":
        return {snake: sample(member) for snake, (_, member) in members(shape).items()}
    if shape.type_name == "list":
        return [sample(shape.member)]
    if shape.type_name == "map":
        return {"Some.Key": sample(shape.value)}
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "1"
    return True if shape.type_name == "boolean" else 5


@pytest.fixture(scope="module")
def everything():
    model = boto3.client("ecs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x").meta
    document = sample(model.service_model.operation_model("RegisterTaskDefinition").input_shape)
    document["container_definitions"][0]["health_check"]["command"] = ["CMD", "true"]
    return {name: value for name, value in document.items() if name != "tags"}


def test_whatever_ecs_fills_in_a_second_run_is_no_change(everything, run_module):
    first = run_module("ecs_task_definition", **everything)
    assert first.get("changed"), first["msg"]
    second = run_module("ecs_task_definition", **everything)
    assert not second["changed"], second["diff"]
    assert [call.operation for call in second["calls"]] == ["DescribeTaskDefinition"]


@pytest.mark.parametrize(
    "container",
    [
        {"name": "a", "image": "b", "memory": 128},
        {"name": "a", "image": "b", "memory": 128, "port_mappings": [{"container_port": 80}]},
        {"name": "a", "image": "b", "memory": 128, "health_check": {"command": ["CMD", "true"]}},
        {"name": "a", "image": "b", "memory": 128, "mount_points": [{"source_volume": "v", "container_path": "/v"}]},
        {"name": "a", "image": "b", "memory": 128, "linux_parameters": {"capabilities": {"drop": ["ALL"]}}},
    ],
    ids=["least", "port", "health check", "mount", "capabilities"],
)
@pytest.mark.parametrize("network_mode", [None, "bridge", "awsvpc", "host"])
def test_a_short_document_is_no_change_the_second_time(run_module, container, network_mode):
    parameters = {"family": "short", "container_definitions": [container], "volumes": [{"name": "v"}]}
    if network_mode:
        parameters["network_mode"] = network_mode
    first = run_module("ecs_task_definition", **parameters)
    assert first.get("changed"), first["msg"]
    second = run_module("ecs_task_definition", **parameters)
    assert not second["changed"], second["diff"]
