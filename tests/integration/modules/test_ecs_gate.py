"""ecs_service returns where its deployment pauses, ecs_service_deployment answers, and ECS's timeout ends it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs import waiter

from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.simulated import SimulatedEngine
from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import completed, context, until
from sandbox.testing.shift_stack import CHECK, Shifted, lay_shifted, waiting

OWN = {"quilt:deployment": "own"}


def hook(minutes: int = 600, action: str = "ROLLBACK") -> dict[str, Any]:
    timeout = {"timeout_in_minutes": minutes, "action": action}
    return {"target_type": "PAUSE", "lifecycle_stages": ["POST_TEST_TRAFFIC_SHIFT"], "timeout_configuration": timeout}


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
def shifted(aws: ControlPlane, client: Any, tmp_path: Path) -> Iterator[Shifted]:
    """A service that serves, deployed blue/green, and a second revision of its task definition."""
    launcher = FargateLauncher(context(aws, tmp_path), SimulatedEngine())
    launcher.start()
    shifted = lay_shifted(client)
    shifted.create(tags=[{"key": "quilt:deployment", "value": "own"}])
    until(lambda: completed(shifted.stack))
    shifted.stack.register(container={"image": "sim:ok", **CHECK})
    yield shifted
    launcher.stop()


@pytest.fixture
def deploy(run_module: Any, shifted: Shifted) -> Any:
    """deploy(hooks, check=False, **parameters): ecs_service with the newest revision."""

    def run(hooks: list[dict[str, Any]], check: bool = False, **parameters: Any) -> dict[str, Any]:
        usual = {"cluster": "main", "service_name": "web", "task_definition": "app", "require_tags": OWN}
        more = {"wait_timeout": 30, "wait_for": "completed_or_paused"}
        configuration = {"deployment_configuration": {"lifecycle_hooks": hooks}}
        result: dict[str, Any] = run_module(
            "ecs_service", check=check, **{**usual, **more, **configuration, **parameters}
        )
        return result

    return run


@pytest.fixture
def answer(run_module: Any) -> Any:
    """answer(paused, **parameters): ecs_service_deployment continues what ecs_service found paused."""

    def run(paused: dict[str, Any], **parameters: Any) -> dict[str, Any]:
        usual = {"cluster": "main", "service_name": "web", "require_tags": OWN, "wait_timeout": 30}
        which = {"service_deployment_arn": paused["service_deployment_arn"], "hook_id": paused["paused_hook"]}
        parameters = {**usual, **which, "state": "continued", **parameters}
        result: dict[str, Any] = run_module("ecs_service_deployment", **parameters)
        return result

    return run


def production(shifted: Shifted) -> list[int]:
    return shifted.weights(shifted.production)


def test_the_module_returns_where_the_deployment_pauses_and_finds_it_there_again(
    deploy: Any, answer: Any, shifted: Shifted
) -> None:
    planned = deploy([hook()], check=True)
    assert (planned["changed"], planned["writes"], planned["paused_hook"]) == (True, [], "")
    paused = deploy([hook()])
    assert paused["writes"] == ["UpdateService"]
    assert paused.keys() == planned.keys()
    assert paused["paused_hook"] == waiting(shifted, shifted.stack.describe())
    assert paused["service_deployment_arn"] == shifted.stack.describe()["currentServiceDeployment"]
    assert f"paused at hook {paused['paused_hook']}, which ecs_service_deployment answers" in paused["progress"][-1]
    assert (production(shifted), shifted.weights(shifted.test)) == ([0, 100], [100, 0])

    for again in (deploy([hook()]), deploy([hook()], check=True), deploy([hook()], wait=False)):
        assert (again["changed"], again["writes"]) == (False, [])
        assert [again[key] for key in ("paused_hook", "service_deployment_arn")] == [
            paused[key] for key in ("paused_hook", "service_deployment_arn")
        ]

    continued = answer(paused)
    assert (continued["writes"], continued["deployment"]["state"]) == (["ContinueServiceDeployment"], "completed")
    assert production(shifted) == [100, 0]
    done = deploy([hook()])
    assert (done["changed"], done["paused_hook"], done["deployment"]["rollout_state"]) == (False, "", "COMPLETED")


@pytest.mark.parametrize(("kind", "sent"), [("lost_reply", 1), ("error", 2)])
def test_a_word_without_an_answer_is_given_once(
    deploy: Any, answer: Any, aws: ControlPlane, kind: Any, sent: int
) -> None:
    paused = deploy([hook()])
    fault = aws.faults.add("ecs", "ContinueServiceDeployment", kind)
    continued = answer(paused)
    assert fault.fired == 1
    assert (continued.get("failed"), continued["writes"]) == (None, ["ContinueServiceDeployment"] * sent)
    assert continued["deployment"]["state"] == "completed"


@pytest.mark.parametrize("kind", ["lost_reply", "error"])
def test_a_stop_without_an_answer_is_no_failure(deploy: Any, answer: Any, aws: ControlPlane, kind: Any) -> None:
    paused = deploy([hook()])
    fault = aws.faults.add("ecs", "StopServiceDeployment", kind)
    stopped = answer(paused, state="stopped")
    assert fault.fired == 1
    assert (stopped.get("failed"), stopped["changed"]) == (None, True)
    assert stopped["deployment"]["state"] == "rolled_back"


def test_what_is_refused_at_the_hook_leaves_everything_with_what_ran(
    deploy: Any, answer: Any, shifted: Shifted
) -> None:
    before = shifted.stack.describe()["taskDefinition"]
    refused = answer(deploy([hook()]), hook_action="ROLLBACK")
    assert (refused["changed"], refused["deployment"]["state"]) == (True, "rolled_back")
    assert (production(shifted), shifted.weights(shifted.test)) == ([0, 100], [0, 100])
    assert shifted.stack.describe()["taskDefinition"] == before


def test_a_rejection_rolls_back_and_fails_with_its_reason(deploy: Any, answer: Any, shifted: Shifted) -> None:
    before = shifted.stack.describe()["taskDefinition"]
    paused = deploy([hook()])
    rejected = answer(paused, hook_action="ROLLBACK", rejection="tools/list: no answer")
    assert rejected["failed"] and rejected["writes"] == ["ContinueServiceDeployment"]
    assert rejected["msg"] == (
        "The new tasks of web did not pass the gate, and got no production traffic:\ntools/list: no answer\n"
        "The deployment was rolled back; all traffic is with the tasks that ran before."
    )
    assert (production(shifted), shifted.weights(shifted.test)) == ([0, 100], [0, 100])
    assert shifted.stack.describe()["taskDefinition"] == before


def test_a_rejection_that_cannot_be_made_says_both_reasons(
    deploy: Any, answer: Any, shifted: Shifted, aws: ControlPlane
) -> None:
    paused = deploy([hook()])
    fault = aws.faults.add("ecs", "ContinueServiceDeployment", "error", code="AccessDeniedException", status=400)
    rejected = answer(paused, hook_action="ROLLBACK", rejection="tools/list: no answer")
    assert fault.fired == 1
    assert "did not pass the gate, and got no production traffic:\ntools/list: no answer\n" in rejected["msg"]
    assert "could not be rolled back; ECS does so itself when its hook times out. " in rejected["msg"]
    assert "was rolled back; all traffic" not in rejected["msg"]


def test_who_only_wants_a_complete_one_waits_on_and_ends_it_at_the_deadline(deploy: Any, shifted: Shifted) -> None:
    result = deploy([hook()], wait_for="completed", wait_timeout=3)
    assert "is not complete after 3 s. It was stopped, and ECS rolls back" in result["msg"]
    assert "POST_TEST_TRAFFIC_SHIFT, 0 % of production traffic, 100 % of test traffic, paused at hook" in result["msg"]
    assert production(shifted) == [0, 100]


def test_after_the_time_out_there_is_nothing_to_continue(deploy: Any, answer: Any, shifted: Shifted) -> None:
    paused = deploy([hook(minutes=1)])
    until(lambda: shifted.record(shifted.stack.describe())["status"] != "IN_PROGRESS")
    until(lambda: completed(shifted.stack))
    late = answer(paused)
    assert late["writes"] == []
    assert "continued; it is rolled_back" in late["msg"]
    assert f"because lifecycle hook {paused['paused_hook']} timed out" in late["msg"]
    assert production(shifted) == [0, 100]


@pytest.mark.parametrize(("on_timeout", "writes"), [("keep", []), ("stop", ["StopServiceDeployment"])])
def test_the_deadline_of_the_answer(run_module: Any, shifted: Shifted, on_timeout: str, writes: list[str]) -> None:
    arn = shifted.deploy("sim:slow")["currentServiceDeployment"]
    which = {"cluster": "main", "service_name": "web", "service_deployment_arn": arn, "require_tags": OWN}
    result = run_module("ecs_service_deployment", **which, state="continued", wait_timeout=1, on_timeout=on_timeout)
    assert result["writes"] == writes
    assert "after 1 s it still is in_progress" in result["msg"]
    assert ("It was stopped, and ECS rolls back" in result["msg"]) == (on_timeout == "stop")


def test_the_gate_goes_and_comes_without_a_deployment(deploy: Any, shifted: Shifted) -> None:
    hooks = lambda: shifted.stack.describe()["deploymentConfiguration"].get("lifecycleHooks")  # noqa: E731
    shifted.stack.update(deploymentConfiguration={"lifecycleHooks": []})
    first = shifted.stack.describe()["taskDefinition"]
    on = deploy([hook()], task_definition=first)
    assert (on["changed"], on["writes"], on["paused_hook"]) == (True, ["UpdateService"], "")
    assert "lifecycle_hooks" in on["diff"]["after"]["deployment_configuration"]
    assert len(hooks()) == 1
    off = deploy([], task_definition=first)
    assert (off["changed"], off["writes"], hooks()) == (True, ["UpdateService"], [])
    assert "lifecycle_hooks" not in off["diff"]["after"]["deployment_configuration"]
    assert deploy([], task_definition=first)["writes"] == []
    assert len(shifted.stack.ecs.list_service_deployments(cluster="main", service="web")["serviceDeployments"]) == 1
