"""What is sent of a service's document, and which changes need a forced deployment."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.service_defaults import (
    DEPLOYMENT_CONFIGURATION,
    clears_hooks,
    needs_force,
    to_send,
)

BREAKER_ON = {**DEPLOYMENT_CONFIGURATION["deployment_circuit_breaker"], "enable": True, "rollback": True}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (["task_definition", "desired_count"], False),
        (["propagate_tags"], True),
        (["enable_execute_command", "task_definition"], True),
        ([], False),
    ],
)
def test_needs_force(changes: list[str], expected: bool) -> None:
    assert needs_force(changes) is expected


def configured(**changes: Any) -> dict[str, Any]:
    return {**DEPLOYMENT_CONFIGURATION, **changes}


@pytest.mark.parametrize(
    ("after", "before", "asked", "sent"),
    [
        pytest.param(
            configured(deployment_circuit_breaker=BREAKER_ON),
            configured(),
            {"deployment_circuit_breaker": {"enable": True, "rollback": True}},
            {"deployment_circuit_breaker": {"enable": True, "rollback": True}},
            id="what is asked for, without the breaker's defaults",
        ),
        pytest.param(
            configured(maximum_percent=150, deployment_circuit_breaker=BREAKER_ON),
            configured(deployment_circuit_breaker=BREAKER_ON),
            {"maximum_percent": 150},
            {"maximum_percent": 150, "deployment_circuit_breaker": {"enable": True, "rollback": True}},
            id="with what is there and unusual, lest it be reset",
        ),
        pytest.param(
            configured(),
            configured(maximum_percent=150, alarms={"enable": True, "rollback": True, "alarm_names": ["a"]}),
            {},
            {"maximum_percent": 200, "alarms": {"enable": False, "rollback": False}},
            id="cleared: the defaults of what differs",
        ),
        pytest.param(
            configured(),
            configured(),
            {"minimum_healthy_percent": 100},
            {"minimum_healthy_percent": 100},
            id="a default that is asked for",
        ),
    ],
)
def test_only_what_matters_of_the_deployment_configuration_is_sent(
    after: dict[str, Any], before: dict[str, Any], asked: dict[str, Any], sent: dict[str, Any]
) -> None:
    name = "deployment_configuration"
    document = to_send({name: after, "desired_count": 1}, {name: before}, {name: asked})
    assert document == {name: sent, "desired_count": 1}


def test_other_fields_are_sent_as_they_are() -> None:
    assert to_send({"desired_count": 2}, {}, {}) == {"desired_count": 2}


HOOKED = {"deployment_configuration": {"lifecycle_hooks": [{"target_type": "PAUSE"}]}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (HOOKED, {}, True),
        (HOOKED, {"deployment_configuration": {}}, True),
        (HOOKED, HOOKED, False),
        ({}, HOOKED, False),
    ],
)
def test_ecs_is_sent_that_the_hooks_go(before: dict[str, Any], after: dict[str, Any], expected: bool) -> None:
    assert clears_hooks(before, after) is expected
