"""What the message of a failed deployment shows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.client import ServiceClient
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_outcome import TargetDeployment
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.diagnostics import (
    collect,
    describe,
    failed_task,
)
from botocore.exceptions import ClientError

TASK_ARN = "arn:aws:ecs:us-east-1:850787717197:task/sales-prod/"
OWN = TargetDeployment("ecs-svc/2", "arn:td", record="arn:record")
SERVICE = {
    "clusterArn": "arn:aws:ecs:us-east-1:850787717197:cluster/sales-prod",
    "serviceName": "mcp",
    "events": [{"message": f"event {number}"} for number in range(9)],
}


def task(name: str, **more: Any) -> dict[str, Any]:
    return {
        "taskArn": TASK_ARN + name,
        "taskDefinitionArn": "arn:td",
        "startedBy": "ecs-svc/2",
        "lastStatus": "RUNNING",
        **more,
    }


CRASHED = task(
    "crashed",
    lastStatus="STOPPED",
    stopCode="EssentialContainerExited",
    stoppedReason="Essential container in task exited",
    stoppedAt="2026-11-22T12:00:00",
    containers=[
        {"name": "mcp-server", "lastStatus": "STOPPED", "exitCode": 3, "healthStatus": "UNKNOWN"},
        {"name": "sidecar", "lastStatus": "STOPPED", "healthStatus": "HEALTHY", "reason": "OutOfMemoryError: killed"},
    ],
)


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        pytest.param([], None, id="none"),
        pytest.param([task("a"), CRASHED], "crashed", id="stopped by itself before running"),
        pytest.param(
            [
                CRASHED,
                task(
                    "scaled", stopCode="ServiceSchedulerInitiated", stoppedReason="Scaling", stoppedAt="2026-11-22T13"
                ),
            ],
            "crashed",
            id="not the one that ECS stopped as no longer wanted",
        ),
        pytest.param(
            [CRASHED, {**CRASHED, "taskArn": TASK_ARN + "later", "stoppedAt": "2026-11-22T12:05:00"}],
            "later",
            id="the latest",
        ),
        pytest.param(
            [task("well"), task("failing", healthStatus="UNHEALTHY")],
            "failing",
            id="running, but its health check fails",
        ),
        pytest.param(
            [
                task("other", stopCode="ServiceSchedulerInitiated", stoppedReason="Scaling", stoppedAt="2026-11-22T13"),
                task(
                    "failing",
                    stopCode="ServiceSchedulerInitiated",
                    stoppedReason="Task failed ELB health checks in (target-group t)",
                    stoppedAt="2026-11-22T12",
                ),
            ],
            "failing",
            id="stopped for its health",
        ),
    ],
)
def test_the_task_that_explains_most(tasks: list[dict[str, Any]], expected: str | None) -> None:
    found = failed_task(tasks)
    assert (found["taskArn"].rpartition("/")[2] if found else None) == expected


def test_a_task_is_reported_with_its_containers() -> None:
    assert list(describe(CRASHED)) == [
        "Task crashed is STOPPED: EssentialContainerExited: Essential container in task exited",
        "  container mcp-server: STOPPED, exit code 3",
        "  container sidecar: STOPPED, health check HEALTHY, OutOfMemoryError: killed",
    ]


class Fake:
    """ECS and CloudWatch Logs with one failed task; `log` None means that the stream is missing."""

    def __init__(self, tasks: list[dict[str, Any]], log: list[str] | None = None, denied: str = "") -> None:
        self.tasks, self.log, self.denied = tasks, log, denied

    @property
    def calls(self) -> ServiceClient:
        return ServiceClient(lambda _service: self, "sales-prod", "mcp")

    def get_paginator(self, operation: str) -> Fake:
        self._refuse(operation)
        return self

    def paginate(self, **request: Any) -> SimpleNamespace:
        stopped = request["desiredStatus"] == "STOPPED"
        arns = [one["taskArn"] for one in self.tasks if (one["lastStatus"] == "STOPPED") == stopped]
        return SimpleNamespace(build_full_result=lambda: {"taskArns": arns})

    def describe_tasks(self, **request: Any) -> dict[str, Any]:
        assert len(request["tasks"]) <= 100, "ECS refuses more"
        return {"tasks": [one for one in self.tasks if one["taskArn"] in request["tasks"]]}

    def describe_service_deployments(self, **request: Any) -> dict[str, Any]:
        self._refuse("describe_service_deployments")
        assert request["serviceDeploymentArns"] == ["arn:record"]
        rollback = {"reason": "The circuit breaker was triggered."}
        record = {
            "serviceDeploymentArn": "arn:record",
            "status": "ROLLBACK_SUCCESSFUL",
            "statusReason": "Tasks failed.",
            "rollback": rollback,
        }
        return {"serviceDeployments": [record]}

    def describe_task_definition(self, **request: Any) -> dict[str, Any]:
        logging = {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "/ecs/mcp", "awslogs-stream-prefix": "ecs", "awslogs-region": "us-east-1"},
        }
        return {"taskDefinition": {"containerDefinitions": [{"name": "mcp-server", "logConfiguration": logging}]}}

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        self._refuse("get_log_events")
        assert request["logGroupName"] == "/ecs/mcp"
        assert request["logStreamName"] == "ecs/mcp-server/crashed"
        if self.log is None:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, "GetLogEvents")
        return {"events": [{"message": line + "\n"} for line in self.log[-request["limit"] :]]}

    def _refuse(self, operation: str) -> None:
        if self.denied == operation:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)


def test_everything_is_collected() -> None:
    fake = Fake([CRASHED, task("foreign", startedBy="ecs-svc/1", stoppedAt="9")], [f"line {n}" for n in range(30)])
    text = collect(fake.calls, SERVICE, OWN)
    deployment = "The service deployment is ROLLBACK_SUCCESSFUL: Tasks failed. The circuit breaker was triggered."
    assert text.startswith(f"{deployment}\nTask crashed is STOPPED")
    assert "foreign" not in text
    assert "Last log lines of mcp-server (/ecs/mcp, ecs/mcp-server/crashed):\n  line 10\n" in text
    assert "  line 29\n" in text
    assert text.endswith("Last events of the service:\n  event 0\n  event 1\n  event 2\n  event 3\n  event 4")


@pytest.mark.parametrize(
    ("fake", "expected"),
    [
        pytest.param(Fake([]), "No task of this deployment was started", id="no task"),
        pytest.param(Fake([CRASHED]), "mcp-server logged nothing (/ecs/mcp, ecs/mcp-server/crashed)", id="no stream"),
        pytest.param(Fake([CRASHED], [], "get_log_events"), "The log cannot be read: ", id="no right to the log"),
        pytest.param(Fake([CRASHED], [], "list_tasks"), "AccessDeniedException", id="no right to the tasks"),
        pytest.param(
            Fake([CRASHED], [], "describe_service_deployments"), "Task crashed is STOPPED", id="no right to the record"
        ),
    ],
)
def test_what_cannot_be_read_is_said(fake: Fake, expected: str) -> None:
    text = collect(fake.calls, SERVICE, OWN)
    assert expected in text
    assert "Last events of the service" in text


def test_what_the_health_check_said_is_reported_however_much_happened_since() -> None:
    said = "(service web) (port 8000) is unhealthy in (target-group t) due to (reason Health checks failed: [404])."
    since = [{"message": f"event {n}"} for n in range(20)]
    text = collect(Fake([CRASHED]).calls, {**SERVICE, "events": [*since, {"message": said}, {"message": said}]}, OWN)
    assert text.endswith(f"  event 4\n  {said}")


def test_the_task_is_found_among_very_many_tasks() -> None:
    others = [task(str(number), lastStatus="STOPPED", startedBy="ecs-svc/1") for number in range(250)]
    assert "Task crashed is STOPPED" in collect(Fake([*others, CRASHED]).calls, SERVICE, OWN)


def test_percentages_that_left_no_room_are_named() -> None:
    said = "(service web) was unable to stop or start tasks during a deployment because of the service deployment "
    service = {
        **SERVICE,
        "desiredCount": 1,
        "deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 150},
        "events": [{"message": f"{said}configuration. Update the minimumHealthyPercent or maximumPercent value."}],
    }
    text = collect(Fake([]).calls, service, OWN)
    assert (
        "minimum_healthy_percent 100 and maximum_percent 150 left the deployment no room: set maximum_percent" in text
    )
    assert "left the deployment no room" not in collect(Fake([]).calls, SERVICE, OWN)
