"""Whether two percentages leave room to replace a number of tasks."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_room import (
    greatest_minimum,
    has_room,
    least_maximum,
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
