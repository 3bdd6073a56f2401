"""How long is waited, and what is reported meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs import waiter
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_outcome import TargetDeployment
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.waiter import (
    DeploymentFailed,
    DeploymentWaiter,
    with_record,
)

OWN = TargetDeployment("ecs-svc/2", "arn:aws:ecs:us-east-1:850787717197:task-definition/app:2")


class Script:
    """In place of ServiceClient: what ECS answers at each look; the last answer stays."""

    def __init__(self, services: Sequence[dict[str, Any]], running: Sequence[list[str]] = ([],)) -> None:
        self.services, self.running, self.looks = list(services), list(running), 0

    def describe(self) -> dict[str, Any]:
        self.looks += 1
        return self.services.pop(0) if len(self.services) > 1 else self.services[0]

    def not_stopped(self, arns: Sequence[str]) -> list[str]:
        return self.running.pop(0) if len(self.running) > 1 else self.running[0]

    def targets(self, service: dict[str, Any]) -> list[dict[str, Any]] | None:
        """Unhealthy at the first look; ECS takes such a target away, so the next ones do not show it."""
        health = {"State": "unhealthy", "Description": "Health checks failed with these codes: [404]"}
        return [{"Target": {"Id": "10.0.1.7", "Port": 8000}, "TargetHealth": health}] if self.looks == 1 else []


def deploying(running: int, state: str = "IN_PROGRESS") -> dict[str, Any]:
    deployment = {"id": OWN.id, "status": "PRIMARY", "rolloutState": state, "desiredCount": 2, "runningCount": running}
    return {"status": "ACTIVE", "deployments": [deployment]}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiter, "PAUSES", (0.01,))
    monkeypatch.setattr(waiter, "collect", lambda *_: "the evidence")


def waiting(script: Script, timeout: int = 60) -> tuple[DeploymentWaiter, list[str]]:
    reported: list[str] = []
    return DeploymentWaiter(script, "ECS service web", timeout, reported.append), reported  # type: ignore[arg-type]


def test_every_change_is_reported_once() -> None:
    wait, reported = waiting(Script([deploying(0), deploying(0), deploying(1), deploying(2, "COMPLETED")]))
    assert wait.complete(OWN)["deployments"][0]["rolloutState"] == "COMPLETED"
    assert [line.rpartition(", ")[0] for line in wait.progress] == [
        "app:2: 0 of 2 running, 0 pending, 0 of 1 targets healthy",
        "app:2: 0 of 2 running, 0 pending, 0 of 0 targets healthy",
        "app:2: 1 of 2 running, 0 pending, 0 of 0 targets healthy",
        "app:2: 2 of 2 running, 0 pending, 0 of 0 targets healthy",
    ]
    assert reported == wait.progress


@pytest.mark.parametrize(
    ("last", "timeout", "text"),
    [(deploying(0, "FAILED"), 60, "failed: ECS gave no reason"), (deploying(1), 0, "is not complete after 0 s")],
)
def test_a_failure_comes_with_evidence_and_progress(last: dict[str, Any], timeout: int, text: str) -> None:
    wait, _clock = waiting(Script([last]), timeout)
    with pytest.raises(DeploymentFailed) as error:
        wait.complete(OWN)
    message = str(error.value)
    assert message.startswith(f"ECS service web: deployment ecs-svc/2 of app:2 {text}")
    assert "the evidence\nThe load balancer's health check:\n  10.0.1.7:8000: Health checks failed" in message
    assert "with these codes: [404]\nProgress:\n  app:2: " in message


def test_what_the_health_check_said_is_reported_though_the_target_is_gone() -> None:
    wait, _clock = waiting(Script([deploying(0), deploying(0), deploying(0, "FAILED")]))
    with pytest.raises(DeploymentFailed, match=r"10\.0\.1\.7:8000: Health checks failed with these codes: \[404\]"):
        wait.complete(OWN)


def test_arns_of_the_evidence_are_short_in_the_message_and_whole_in_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:850787717197:targetgroup/web/0123"
    monkeypatch.setattr(waiter, "collect", lambda *_: f"(target-group {arn}) is unhealthy")
    wait, _reported = waiting(Script([deploying(0, "FAILED")]))
    with pytest.raises(DeploymentFailed, match=r"\(target-group targetgroup/web/0123\) is unhealthy") as error:
        wait.complete(OWN)
    assert error.value.kwargs == {"arns": [arn]} and arn in error.value.whole


def test_an_inactive_service_is_gone_only_without_tasks() -> None:
    script = Script([{"status": "DRAINING"}, {"status": "INACTIVE"}], [["a", "b"], ["b"], []])
    wait, _clock = waiting(script)
    wait.gone(["a", "b"])
    assert script.looks == 3
    assert [line.rpartition(", ")[0] for line in wait.progress] == ["draining, 2 tasks left", "draining, 1 tasks left"]


def test_a_service_that_does_not_go_in_time() -> None:
    wait, _clock = waiting(Script([{"status": "DRAINING"}], [["a"]]), timeout=0)
    with pytest.raises(DeploymentFailed, match=r"not gone after 0 s \(1 tasks left\); run again"):
        wait.gone(["a"])


def test_the_record_is_the_one_that_ecs_names_now() -> None:
    """The answer to a write may still name the deployment before; that of a rollback is foreign."""
    before = replace(OWN, record="one")
    named = {**deploying(1), "currentServiceDeployment": "two"}
    assert with_record(before, named).record == "two"
    back = {"status": "ACTIVE", "deployments": [{"id": "ecs-svc/1", "status": "PRIMARY"}]}
    assert with_record(before, {**back, "currentServiceDeployment": "two"}).record == "one"
    assert with_record(before, deploying(1)).record == with_record(before, None).record == "one"
