"""Whether two percentages leave room to replace a number of tasks."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_room import (
    greatest_minimum,
    has_room,
    least_maximum,
    of_event,
    problem_of_update,
    room_problem,
    without_room,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("tasks", "minimum", "maximum", "room"),
    [
        (1, 100, 200, True),
        (1, 100, 100, False),
        (1, 100, 150, False),
        (1, 50, 100, False),
        (1, 0, 100, True),
        (2, 100, 150, True),
        (2, 100, 149, False),
        (2, 50, 100, True),
        (3, 90, 110, False),
        (10, 90, 100, True),
        (0, 100, 100, True),
    ],
)
def test_room(tasks: int, minimum: int, maximum: int, room: bool) -> None:
    assert has_room(tasks, minimum, maximum) == room
    assert (room_problem(tasks, minimum, maximum) is None) == room


@given(st.integers(1, 5000), st.integers(1, 100))
def test_the_least_maximum_leaves_room_and_one_less_does_not(tasks: int, minimum: int) -> None:
    maximum = least_maximum(tasks)
    assert has_room(tasks, minimum, maximum)
    assert not has_room(tasks, 100, maximum - 1)


@given(st.integers(1, 5000))
def test_the_greatest_minimum_leaves_room_and_one_more_does_not(tasks: int) -> None:
    assert has_room(tasks, greatest_minimum(tasks), 100)
    assert not has_room(tasks, greatest_minimum(tasks) + 1, 100)


def test_the_percentages_are_named() -> None:
    problem = room_problem(1, 100, 150)
    assert problem
    assert problem.found == "1 task, minimum_healthy_percent 100, maximum_percent 150"
    assert problem.remedy == "set maximum_percent to 200 or more, or minimum_healthy_percent to 0 or less"


def test_numbers_without_room() -> None:
    assert without_room(range(1, 5), 100, 150) == [1]


SERVICE = {
    "desired_count": 2,
    "task_definition": "app:1",
    "deployment_configuration": {"strategy": "ROLLING", "minimum_healthy_percent": 100, "maximum_percent": 149},
}


@pytest.mark.parametrize(
    ("change", "force", "refused"),
    [
        pytest.param({"task_definition": "app:2"}, False, True, id="a new revision"),
        pytest.param({"network_configuration": {"subnets": []}}, False, True, id="another network"),
        pytest.param({}, True, True, id="forced"),
        pytest.param({}, False, False, id="nothing"),
        pytest.param({"desired_count": 4}, False, False, id="more tasks"),
        pytest.param({"enable_execute_command": True}, False, False, id="what reaches new tasks only"),
        pytest.param(
            {
                "task_definition": "app:2",
                "deployment_configuration": {**SERVICE["deployment_configuration"], "maximum_percent": 150},  # type: ignore[dict-item]
            },
            False,
            False,
            id="with room from now on",
        ),
        pytest.param(
            {
                "task_definition": "app:2",
                "deployment_configuration": {**SERVICE["deployment_configuration"], "strategy": "CANARY"},  # type: ignore[dict-item]
            },
            False,
            False,
            id="another strategy",
        ),
    ],
)
def test_an_update_that_replaces_tasks_needs_room(change: dict[str, Any], force: bool, refused: bool) -> None:
    assert bool(problem_of_update(SERVICE, {**SERVICE, **change}, force)) == refused


def test_a_service_without_tasks_is_deployed_whatever_the_percentages() -> None:
    before = {**SERVICE, "desired_count": 0}
    assert problem_of_update(before, {**before, "task_definition": "app:2"}, False) is None


def test_the_event_about_the_configuration_names_the_percentages() -> None:
    event = "(service web) was unable to stop or start tasks during a deployment because of the service deployment "
    service = {
        "desiredCount": 1,
        "deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 150},
        "events": [{"message": f"{event}configuration. Update the minimumHealthyPercent or maximumPercent value."}],
    }
    assert of_event(service) == (
        "The percentages minimum_healthy_percent 100 and maximum_percent 150 left the deployment no room: set "
        "maximum_percent to 200 "
        "or more, or minimum_healthy_percent to 0 or less"
    )
    assert of_event({**service, "events": [{"message": "(service web) has reached a steady state."}]}) == ""
