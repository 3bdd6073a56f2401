"""A task definition with every field of the request, as far as the sandbox's ECS accepts them together."""

from __future__ import annotations

import functools

import boto3
import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.shapes import members


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
    container = document["container_definitions"][0]
    container["health_check"]["command"] = ["CMD", "true"]
    # What ECS accepts together: others to wait for, a router for the logs, no name for two variables.
    router = {
        "name": "router",
        "image": "1",
        "firelens_configuration": container.pop("firelens_configuration"),
    }
    container["log_configuration"]["log_driver"] = "awsfirelens"
    container["depends_on"][0]["container_name"] = container["volumes_from"][0]["source_container"] = "router"
    container["secrets"][0]["name"] = "SECRET"
    document["volumes"][0]["efs_volume_configuration"]["root_directory"] = "/"  # the access point has one
    document["container_definitions"].append(router)
    return {name: value for name, value in document.items() if name != "tags"}


def test_whatever_ecs_fills_in_a_second_run_is_no_change(everything, run_module):
    first = run_module("ecs_task_definition", **everything)
    assert first.get("changed"), first["msg"]
    second = run_module("ecs_task_definition", **everything)
    assert not second["changed"], second["diff"]
    assert [call.operation for call in second["calls"]] == ["DescribeTaskDefinition"]


def test_the_user_of_a_log_router_is_stored_by_ecs_and_no_change(run_module):
    logs = {"log_driver": "awsfirelens", "options": {"Name": "stdout"}}
    containers = [
        {"name": "web", "image": "web:1", "memory": 128, "log_configuration": logs},
        {"name": "router", "image": "fluent-bit:1", "memory": 64, "firelens_configuration": {"type": "fluentbit"}},
    ]
    first = run_module("ecs_task_definition", family="routed", container_definitions=containers)
    assert first["changed"], first.get("msg")
    stored = first["task_definition"]["container_definitions"]
    assert [one.get("user") for one in stored if one["name"] == "router"] == ["0"]
    assert not run_module("ecs_task_definition", family="routed", container_definitions=containers)["changed"]


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


SMALL = {"family": "small", "container_definitions": [{"name": "a", "image": "b", "memory": 128}]}
FARGATE = {**SMALL, "requires_compatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
OWN = {"quilt:deployment": "own"}


def test_fargate_is_asked_for_with_its_network_mode(run_module):
    predicted = run_module("ecs_task_definition", check=True, **FARGATE)
    made = run_module("ecs_task_definition", **FARGATE)
    assert made.get("changed"), made["msg"]
    assert predicted["diff"] == made["diff"]
    assert made["task_definition"]["network_mode"] == "awsvpc"
    assert not run_module("ecs_task_definition", **FARGATE)["changed"]


def test_two_runs_that_register_at_once_wait_for_each_other(aws, run_module):
    text = "Too many concurrent attempts to create a new revision of the specified family."
    aws.faults.add("ecs", "RegisterTaskDefinition", "error", code="ClientException", status=400, message=text)
    made = run_module("ecs_task_definition", **SMALL)
    assert made.get("changed"), made["msg"]


def test_two_runs_that_destroy_at_once_both_succeed(aws, client, run_module):
    arn = run_module("ecs_task_definition", **SMALL)["task_definition"]["task_definition_arn"]
    other = functools.partial(client("ecs").deregister_task_definition, taskDefinition=arn)
    aws.faults.add("ecs", "DeregisterTaskDefinition", "before", callback=other)
    gone = run_module("ecs_task_definition", family="small", state="absent")
    assert gone.get("changed"), gone["msg"]


def test_any_other_failure_to_deregister_is_reported(aws, run_module):
    run_module("ecs_task_definition", **SMALL)
    aws.faults.add("ecs", "DeregisterTaskDefinition", "error", code="ClientException", status=400, message="no")
    assert "deregister task definition" in run_module("ecs_task_definition", family="small", state="absent")["msg"]


def test_a_large_foreign_family_costs_few_calls(client, run_module):
    for _number in range(25):
        client("ecs").register_task_definition(
            family="small", containerDefinitions=[{"name": "a", "image": "b", "memory": 128}]
        )
    result = run_module("ecs_task_definition", **SMALL, require_tags=OWN, tags=OWN)
    assert (result["changed"], result["task_definition"]["revision"]) == (True, 26)
    assert len(result["calls"]) < 26


def test_what_others_registered_in_the_family_is_passed_over(client, run_module):
    ecs, theirs = client("ecs"), [{"key": "quilt:deployment", "value": "somebody-else"}]
    container = {"name": "a", "image": "b", "memory": 128}
    first = ecs.register_task_definition(family="small", containerDefinitions=[container], tags=theirs)
    arn = first["taskDefinition"]["taskDefinitionArn"]
    absent = run_module("ecs_task_definition", family="small", state="absent", require_tags=OWN)
    assert (absent["changed"], absent["writes"]) == (False, [])
    own = run_module("ecs_task_definition", **SMALL, require_tags=OWN, tags=OWN)
    assert own["task_definition"]["revision"] == 2
    assert not run_module("ecs_task_definition", **SMALL, require_tags=OWN, tags=OWN)["changed"]
    assert run_module("ecs_task_definition", family="small", state="absent", require_tags=OWN)["changed"]
    assert ecs.list_task_definitions(familyPrefix="small", status="ACTIVE")["taskDefinitionArns"] == [arn]
    assert ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])["tags"] == theirs
