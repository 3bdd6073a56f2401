"""ecs_service waits for its own deployment: with tasks that run, crash, become unhealthy or cannot be pulled."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs import waiter

from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.simulated import SimulatedEngine
from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import Stack, context, lay, until

OWN = {"quilt:deployment": "own"}
BREAKER = {"deployment_circuit_breaker": {"enable": True, "rollback": True}}
CHECK = {"healthCheck": {"command": ["CMD", "true"], "interval": 5}}
LOG = {
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": "/ecs/web",
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "ecs",
            "awslogs-create-group": "true",
        },
    }
}


@pytest.fixture
def aws(control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> ControlPlane:
    """An empty account where time passes fast."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_URL", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SANDBOX_SPEED", "100")
    monkeypatch.setattr(waiter, "PAUSES", (0.1,))
    control_plane.reset(seed=False)
    return control_plane


@pytest.fixture
def stack(aws: ControlPlane, client: Any) -> Stack:
    client("logs").create_log_group(logGroupName="/ecs/web")
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    client("iam").create_role(RoleName="execution", AssumeRolePolicyDocument=document)
    return lay(client)


@pytest.fixture
def fargate(aws: ControlPlane, stack: Stack, tmp_path: Path) -> Iterator[FargateLauncher]:
    launcher = FargateLauncher(context(aws, tmp_path), SimulatedEngine())
    launcher.start()
    yield launcher
    launcher.stop()


@pytest.fixture
def deploy(run_module: Any, stack: Stack, fargate: FargateLauncher) -> Any:
    """deploy(behavior, **parameters): register the task definition with image sim:behavior and run the module."""

    def run(behavior: str | None = None, **parameters: Any) -> dict[str, Any]:
        if behavior is not None:
            register(stack, behavior)
        usual = {
            "cluster": "main",
            "service_name": "web",
            "task_definition": "app",
            "launch_type": "FARGATE",
            "network_configuration": {
                "awsvpc_configuration": {"subnets": stack.subnets, "security_groups": [stack.security_group]}
            },
            "load_balancers": [
                {"target_group_arn": stack.target_group, "container_name": "app", "container_port": 8000}
            ],
            "deployment_configuration": BREAKER,
            "require_tags": OWN,
            "wait_timeout": 60,
        }
        result: dict[str, Any] = run_module("ecs_service", **{**usual, **parameters})
        return result

    return run


def register(stack: Stack, behavior: str) -> str:
    role = "arn:aws:iam::850787717197:role/execution"
    return stack.register(container={"image": f"sim:{behavior}", **CHECK, **LOG}, executionRoleArn=role)


def revision(result: dict[str, Any]) -> str:
    return str(result["deployment"]["task_definition"]).rpartition("/")[2]


def test_the_wait_ends_when_the_deployment_serves(deploy: Any, stack: Stack) -> None:
    result = deploy("ok")
    assert (result["deployment"]["rollout_state"], result["deployment"]["running_count"]) == ("COMPLETED", 1)
    assert result["progress"][0].startswith("app:1: ")
    assert "1 of 1 running" in result["progress"][-1]
    assert all(line.endswith(" s left") for line in result["progress"])
    second = deploy("ok")
    assert revision(second) == "app:2"
    assert {task["taskDefinitionArn"] for task in stack.tasks()} == {second["deployment"]["task_definition"]}


def test_a_first_deployment_that_crashes_says_why(deploy: Any) -> None:
    result = deploy("exit-3")
    message = result["msg"]
    assert result["failed"]
    assert message.startswith("ECS service web: deployment ecs-svc/")
    for text in (
        "of app:1 failed: ECS deployment circuit breaker",
        "It was not rolled back",
        "EssentialContainerExited",
        "container app: STOPPED, exit code 3",
        "Last log lines of app (/ecs/web, ecs/app/",
        "  app started",
        "Last events of the service:",
        "Progress:",
    ):
        assert text in message, message


def test_a_failed_first_deployment_is_started_again_by_the_next_run(deploy: Any, stack: Stack) -> None:
    deploy("exit-3")
    failed = stack.describe()["deployments"][0]["id"]
    again = deploy()
    assert again["failed"]
    assert again["writes"] == ["UpdateService"]
    assert stack.describe()["deployments"][0]["id"] != failed
    repaired = deploy("ok")
    assert revision(repaired) == "app:2"


def test_a_rolled_back_deployment_is_a_failure(deploy: Any, stack: Stack) -> None:
    deploy("ok")
    message = deploy("exit-1")["msg"]
    assert "of app:2 failed" in message
    assert "The service deployment is ROLLBACK_" in message or "ECS rolled back to app:1" in message
    assert "app:1" in message
    assert "exit code 1" in message
    until(lambda: stack.describe()["deployments"][0]["rolloutState"] == "COMPLETED")
    assert stack.describe()["taskDefinition"].endswith("app:1")
    assert stack.describe()["runningCount"] == 1


@pytest.mark.parametrize(
    ("behavior", "texts"),
    [
        ("unhealthy", ["health check UNHEALTHY", "Task failed container health checks"]),
        ("unpullable", ["CannotPullContainerError"]),
    ],
)
def test_the_reason_is_reported(deploy: Any, behavior: str, texts: list[str]) -> None:
    message = deploy(behavior)["msg"]
    for text in texts:
        assert text in message, message


def test_the_deadline_ends_the_wait(deploy: Any) -> None:
    message = deploy("unhealthy", deployment_configuration={}, wait_timeout=3)["msg"]
    assert "of app:1 is not complete after 3 s. It was not stopped: there is no earlier deployment to roll" in message
    assert "Task " in message


