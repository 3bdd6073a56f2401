"""What a record means, and what is done about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_state import (
    KNOWN_STATES,
    Step,
    has_served,
    is_over,
    is_right,
    plan,
    state_of,
)
from botocore.session import get_session

BEGUN = datetime(2026, 11, 22, 12)


def record(status: str = "IN_PROGRESS", hooks: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    details = [{"hookId": hook, "targetType": "PAUSE", "status": "AWAITING_ACTION"} for hook in hooks]
    return {"status": status, "lifecycleHookDetails": details, **more}


def test_every_status_of_the_service_model_has_a_state() -> None:
    statuses = get_session().get_service_model("ecs").shape_for("ServiceDeploymentStatus").enum
    states = {state_of({"status": status}) for status in statuses}
    assert states | {"paused", "failed"} == set(KNOWN_STATES)


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (record(hooks=("one",)), "paused"),
        ({"status": "SUCCESSFUL", "lifecycleHookDetails": [{"hookId": "one", "status": "SUCCEEDED"}]}, "completed"),
        (record("STOPPED", deploymentCircuitBreaker={"status": "TRIGGERED"}), "failed"),
        (record("STOPPED", alarms={"status": "TRIGGERED"}), "failed"),
        (record("STOPPED", deploymentCircuitBreaker={"status": "MONITORING_COMPLETE"}), "stopped"),
        (record("BRAND_NEW"), "brand_new"),
    ],
)
def test_a_state_is_one_word(found: dict[str, Any], state: str) -> None:
    assert state_of(found) == state


@pytest.mark.parametrize(
    ("wanted", "found", "hook", "step"),
    [
        ("completed", record(), None, Step()),
        ("stopped", record(), None, Step("stop")),
        ("stopped", record("PENDING"), None, Step("stop")),
        ("stopped", record(hooks=("one",)), None, Step("stop")),
        ("stopped", record("ROLLBACK_IN_PROGRESS"), None, Step()),
        ("stopped", record("SUCCESSFUL"), None, Step()),
        ("continued", record(), None, Step()),
        ("continued", record(hooks=("one",)), None, Step("continue", "one")),
        ("continued", record(hooks=("one", "two")), "two", Step("continue", "two")),
    ],
)
def test_the_call_that_is_needed(wanted: str, found: dict[str, Any], hook: str | None, step: Step) -> None:
    assert plan(wanted, found, hook) == step


def test_a_hook_that_is_not_clear_is_refused() -> None:
    unclear = plan("continued", record(hooks=("one", "two")), None).problem
    assert unclear and (unclear.found, unclear.remedy) == ("2 hooks wait (one, two)", "say which with hook_id")
    other = plan("continued", record(hooks=("one",)), "three").problem
    assert other and other.found == "hook three does not wait; these do: one"


@pytest.mark.parametrize(
    ("wanted", "found", "step", "over"),
    [
        ("completed", record(), Step(), False),
        ("completed", record("SUCCESSFUL"), Step(), True),
        ("completed", record(hooks=("one",)), Step(), True),
        ("stopped", record("ROLLBACK_IN_PROGRESS"), Step("stop"), False),
        ("stopped", record(hooks=("one",)), Step("stop"), False),
        ("stopped", record("ROLLBACK_SUCCESSFUL"), Step("stop"), True),
        ("continued", record(hooks=("one",)), Step("continue", "one"), False),
        ("continued", record(hooks=("two",)), Step("continue", "one"), True),
    ],
)
def test_when_a_wait_ends(wanted: str, found: dict[str, Any], step: Step, over: bool) -> None:
    assert is_over(wanted, found, step) == over


@pytest.mark.parametrize(
    ("wanted", "state", "answer", "right"),
    [
        ("completed", "completed", "CONTINUE", True),
        ("completed", "paused", "CONTINUE", False),
        ("completed", "rolled_back", "CONTINUE", False),
        ("stopped", "rolled_back", "CONTINUE", True),
        ("stopped", "completed", "CONTINUE", True),
        ("stopped", "rollback_failed", "CONTINUE", False),
        ("continued", "paused", "CONTINUE", True),
        ("continued", "rolled_back", "CONTINUE", False),
        ("continued", "rolled_back", "ROLLBACK", True),
        ("continued", "completed", "ROLLBACK", False),
    ],
)
def test_how_a_wait_should_end(wanted: str, state: str, answer: str, right: bool) -> None:
    assert is_right(wanted, state, answer) == right


@pytest.mark.parametrize(
    ("deployments", "proven", "served"),
    [
        ([{"rolloutState": "COMPLETED"}], [], True),
        ([{"rolloutState": "IN_PROGRESS"}], [], False),
        ([{"rolloutState": "FAILED"}], [{"createdAt": BEGUN + timedelta(minutes=1)}], True),
        ([{"rolloutState": "FAILED"}], [{"createdAt": BEGUN - timedelta(minutes=1)}], False),
    ],
    ids=["complete now", "first one", "complete once", "complete in an earlier service of that name"],
)
def test_whether_a_service_has_served(deployments: list[Any], proven: list[Any], served: bool) -> None:
    assert has_served({"createdAt": BEGUN, "deployments": deployments}, proven) == served
