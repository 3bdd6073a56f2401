"""ecs_service_deployment and ecs_service_deployment_info, with deployments that run, end, and are stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs import waiter

from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.simulated import SimulatedEngine
from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import Stack, completed, context, lay, until

CHECK = {"healthCheck": {"command": ["CMD", "true"], "interval": 5}}
TAGS = [{"key": "quilt:deployment", "value": "own"}]
OWN = {"quilt:deployment": "own"}


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
def stack(aws: ControlPlane, client: Any, tmp_path: Path) -> Iterator[Stack]:
    """A service's stack, and a data plane that runs what is asked for."""
    launcher = FargateLauncher(context(aws, tmp_path), SimulatedEngine())
    launcher.start()
    yield lay(client)
    launcher.stop()


def register(stack: Stack, behavior: str) -> str:
    return stack.register(container={"image": f"sim:{behavior}", **CHECK})


@pytest.fixture
def control(run_module: Any) -> Any:
    def run(check: bool = False, **parameters: Any) -> dict[str, Any]:
        usual = {"cluster": "main", "service_name": "web", "require_tags": OWN, "wait_timeout": 30}
        usual |= {"state": "continued"}  # of one that is not paused it only awaits the end
        result: dict[str, Any] = run_module("ecs_service_deployment", check=check, **{**usual, **parameters})
        return result

    return run


@pytest.fixture
def info(run_module: Any) -> Any:
    def run(**parameters: Any) -> dict[str, Any]:
        usual = {"cluster": "main", "service_name": "web"}
        result: dict[str, Any] = run_module("ecs_service_deployment_info", **{**usual, **parameters})
        assert result["writes"] == []
        return result

    return run


def serve(stack: Stack, then: str | None = None) -> None:
    """A service whose first deployment is complete; `then` starts a second one."""
    register(stack, "ok")
    stack.create(tags=TAGS)
    until(lambda: completed(stack))
    if then is not None:
        stack.update(taskDefinition=register(stack, then))


def test_a_deployment_is_awaited(control: Any, stack: Stack) -> None:
    serve(stack, then="ok")
    result = control()
    assert (result["changed"], result["writes"]) == (False, [])
    assert result["deployment"]["state"] == "completed"
    assert result["deployment"]["task_definition"].endswith("app:2")
    assert result["deployment"]["images"] == {"app": "sim:ok"}
    assert result["progress"][-1].startswith("completed: 1 of 1 running, 0 pending, ")


def test_what_runs_is_stopped_once_and_rolled_back(control: Any, stack: Stack) -> None:
    serve(stack, then="slow")
    planned = control(check=True, state="stopped")
    assert (planned["changed"], planned["writes"]) == (True, [])
    stopped = control(state="stopped")
    assert stopped["writes"] == ["StopServiceDeployment"], stopped
    assert stopped["diff"] == planned["diff"] == {"before": {"state": "in_progress"}, "after": {"state": "rolled_back"}}
    assert stopped["deployment"].keys() == planned["deployment"].keys()
    assert stack.describe()["taskDefinition"].endswith("app:1")
    again = control(state="stopped")
    assert (again["changed"], again["writes"]) == (False, [])


def test_a_deployment_that_is_stopped_by_somebody_is_not_completed(control: Any, stack: Stack) -> None:
    serve(stack, then="slow")
    arn = stack.describe()["currentServiceDeployment"]
    stop = threading.Timer(0.5, stack.ecs.stop_service_deployment, kwargs={"serviceDeploymentArn": arn})
    stop.start()
    result = control(service_deployment_arn=arn)
    stop.join()
    assert "wanted deployment" in result["msg"]
    assert "it is rolled_back: " in result["msg"]


def test_the_deadline_says_what_the_task_does(control: Any, stack: Stack) -> None:
    serve(stack, then="slow")
    message = control(wait_timeout=1)["msg"]
    assert "after 1 s it still is in_progress" in message
    assert "Task " in message
    assert "Progress:\n  in_progress: " in message


def test_a_deployment_that_ends_between_look_and_stop(control: Any, aws: ControlPlane, stack: Stack) -> None:
    serve(stack, then="ok")
    wait = lambda *_: until(lambda: completed(stack))  # noqa: E731
    aws.faults.add("ecs", "StopServiceDeployment", kind="before", times=1, callback=wait)
    result = control(state="stopped")
    assert result["deployment"]["state"] == "completed", result


@pytest.mark.parametrize("state", ["stopped", "continued"])
def test_a_foreign_service_is_left_alone(control: Any, stack: Stack, state: str) -> None:
    serve(stack, then="slow")
    result = control(state=state, require_tags={"quilt:deployment": "another"})
    assert "is foreign" in result["msg"]
    assert result["writes"] == []


def test_nothing_is_paused_so_nothing_is_continued(control: Any, stack: Stack) -> None:
    serve(stack)
    result = control()
    assert (result["changed"], result["writes"]) == (False, [])


def test_a_deployment_of_another_service_is_refused(control: Any, stack: Stack) -> None:
    serve(stack)
    arn = stack.describe()["currentServiceDeployment"].replace("/web/", "/other/")
    refused = control(service_deployment_arn=arn)
    assert refused["msg"].startswith("Refused to continue a deployment of ECS service web\n")
    assert "is a deployment of another service" in refused["msg"] and refused["arns"] == [arn]


@pytest.mark.parametrize("cluster", ["main", "missing"])
def test_without_a_service_there_is_nothing_to_stop(control: Any, info: Any, stack: Stack, cluster: str) -> None:
    result = control(state="stopped", cluster=cluster)
    assert (result["changed"], result["deployment"]) == (False, {})
    found = info(cluster=cluster)
    assert (found["exists"], found["served"], found["deployments"]) == (False, False, [])


def test_deployments_are_listed_newest_first(info: Any, stack: Stack) -> None:
    serve(stack, then="slow")
    found = info()
    assert (found["exists"], found["served"]) == (True, True)
    assert [one["state"] for one in found["deployments"]] == ["in_progress", "completed"]
    assert [one["task_definition"].rpartition("/")[2] for one in found["deployments"]] == ["app:2", "app:1"]
    assert [one["state"] for one in info(states=["completed"])["deployments"]] == ["completed"]
    assert len(info(limit=1)["deployments"]) == 1
    assert len(found["calls"]) == 4


def test_a_service_that_never_was_complete_has_not_served(info: Any, stack: Stack) -> None:
    register(stack, "slow")
    stack.create()
    found = info()
    assert (found["exists"], found["served"]) == (True, False)
    assert [one["state"] for one in found["deployments"]] == ["in_progress"]
