"""Every field of a scaling policy and of a scheduled action: see tests/kinds/test_every_field.py."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._autoscaling.scalable_target import NAMED, ScalableTarget
from ansible_collections.quilt.mcp_server.plugins.module_utils._autoscaling.scalable_target_plan import (
    ACTION_FIELDS,
    CONFIGURATIONS,
    POLICY_FIELDS,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.plan import Current, Reading
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.shapes import members

KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
CLIENT = boto3.client("application-autoscaling", region_name="us-east-1", **KEYS)
# The target's own, not the policy's or the action's.
KEY = {"service_namespace", "resource_id", "scalable_dimension"}
LABEL = "app/balancer/0123456789abcdef/targetgroup/group/0123456789abcdef"
# A document must be valid: the limits of an action fit, a metric of ECS needs no label.
FIRST = {
    "max_capacity": 9,
    "schedule": "rate(1 day)",
    "timezone": "UTC",
    "start_time": "2026-01-01T00:00:00Z",
    "end_time": "2026-02-01T00:00:00Z",
    "predefined_metric_type": "ECSServiceAverageCPUUtilization",
    "resource_label": LABEL,
}
OTHER = {
    "schedule": "rate(2 days)",
    "timezone": "Europe/Berlin",
    "start_time": "2026-01-02T00:00:00Z",
    "end_time": "2026-02-02T00:00:00Z",
}


def shape_of(field):
    return CLIENT.meta.service_model.operation_model(NAMED[field].operation).input_shape


def sample(shape, name=""):
    if name in FIRST:
        return FIRST[name]
    if shape.type_name == "structure":
        return {snake: sample(member[1], snake) for snake, member in members(shape).items()}
    if shape.type_name == "list":
        return [sample(shape.member)]
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "a"
    return True if shape.type_name == "boolean" else 1


def other(value, name, shape):
    if name in OTHER:
        return OTHER[name]
    if shape.type_name == "string":
        return next(choice for choice in shape.enum if choice != value) if shape.enum else "b"
    return not value if shape.type_name == "boolean" else value + 1


def leaves(shape, path=()):
    if shape.type_name == "structure":
        for snake, member in members(shape).items():
            yield from leaves(member[1], (*path, snake))
    elif shape.type_name == "list":
        yield from leaves(shape.member, (*path, 0))
    else:
        yield path, shape


def documents():
    """A field, and a document of it with everything: of each type of policy one, for it has one configuration."""
    policy = {name: value for name, value in sample(shape_of("policies")).items() if name in POLICY_FIELDS}
    for kind, parameter in CONFIGURATIONS.items():
        others = {*CONFIGURATIONS.values()} - {parameter}
        yield "policies", {n: v for n, v in policy.items() if n not in others} | {"policy_type": kind}
    action = sample(shape_of("scheduled_actions"))
    yield "scheduled_actions", {name: value for name, value in action.items() if name in ACTION_FIELDS}


def rows():
    for field, document in documents():
        for path, shape in leaves(shape_of(field)):
            if path[0] in document and path != (NAMED[field].identifier,) and path != ("policy_type",):
                parent: Any = document
                for step in path[:-1]:
                    parent = parent[step]
                changed = other(parent[path[-1]], path[-1], shape)
                name = f"{document.get('policy_type', field)}-{'.'.join(map(str, path))}"
                yield pytest.param(field, document, path, changed, id=name)


def target(field, document):
    common = {"state": "present", "tags": None, "purge_tags": False, "require_tags": {}}
    given = {
        "resource_id": "service/a/b",
        "service_namespace": "ecs",
        "scalable_dimension": "ecs:service:DesiredCount",
        "min_capacity": 1,
        "max_capacity": 4,
        field: [document],
    }
    params = {**dict.fromkeys(ScalableTarget.fields), **common, **given}
    return ScalableTarget(SimpleNamespace(params=params, check_mode=False, client=lambda service: CLIENT))


def plan(field, before, after):
    """What is planned where one document is there and the other is wanted."""
    there = target(field, before)
    return target(field, after).plan(Reading(Current(there.normalized(there.wanted()))))


def test_every_member_of_the_requests_is_known():
    assert set(members(shape_of("policies"))) - KEY == {*POLICY_FIELDS}
    assert set(members(shape_of("scheduled_actions"))) - KEY == {*ACTION_FIELDS}


@pytest.mark.parametrize(("field", "document"), list(documents()))
def test_the_same_document_is_no_change(field, document):
    assert plan(field, document, document).action == "none"


@pytest.mark.parametrize(("field", "document", "path", "changed"), list(rows()))
def test_every_change_of_every_field_is_named(field, document, path, changed):
    wanted = copy.deepcopy(document)
    parent: Any = wanted
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = changed
    assert set(plan(field, document, wanted).changes) == {field}


TRACKING, PREDICTIVE = CONFIGURATIONS["TargetTrackingScaling"], CONFIGURATIONS["PredictiveScaling"]
DIMENSIONS = [{"name": "b", "value": "1"}, {"name": "a", "value": "1"}]


def tracking(**more):
    return {"policy_name": "p", TRACKING: {"target_value": 60, **more}}


def predictive(query, **more):
    load = {"customized_load_metric_specification": {"metric_data_queries": [query]}}
    return {"policy_name": "p", PREDICTIVE: {"metric_specifications": [{"target_value": 40, **load}], **more}}


def query(dimensions, **more):
    metric = {"namespace": "n", "metric_name": "m", "dimensions": dimensions}
    return {"id": "q", "metric_stat": {"stat": "Sum", "metric": metric}, **more}


def metric(**more):
    return tracking(customized_metric_specification={"metric_name": "m", "namespace": "n", "statistic": "Sum", **more})


def predefined(**more):
    kind = {"predefined_metric_type": "ECSServiceAverageCPUUtilization"}
    return tracking(predefined_metric_specification={**kind, **more})


def metrics(asked):
    return tracking(customized_metric_specification={"metrics": [asked]})


def action(**more):
    limits = {"min_capacity": 1}
    return {"scheduled_action_name": "a", "schedule": "rate(1 day)", "scalable_target_action": limits, **more}


@pytest.mark.parametrize(
    ("field", "asked", "answered"),
    [
        pytest.param("policies", predefined(resource_label=""), predefined(), id="an-empty-string"),
        pytest.param("policies", metric(dimensions=[]), metric(), id="an-empty-list"),
        pytest.param("scheduled_actions", action(start_time="", timezone=""), action(), id="an-empty-time"),
        pytest.param("policies", metrics(query(DIMENSIONS)), metrics(query(DIMENSIONS[::-1])), id="order"),
        pytest.param("policies", metrics(query([])), metrics(query([], return_data=True)), id="returned"),
        pytest.param(
            "policies",
            predictive(query(DIMENSIONS)),
            predictive(
                query(DIMENSIONS[::-1], return_data=True),
                mode="ForecastOnly",
                scheduling_buffer_time=300,
                max_capacity_breach_behavior="HonorMaxCapacity",
            ),
            id="what-is-filled-in-for-a-forecast",
        ),
    ],
)
def test_what_the_service_says_in_other_words_is_no_change(field, asked, answered):
    assert plan(field, answered, asked).action == "none"
    assert plan(field, asked, answered).action == "none"
