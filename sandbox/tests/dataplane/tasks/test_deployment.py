"""The scheduler's decisions as tables: one row, one situation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.dataplane.tasks.deployment import (
    Action,
    Blocked,
    Break,
    Complete,
    ServiceView,
    Start,
    Stop,
    TaskView,
    plan,
)

BASE = ServiceView(
    primary="new", state="IN_PROGRESS", desired=1, minimum_percent=100, maximum_percent=200, tasks=(), zones=("a", "b")
)


def tasks(text: str) -> tuple[TaskView, ...]:
    """Tasks as words: deployment, then s(tarting) r(unning) h(ealthy) u(nhealthy) i(ll, was healthy) x(stopping).

    "old-h old-h@b new-s": ids are the positions; "@zone" defaults to a.
    """
    phases = {"s": "starting", "x": "stopping"}
    found = []
    for number, word in enumerate(text.split()):
        name, _, zone = word.partition("@")
        deployment, mark = name.split("-")
        found.append(
            TaskView(
                str(number),
                deployment,
                zone or "a",
                phases.get(mark, "running"),  # type: ignore[arg-type]
                healthy=mark == "h",
                unhealthy="failing" if mark in "ui" else None,
                was_healthy=mark in "hi",
            )
        )
    return tuple(found)


def stops(actions: list[Action]) -> list[str]:
    return sorted(action.task for action in actions if isinstance(action, Stop))


def starts(actions: list[Action]) -> list[str]:
    return [action.zone for action in actions if isinstance(action, Start)]


ROWS: dict[str, tuple[int, int, int, str, int, list[str]]] = {
    # name: desired, minimum, maximum, tasks -> how many start, which stop
    "first deployment": (2, 100, 200, "", 2, []),
    "starting counts": (2, 100, 200, "new-s", 1, []),
    "new and old": (1, 100, 200, "old-h", 1, []),
    "old waits for the new one": (1, 100, 200, "old-h new-r", 0, []),
    "old leaves when the new one is healthy": (1, 100, 200, "old-h new-h", 0, ["0"]),
    "half may leave first": (4, 50, 100, "old-h old-h old-h old-h", 0, ["0", "1"]),
    "then half start": (4, 50, 100, "old-h old-h old-x old-x", 2, []),
    "the other half waits for health": (4, 50, 100, "old-h old-h new-r new-r", 0, []),
    "the other half leaves": (4, 50, 100, "old-h old-h new-h new-h", 0, ["0", "1"]),
    "no task stops early where there is capacity": (2, 50, 200, "old-h old-h", 2, []),
    "maximum rounds down": (3, 100, 150, "old-h old-h old-h", 1, []),
    "minimum rounds up": (3, 50, 100, "old-h old-h old-h", 0, ["0"]),
    "one task, no overlap wanted": (1, 0, 100, "old-h", 0, ["0"]),
    "no overlap, old one gone": (1, 0, 100, "old-x", 1, []),
    "an unhealthy old task leaves at once": (2, 100, 200, "old-h old-u", 2, ["1"]),
    "a superseded start leaves at once": (1, 100, 200, "old-h mid-s", 0, ["1"]),
    "a broken new task stops": (1, 100, 200, "old-h new-u", 1, ["1"]),
    "unhealthy: replacement first": (2, 100, 200, "new-h new-i", 1, []),
    "unhealthy: stops when replaced": (2, 100, 200, "new-h new-i new-h", 0, ["1"]),
    "unhealthy: no capacity, stop first": (2, 50, 100, "new-h new-i", 0, ["1"]),
    "scale out": (3, 100, 200, "new-h", 2, []),
    "scale in takes starting ones first": (1, 100, 200, "new-h new-s", 0, ["1"]),
    "scale in takes the fuller zone": (2, 100, 200, "new-h new-h@b new-h@b", 0, ["1"]),
    "scale to zero": (0, 100, 200, "old-h new-h", 0, ["0", "1"]),
}


@pytest.mark.parametrize(("desired", "minimum", "maximum", "now", "start", "stop"), ROWS.values(), ids=ROWS.keys())
def test_rolling(desired: int, minimum: int, maximum: int, now: str, start: int, stop: list[str]) -> None:
    service = replace(BASE, desired=desired, minimum_percent=minimum, maximum_percent=maximum, tasks=tasks(now))
    actions = plan(service)
    assert (len(starts(actions)), stops(actions)) == (start, stop)


@pytest.mark.parametrize(
    ("now", "desired", "done"),
    [
        ("new-h", 1, True),
        ("new-r", 1, False),
        ("new-h old-x", 1, False),
        ("new-h new-x", 1, True),
        ("", 0, True),
        ("new-h", 2, False),
    ],
)
def test_completion(now: str, desired: int, done: bool) -> None:
    assert (plan(replace(BASE, desired=desired, tasks=tasks(now))) == [Complete()]) is done


@pytest.mark.parametrize(
    ("desired", "minimum", "maximum", "now", "blocked"),
    [
        (1, 100, 150, "old-h", True),
        (1, 50, 100, "old-h", True),
        (2, 75, 125, "old-h old-h", True),
        (4, 75, 125, "old-h old-h old-h old-h", False),
        (2, 100, 150, "old-h old-h", False),
        (1, 0, 100, "old-h", False),
        (1, 100, 150, "old-s", False),
        (1, 100, 150, "old-h new-x", False),
        (2, 100, 100, "new-h new-h", False),
    ],
)
def test_percentages_may_leave_no_room(desired: int, minimum: int, maximum: int, now: str, blocked: bool) -> None:
    service = replace(BASE, desired=desired, minimum_percent=minimum, maximum_percent=maximum, tasks=tasks(now))
    assert (plan(service) == [Blocked()]) is blocked


def test_a_completed_deployment_in_steady_state_asks_for_nothing() -> None:
    assert plan(replace(BASE, state="COMPLETED", tasks=tasks("new-h"))) == []


def test_tasks_spread_over_zones() -> None:
    assert starts(plan(replace(BASE, desired=4, tasks=tasks("new-h@b")))) == ["a", "a", "b"]


def test_the_breaker_trips_at_the_threshold_and_before_anything_else() -> None:
    service = replace(BASE, tasks=tasks("old-h"), threshold=3, rollback=True)
    assert len(starts(plan(replace(service, failed=2)))) == 1
    assert plan(replace(service, failed=3)) == [Break(rollback=True)]
    assert starts(plan(replace(service, failed=2, tasks=tasks("old-h new-u")))) == [], "this failure will trip it"
    assert len(starts(plan(replace(service, failed=9, threshold=None)))) == 1, "no breaker, no end"
    assert Break(True) not in plan(replace(service, failed=9, state="COMPLETED"))


def test_a_failed_deployment_ends_its_own_tasks_and_keeps_the_old_ones() -> None:
    actions = plan(replace(BASE, desired=2, state="FAILED", tasks=tasks("old-h new-h new-s")))
    assert (starts(actions), stops(actions)) == ([], ["1", "2"])


def test_a_pause_between_attempts_holds_starts_only() -> None:
    actions = plan(replace(BASE, may_start=False, tasks=tasks("old-h old-u new-u")))
    assert (starts(actions), stops(actions)) == ([], ["1", "2"])
    assert plan(replace(BASE, may_start=False, desired=2, tasks=tasks("new-h"))) == [], "and completes nothing"


def test_reasons_are_aws_words() -> None:
    actions = plan(replace(BASE, tasks=tasks("old-h new-h new-u")))
    reasons = {action.task: action.reason for action in actions if isinstance(action, Stop)}
    assert reasons == {"0": "Scaling activity initiated by (deployment old)", "2": "failing"}


@pytest.mark.parametrize(("minimum", "maximum"), [(100, 200), (50, 100), (100, 150), (0, 100), (75, 125)])
@pytest.mark.parametrize("desired", [1, 2, 3, 5])
def test_a_whole_rolling_deployment_keeps_its_limits(desired: int, minimum: int, maximum: int) -> None:
    """Play it to the end: a task becomes healthy one round after it started, a stopped one is gone the round after."""
    current = {str(n): TaskView(str(n), "old", "a", "running", True, None, True) for n in range(desired)}
    lowest, highest = -(-desired * minimum // 100), desired * maximum // 100
    if highest <= lowest:
        service = replace(BASE, desired=desired, minimum_percent=minimum, maximum_percent=maximum)
        assert plan(replace(service, tasks=tuple(current.values()))) == [Blocked()], (
            "no task can move: AWS blocks this as well"
        )
        return
    for number in range(100):
        actions = plan(
            replace(
                BASE, desired=desired, minimum_percent=minimum, maximum_percent=maximum, tasks=tuple(current.values())
            )
        )
        if actions == [Complete()]:
            break
        current = {key: task for key, task in current.items() if task.phase != "stopping"}
        current = {key: replace(task, phase="running", healthy=True, was_healthy=True) for key, task in current.items()}
        for count, action in enumerate(actions):
            if isinstance(action, Start):
                current[f"{number}.{count}"] = TaskView(f"{number}.{count}", "new", action.zone, "starting")
            elif isinstance(action, Stop):
                current[action.task] = replace(current[action.task], phase="stopping", healthy=False)
        alive = [task for task in current.values() if task.phase != "stopping"]
        assert len(alive) <= highest
        assert sum(task.healthy for task in alive) >= lowest
    else:
        raise AssertionError("the deployment did not end")
    assert {task.deployment for task in current.values()} == {"new"}
