"""What is known of a deployment that shifts traffic before, while and after it goes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs_service.shift import (
    problems,
    progress,
    waits,
    without_others,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs_service.wait import Ours, judge, ours_of

CANARY = {"canary_percent": 5.0}
LINEAR = {"step_percent": 10.0}
OURS = Ours("ecs-svc/2", "arn:aws:ecs:us-east-1:850787717197:task-definition/app:2", shifts=True)


@pytest.mark.parametrize(
    ("configuration", "minutes"),
    [
        ({}, 0),
        ({"strategy": "ROLLING", "bakeTimeInMinutes": 5}, 0),
        ({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}, 5),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryBakeTimeInMinutes": 7}, "bakeTimeInMinutes": 1}, 8),
        ({"strategy": "CANARY"}, 10),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 50.0, "stepBakeTimeInMinutes": 4}}, 4),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 30.0, "stepBakeTimeInMinutes": 4}}, 12),
        ({"strategy": "LINEAR"}, 54),
    ],
)
def test_what_a_strategy_waits_by_itself(configuration: dict[str, Any], minutes: int) -> None:
    assert waits(configuration) == minutes * 60
    assert ours_of({"deployments": [], "deploymentConfiguration": configuration}).waits == minutes * 60


@pytest.mark.parametrize(
    ("strategy", "kept"),
    [
        ("ROLLING", []),
        ("BLUE_GREEN", []),
        ("CANARY", ["canary_configuration"]),
        ("LINEAR", ["linear_configuration"]),
    ],
)
def test_what_another_strategy_left_behind_means_nothing(strategy: str, kept: list[str]) -> None:
    given = {"strategy": strategy, "canary_configuration": CANARY, "linear_configuration": LINEAR}
    assert list(without_others(given)) == ["strategy", *kept]


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"strategy": "LINEAR", "canary_configuration": CANARY}, "canary_configuration is of the strategy CANARY"),
        ({"strategy": "ROLLING", "linear_configuration": LINEAR}, "the strategy is ROLLING"),
    ],
)
def test_settings_that_have_no_effect_are_refused(configuration: dict[str, Any], message: str) -> None:
    (found,) = problems(configuration)
    assert message in found


@pytest.mark.parametrize(
    "configuration", [{"canary_configuration": CANARY}, {"strategy": "CANARY", "canary_configuration": CANARY}, {}]
)
def test_settings_that_may_have_an_effect_are_not(configuration: dict[str, Any]) -> None:
    assert problems(configuration) == []


def test_progress_tells_stage_weights_and_the_hook_that_waits() -> None:
    record = {
        "lifecycleStage": "POST_TEST_TRAFFIC_SHIFT",
        "targetServiceRevision": {"requestedProductionTrafficWeight": 12.5, "requestedTestTrafficWeight": 100.0},
        "lifecycleHookDetails": [
            {"hookId": "one", "status": "SUCCEEDED"},
            {"hookId": "two", "status": "AWAITING_ACTION"},
        ],
    }
    assert progress(record) == (
        "POST_TEST_TRAFFIC_SHIFT, 12.5 % of production traffic, 100 % of test traffic, "
        "paused at hook two, which ecs_service_deployment answers"
    )


def service(state: str, primary: str = OURS.id) -> dict[str, Any]:
    deployment = {"id": primary, "status": "PRIMARY", "rolloutState": state, "desiredCount": 1, "runningCount": 1}
    return {"status": "ACTIVE", "deployments": [deployment]}


@pytest.mark.parametrize(
    ("answer", "status", "state"),
    [
        pytest.param(service("IN_PROGRESS"), "IN_PROGRESS", "waiting", id="shifting"),
        pytest.param(service("COMPLETED"), "IN_PROGRESS", "waiting", id="all tasks are there, but it bakes"),
        pytest.param(service("COMPLETED"), "SUCCESSFUL", "done", id="done"),
        pytest.param(service("IN_PROGRESS"), "ROLLBACK_IN_PROGRESS", "failed", id="going back"),
        pytest.param(service("COMPLETED"), "STOPPED", "failed", id="stopped"),
        pytest.param(service("COMPLETED", "ecs-svc/1"), "SUCCESSFUL", "failed", id="complete, and replaced since"),
    ],
)
def test_the_record_decides_where_traffic_shifts(answer: dict[str, Any], status: str, state: str) -> None:
    verdict = judge(answer, OURS, {"status": status, "statusReason": "the reason"})
    assert verdict.state == state
    if state == "failed" and status != "SUCCESSFUL":
        assert verdict.reason.startswith("the reason")
