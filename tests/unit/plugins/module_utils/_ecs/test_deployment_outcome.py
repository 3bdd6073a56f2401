"""Whether our deployment is there, for everything DescribeServices may answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_outcome import (
    TargetDeployment,
    complaints,
    judge,
    progress,
    target_deployment,
)

BEGAN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ARN = "arn:aws:ecs:us-east-1:850787717197:task-definition/quilt-mcp-server"
OURS = TargetDeployment("ecs-svc/2", f"{ARN}:2", BEGAN)


def deployment(number: int, state: str | None, status: str = "PRIMARY", **more: Any) -> dict[str, Any]:
    return {
        "id": f"ecs-svc/{number}",
        "status": status,
        "taskDefinition": f"{ARN}:{number}",
        "desiredCount": 1,
        "runningCount": 1,
        "pendingCount": 0,
        "updatedAt": BEGAN + timedelta(seconds=10),
        **({"rolloutState": state, "rolloutStateReason": f"reason {number}."} if state else {}),
        **more,
    }


def service(*deployments: dict[str, Any], status: str = "ACTIVE") -> dict[str, Any]:
    return {"status": status, "deployments": list(deployments)}


@pytest.mark.parametrize(
    ("answer", "state", "text"),
    [
        pytest.param(service(deployment(2, "IN_PROGRESS")), "waiting", "", id="in progress"),
        pytest.param(service(deployment(2, "COMPLETED")), "done", "", id="complete"),
        pytest.param(
            service(deployment(2, "COMPLETED", runningCount=0)), "waiting", "", id="complete, but a task died since"
        ),
        pytest.param(
            service(deployment(2, "COMPLETED", desiredCount=0, runningCount=0)), "done", "", id="nothing is wanted"
        ),
        pytest.param(
            service(deployment(2, "IN_PROGRESS"), deployment(1, "COMPLETED", "ACTIVE")),
            "waiting",
            "",
            id="the old one still runs",
        ),
        pytest.param(service(deployment(2, None)), "done", "", id="no rollout state: alone and running"),
        pytest.param(
            service(deployment(2, None), deployment(1, None, "ACTIVE")), "waiting", "", id="no rollout state: not alone"
        ),
        pytest.param(
            service(deployment(2, "FAILED", runningCount=0)),
            "failed",
            "reason 2. It was not rolled back",
            id="failed with nothing to go back to",
        ),
        pytest.param(
            service(
                deployment(1, "IN_PROGRESS", rolloutStateReason="ECS deployment circuit breaker: rolling back to 1."),
                deployment(2, "FAILED", "ACTIVE"),
            ),
            "failed",
            "reason 2. ECS rolled back to quilt-mcp-server:1 (ecs-svc/1): ECS deployment circuit breaker",
            id="failed and rolls back",
        ),
        pytest.param(
            service(deployment(1, "COMPLETED", rolloutStateReason="rolling back to deploymentId ecs-svc/1.")),
            "failed",
            "ECS rolled back to quilt-mcp-server:1",
            id="rolled back before we looked",
        ),
        pytest.param(
            service(deployment(3, "IN_PROGRESS"), deployment(2, "IN_PROGRESS", "ACTIVE")),
            "failed",
            "now runs quilt-mcp-server:3 (ecs-svc/3), so this deployment was rolled back or replaced by another one",
            id="replaced by somebody else",
        ),
        pytest.param(
            service(deployment(1, "COMPLETED", updatedAt=BEGAN - timedelta(seconds=1))),
            "waiting",
            "",
            id="an answer from before ours began",
        ),
        pytest.param(service(), "failed", "now runs nothing", id="no deployment at all"),
        pytest.param(
            service(deployment(2, "IN_PROGRESS"), status="DRAINING"), "failed", "the service is DRAINING", id="deleted"
        ),
        pytest.param(None, "failed", "the service is gone", id="gone"),
    ],
)
def test_judge(answer: dict[str, Any] | None, state: str, text: str) -> None:
    verdict = judge(answer, OURS)
    assert verdict.state == state
    assert text in verdict.reason
    assert bool(verdict.reason) == (state == "failed")


@pytest.mark.parametrize(
    ("status", "after", "rollout", "state"),
    [
        pytest.param("ROLLBACK_SUCCESSFUL", 2, "IN_PROGRESS", "failed", id="ours was rolled back"),
        pytest.param("ROLLBACK_SUCCESSFUL", -3600, "IN_PROGRESS", "waiting", id="the one before ours was"),
        pytest.param("STOPPED", -3600, "COMPLETED", "done", id="the one before ours was stopped"),
        pytest.param("ROLLBACK_SUCCESSFUL", 3600, "COMPLETED", "done", id="one after ours was rolled back to it"),
        pytest.param("IN_PROGRESS", 2, "COMPLETED", "waiting", id="ours bakes"),
        pytest.param("SUCCESSFUL", 2, "COMPLETED", "done", id="ours is complete"),
    ],
)
def test_the_record_of_another_deployment_says_nothing_of_ours(
    status: str, after: int, rollout: str, state: str
) -> None:
    """after: seconds from our deployment to the record."""
    record = {"status": status, "createdAt": BEGAN + timedelta(seconds=after)}
    assert judge(service(deployment(2, rollout)), OURS, record).state == state


def test_ours_is_the_primary_deployment() -> None:
    answer = service(
        deployment(1, "COMPLETED", "ACTIVE"), deployment(2, "IN_PROGRESS", createdAt=BEGAN, updatedAt=BEGAN)
    )
    assert target_deployment(answer) == OURS
    assert target_deployment({**answer, "currentServiceDeployment": "arn:record"}).record == "arn:record"


def target(state: str, **health: str) -> dict[str, Any]:
    return {"Target": {"Id": "10.0.1.7", "Port": 8000}, "TargetHealth": {"State": state, **health}}


def test_what_the_health_check_says() -> None:
    codes = "Health checks failed with these codes: [404]"
    unhealthy = target("unhealthy", Description=codes, Reason="Target.ResponseCodeMismatch")
    others = [target("healthy"), target("initial", Description="Initial health checks in progress")]
    assert complaints([*others, unhealthy]) == [f"10.0.1.7:8000: {codes}"]
    assert complaints([target("unhealthy")]) == ["10.0.1.7:8000: no reason"]
    assert complaints(None) == []


@pytest.mark.parametrize(
    ("answer", "targets", "line"),
    [
        pytest.param(
            service(deployment(2, "IN_PROGRESS", runningCount=0, pendingCount=1)),
            None,
            "quilt-mcp-server:2: 0 of 1 running, 1 pending",
            id="alone",
        ),
        pytest.param(
            service(deployment(2, "IN_PROGRESS", failedTasks=3), deployment(1, "COMPLETED", "ACTIVE")),
            [target("healthy"), target("initial")],
            "quilt-mcp-server:2: 1 of 1 running, 0 pending, 3 failed, 1 of earlier deployments, 1 of 2 targets healthy",
            id="replacing, with failures",
        ),
        pytest.param(service(), None, "quilt-mcp-server:2: 0 of 0 running, 0 pending", id="not listed yet"),
    ],
)
def test_progress(answer: dict[str, Any], targets: list[dict[str, Any]] | None, line: str) -> None:
    assert progress(answer, OURS, targets) == line
