"""What is known of a deployment that shifts traffic before, while and after it goes."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import InvalidParameters
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_outcome import (
    TargetDeployment,
    judge,
    target_deployment,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.service import Service
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.strategy import (
    of_strategy,
    problems,
    progress,
    waits,
)

CANARY = {"canary_percent": 5.0}
LINEAR = {"step_percent": 10.0}
OWN = TargetDeployment("ecs-svc/2", "arn:aws:ecs:us-east-1:850787717197:task-definition/app:2", shifts=True)


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
    assert target_deployment({"deployments": [], "deploymentConfiguration": configuration}).waits == minutes * 60


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
    assert set(of_strategy(given)) == {"strategy", *kept}
    assert set(of_strategy({"strategy": strategy})) == {"strategy", *kept}, "ECS fills in those of its own"


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        (
            {"strategy": "LINEAR", "canary_configuration": CANARY},
            "canary_configuration is given, and the strategy is LINEAR, but it is of the strategy CANARY",
        ),
        ({"strategy": "ROLLING", "linear_configuration": LINEAR}, "the strategy is ROLLING"),
    ],
)
def test_settings_that_have_no_effect_are_refused(configuration: dict[str, Any], message: str) -> None:
    (found,) = problems(configuration)
    assert message in found.line()


@pytest.mark.parametrize(
    "configuration", [{"canary_configuration": CANARY}, {"strategy": "CANARY", "canary_configuration": CANARY}, {}]
)
def test_settings_that_may_have_an_effect_are_not(configuration: dict[str, Any]) -> None:
    assert problems(configuration) == []


def test_progress_shows_stage_weights_and_the_hook_that_waits() -> None:
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


def service(state: str, primary: str = OWN.id) -> dict[str, Any]:
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
    verdict = judge(answer, OWN, {"status": status, "statusReason": "the reason"})
    assert verdict.state == state
    if state == "failed" and status != "SUCCESSFUL":
        assert verdict.reason.startswith("the reason")


@pytest.mark.parametrize(
    ("status", "hooks", "state", "hook"),
    [
        ("IN_PROGRESS", ["SUCCEEDED", "AWAITING_ACTION"], "paused", "1"),
        ("IN_PROGRESS", ["SUCCEEDED", "IN_PROGRESS"], "waiting", ""),
        ("ROLLBACK_IN_PROGRESS", ["AWAITING_ACTION"], "failed", ""),
        ("SUCCESSFUL", ["TIMED_OUT"], "done", ""),
    ],
)
def test_a_hook_that_waits_for_somebody_is_a_pause(status: str, hooks: list[str], state: str, hook: str) -> None:
    details = [{"hookId": str(number), "status": one} for number, one in enumerate(hooks)]
    verdict = judge(service("COMPLETED"), OWN, {"status": status, "lifecycleHookDetails": details})
    assert (verdict.state, verdict.hook) == (state, hook)


@pytest.mark.parametrize(
    ("operations", "hook", "refused"),
    [
        (["CreateService"], {"target_type": "PAUSE"}, True),
        (["CreateService"], {"target_type": "AWS_LAMBDA"}, False),
        (["CreateService", "ContinueServiceDeployment"], {"target_type": "PAUSE"}, False),
    ],
)
def test_a_pause_that_nobody_could_end_is_refused(operations: list[str], hook: dict[str, str], refused: bool) -> None:
    class Old(Service):
        model = SimpleNamespace(operation_names=operations)

    params = {**dict.fromkeys(Service.fields), "wait_timeout": 1, "cluster": "main", "service_name": "web"}
    params["deployment_configuration"] = {"lifecycle_hooks": [hook]}
    service = Old(SimpleNamespace(params=params, log=None))
    with pytest.raises(InvalidParameters, match="upgrade boto3") if refused else nullcontext():
        service.validate()