def test_the_deadline_stops_a_deployment_that_can_be_rolled_back(deploy: Any, stack: Stack) -> None:
    deploy("ok")
    result = deploy("slow", deployment_configuration={}, wait_timeout=2)
    assert "of app:2 is not complete after 2 s. It was stopped, and ECS rolls back to the deploy" in result["msg"]
    assert result["writes"] == ["UpdateService", "StopServiceDeployment"]
    until(lambda: stack.describe()["deployments"][0]["rolloutState"] == "COMPLETED")
    assert stack.describe()["taskDefinition"].endswith("app:1")


def test_a_stop_that_is_denied_does_not_hide_the_deadline(deploy: Any, stack: Stack, aws: ControlPlane) -> None:
    deploy("ok")
    denied = {"kind": "error", "code": "AccessDeniedException", "status": 400}
    aws.faults.add("ecs", "StopServiceDeployment", times=1, **denied)
    message = deploy("slow", deployment_configuration={}, wait_timeout=1)["msg"]
    assert "of app:2 is not complete after 1 s. It could not be stopped" in message
    assert "AccessDenied" in message


def test_a_run_that_died_is_taken_up_without_another_deployment(deploy: Any, stack: Stack) -> None:
    deploy("ok")
    arn = register(stack, "ok")
    begun = stack.update(taskDefinition=arn)["deployments"][0]["id"]
    result = deploy()
    assert (result["changed"], result["writes"]) == (False, [])
    assert result["deployment"]["id"] == begun
    assert result["deployment"]["rollout_state"] == "COMPLETED"


def test_somebody_elses_deployment_in_the_place_is_a_failure(deploy: Any, stack: Stack, aws: ControlPlane) -> None:
    deploy("ok")
    theirs = register(stack, "ok")
    register(stack, "unhealthy")
    update = threading.Timer(0.5, stack.update, kwargs={"taskDefinition": theirs})
    aws.faults.add("ecs", "UpdateService", kind="before", times=1, callback=lambda *_: update.start())
    message = deploy(deployment_configuration={})["msg"]
    assert "of app:3 failed: The service now runs app:2" in message


def test_absent_waits_until_the_tasks_are_gone(deploy: Any, stack: Stack) -> None:
    deploy("ok")
    assert deploy(state="absent")["changed"]
    assert stack.describe()["status"] == "INACTIVE"
    tasks = stack.tasks() + stack.tasks("STOPPED")
    assert {task["lastStatus"] for task in tasks} == {"STOPPED"}


def test_a_half_finished_deletion_is_finished_by_the_next_run(deploy: Any, stack: Stack) -> None:
    deploy("ok")
    stack.ecs.delete_service(cluster="main", service="web", force=True)
    result = deploy(state="absent")
    assert (result["changed"], result["writes"]) == (False, [])
    assert stack.describe()["status"] == "INACTIVE"


def test_a_new_service_waits_for_the_old_one_to_drain(deploy: Any, stack: Stack) -> None:
    deploy("ok")
    stack.ecs.delete_service(cluster="main", service="web", force=True)
    result = deploy()
    assert result["changed"]
    assert result["deployment"]["rollout_state"] == "COMPLETED"


def test_a_first_deployment_that_fails_can_leave_nothing_running(deploy: Any, stack: Stack) -> None:
    result = deploy("exit-3", on_first_failure="delete")
    assert result["msg"].startswith("ECS service web: deployment ecs-svc/")
    assert "of app:1 failed: ECS deployment circuit breaker" in result["msg"]
    assert "exit code 3" in result["msg"]
    assert result["msg"].endswith("ECS service web has never served, so it was deleted again: nothing of it runs.")
    assert stack.describe()["status"] == "INACTIVE"
    assert {task["lastStatus"] for task in stack.tasks() + stack.tasks("STOPPED")} == {"STOPPED"}
    assert deploy("ok", on_first_failure="delete")["deployment"]["rollout_state"] == "COMPLETED"


def test_the_deadline_of_a_first_deployment_leaves_nothing_running(deploy: Any, stack: Stack) -> None:
    result = deploy("slow", deployment_configuration={}, wait_timeout=2, on_first_failure="delete")
    assert "is not complete after 2 s" in result["msg"]
    assert stack.describe()["status"] == "INACTIVE"
    assert stack.describe()["runningCount"] == 0


def test_a_service_that_has_served_is_never_taken_away(deploy: Any, stack: Stack) -> None:
    deploy("ok")
    assert deploy(
        "exit-3", deployment_configuration={"deployment_circuit_breaker": {"enable": True}}, on_first_failure="delete"
    )["failed"]
    assert stack.describe()["status"] == "ACTIVE"


def test_a_failed_service_that_cannot_be_taken_away_still_says_why(
    deploy: Any, stack: Stack, aws: ControlPlane
) -> None:
    aws.faults.add("ecs", "DeleteService", kind="error", code="AccessDeniedException", status=400, times=9)
    message = deploy("exit-3", on_first_failure="delete")["msg"]
    assert "exit code 3" in message
    assert "has never served, but could not be taken away" in message


def test_a_repair_by_somebody_else_is_not_deleted(deploy: Any, stack: Stack, aws: ControlPlane) -> None:
    theirs = register(stack, "slow")
    repair = threading.Timer(0.5, stack.update, kwargs={"taskDefinition": theirs})
    aws.faults.add("ecs", "CreateService", kind="before", times=1, callback=lambda *_: repair.start())
    message = deploy("slow", on_first_failure="delete", wait_timeout=20)["msg"]
    assert "this deployment was rolled back or replaced" in message
    assert stack.describe()["status"] == "ACTIVE"
