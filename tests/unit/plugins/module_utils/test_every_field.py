"""Every field of every request is seen: the shapes of the botocore model are walked, one change at a time."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._autoscaling.scalable_target import ScalableTarget
from ansible_collections.quilt.mcp_server.plugins.module_utils._cloudwatch.alarm import Alarm
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.plan import Current, Refused
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import Reading
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.shapes import InvalidParameters, members
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.repository import Repository
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.service import Service, ServiceReading
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.task_definition import TaskDefinition
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.target_group import TargetGroup
from ansible_collections.quilt.mcp_server.plugins.module_utils._logs.log_group import LogGroup

KINDS = (Alarm, LogGroup, Repository, ScalableTarget, Service, TaskDefinition, TargetGroup)
# Not parameters: the tags have their own option, the registry is the account's, the token the call's. A service is
# deployed by ECS itself, which uses its service-linked role.
NOT_OURS = {"tags", "registry_id", "client_token", "deployment_controller", "role"}
# Where the first choice of the model would make another field meaningless, or leave it no room.
FIRST = {
    "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION",
    "network_mode": "awsvpc",
    "max_capacity": 9,
    "task_definition": "arn:aws:ecs:us-east-1:850787717197:task-definition/a:1",
}
# Of a service, what is left out beside each strategy: the other one's settings, and one of what excludes each other.
STRATEGIES = {
    "CANARY": ("linear_configuration", "launch_type"),
    "LINEAR": ("canary_configuration", "capacity_provider_strategy"),
}

clients: dict[str, Any] = {}


def client(service: str) -> Any:
    if service not in clients:
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        clients[service] = boto3.client(service, region_name="us-east-1", **keys)
    return clients[service]


def make(kind, document=None):
    common = {"state": "present", "tags": None, "purge_tags": False, "require_tags": {}}
    usual = {"cluster": "a", "wait_timeout": 1, "force_new_deployment": False} if kind is Service else {}
    params = {**dict.fromkeys(kind.fields), **common, **usual, **(document or {})}
    return kind(SimpleNamespace(params=params, check_mode=False, client=client))


def planned(resource, current):
    """Its plan for what is there."""
    return resource.plan(
        ServiceReading(current, task_definition="") if isinstance(resource, Service) else Reading(current)
    )


def is_document(shape):
    """Whether it takes any JSON."""
    return getattr(shape, "is_document_type", False)


def sample(shape, name=""):
    """A value for a shape with everything in it."""
    if is_document(shape):
        return {"Some.Key": "a"}
    if shape.type_name == "structure":
        return {snake: sample(member[1], snake) for snake, member in members(shape).items()}
    if shape.type_name == "list":
        return [sample(shape.member, name)]
    if shape.type_name == "map":
        return {"Some.Key": sample(shape.value)}
    if shape.type_name == "string":
        return FIRST.get(name) or (shape.enum[0] if shape.enum else "a")
    return True if shape.type_name == "boolean" else FIRST.get(name, 1)


def other(value, shape):
    """Another value for a scalar or a document, or None when the model has only one."""
    if is_document(shape):
        return {"Some.Key": "b"}
    if shape.type_name == "string":
        return next((choice for choice in shape.enum if choice != value), None) if shape.enum else f"{value}b"
    return not value if shape.type_name == "boolean" else value + 1


def leaves(shape, path=()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if shape.type_name == "structure" and not is_document(shape):
        for snake, member in members(shape).items():
            yield from leaves(member[1], (*path, snake))
    elif shape.type_name == "list":
        yield from leaves(shape.member, (*path, 0))
    elif shape.type_name == "map":
        yield from leaves(shape.value, (*path, "Some.Key"))
    else:
        yield path, shape


def everything(kind, strategy=""):
    whole = {name: value for name, value in sample(make(kind).request_shape).items() if name not in NOT_OURS}
    if kind is Service:
        whole["deployment_configuration"]["strategy"] = strategy
        for name in STRATEGIES[strategy]:
            whole.pop(name, None)
            whole["deployment_configuration"].pop(name, None)
    return whole


def kinds():
    """Each kind with the strategies by which its documents differ."""
    for kind in KINDS:
        for strategy in STRATEGIES if kind is Service else ("",):
            yield pytest.param(kind, strategy, id=f"{kind.__name__}{strategy}")


def holds(document, path):
    """Whether a document has what a path names."""
    try:
        for step in path:
            document = document[step]
    except KeyError:
        return False
    return True


def rows():
    for kind, strategy in (row.values for row in kinds()):
        document = everything(kind, strategy)
        for path, shape in leaves(make(kind).request_shape):
            if path[0] in NOT_OURS | {kind.identifier} or not holds(document, path):
                continue
            value = document
            for step in path:
                value = value[step]
            changed = other(value, shape)
            if changed is not None:
                name = f"{kind.__name__}{strategy}-{'.'.join(map(str, path))}"
                yield pytest.param(kind, strategy, path, changed, id=name)


@pytest.mark.parametrize("kind", KINDS)
def test_every_member_of_the_request_is_a_parameter(kind):
    assert set(members(make(kind).request_shape)) - NOT_OURS == set(kind.fields) - set(kind.set_separately)


@pytest.mark.parametrize(("kind", "strategy"), list(kinds()))
def test_the_same_document_is_no_change(kind, strategy):
    document = everything(kind, strategy)
    resource = make(kind, document)
    current = Current(resource.normalized(resource.wanted()))
    assert planned(resource, current).action == "none"


@pytest.mark.parametrize(("kind", "strategy", "path", "changed"), list(rows()))
def test_every_change_of_every_field_is_named(kind, strategy, path, changed):
    document = everything(kind, strategy)
    resource = make(kind, document)
    current = Current(resource.normalized(resource.wanted()))
    wanted = copy.deepcopy(document)
    parent = wanted
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = changed
    if path[0] in kind.immutable:
        with pytest.raises(Refused, match=path[0]):
            planned(make(kind, wanted), current)
        return
    plan = planned(make(kind, wanted), current)
    assert plan.action == "update" and path[0] in plan.changes
    assert plan.diff["before"].get(path[0]) != plan.diff["after"].get(path[0])


# Fields whose sample is what ECS fills in, so that leaving them out is the same.
FILLED_IN = {"protocol", "version_consistency", "scope", "type", "host_port", "essential"}


def removable():
    for path in dict(leaves(make(TaskDefinition).request_shape)):
        if path[0] not in NOT_OURS | {"family"} and path[-1] not in FILLED_IN:
            step = max(index for index, name in enumerate(path) if isinstance(name, str))
            yield pytest.param(path[: step + 1], id=".".join(map(str, path)))


@pytest.mark.parametrize("path", list(removable()))
def test_a_field_taken_out_of_a_task_definition_is_named(path):
    document = everything(TaskDefinition)
    resource = make(TaskDefinition, document)
    current = Current(resource.normalized(resource.wanted()))
    wanted = copy.deepcopy(document)
    parent = wanted
    for step in path[:-1]:
        parent = parent[step]
    del parent[path[-1]]
    try:
        assert path[0] in planned(make(TaskDefinition, wanted), current).changes
    except InvalidParameters as error:
        assert "is required" in str(error) and path[-1] in str(error)
