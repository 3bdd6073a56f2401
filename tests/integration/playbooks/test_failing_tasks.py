"""The message, and the remaining resources, when the deployed program fails.

Fargate's scheduler and agent run over an engine that pretends: a task does what its image says (fargate/simulated.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.simulated import SimulatedEngine
from sandbox.testing.ecs_stack import context

if TYPE_CHECKING:
    from conftest import Play, Run

    from sandbox.emulator.control_plane import ControlPlane

CLUSTER, SERVICE = "sales-prod", "sales-prod-mcp-server-production"
PUBLIC_HOST = "demo.quiltdata.com"
LOGGED = "mcp-server started"

FAILING = [
    pytest.param(
        "unhealthy", ["Task failed container health checks", "health check UNHEALTHY", LOGGED], id="never healthy"
    ),
    pytest.param("dies", ["Essential container in task exited", "exit code 1", LOGGED], id="dies after a minute"),
    pytest.param("unpullable", ["CannotPullContainerError: pull image manifest"], id="no such image"),
]


@pytest.fixture
def deploy(
    aws: ControlPlane, play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Run]]:
    """deploy(behavior): run deploy.yml with an image that behaves so."""
    monkeypatch.setenv("SANDBOX_SPEED", "60")
    launcher = FargateLauncher(context(aws, tmp_path), SimulatedEngine())
    launcher.start()
    yield lambda behavior: play("deploy.yml", image_resolved_uri=f"sim:{behavior}", ecs_service_grace_period=0)
    launcher.stop()


@pytest.fixture
def running(client: Callable[[str], Any]) -> Callable[[], list[str]]:
    """running(): the images of the service's tasks that have not stopped."""

    def look() -> list[str]:
        ecs = client("ecs")
        arns = [
            arn
            for want in ("RUNNING", "STOPPED")
            for arn in ecs.list_tasks(cluster=CLUSTER, desiredStatus=want)["taskArns"]
        ]
        tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
        own = [task for task in tasks if task.get("group") == f"service:{SERVICE}" and task["lastStatus"] != "STOPPED"]
        return [container["image"] for task in own for container in task["containers"]]

    return look


def routed(client: Callable[[str], Any]) -> bool:
    """Whether a rule with the deployment's tag takes the public host."""
    elb = client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = [rule for one in listeners for rule in elb.describe_rules(ListenerArn=one["ListenerArn"])["Rules"]]
    hosts = {rule["RuleArn"]: str(rule["Conditions"]) for rule in rules if PUBLIC_HOST in str(rule["Conditions"])}
    found = elb.describe_tags(ResourceArns=list(hosts))["TagDescriptions"] if hosts else []
    return any(tag["Key"] == "quilt:deployment" for one in found for tag in one["Tags"])


@pytest.mark.parametrize(("behavior", "evidence"), FAILING)
def test_a_first_deployment_that_fails_says_why_and_leaves_nothing_running_or_routed(
    deploy: Callable[[str], Run], running: Any, client: Callable[[str], Any], behavior: str, evidence: list[str]
) -> None:
    run = deploy(behavior)
    assert run.status != 0
    message = run.failures[0]
    assert [text for text in evidence if text not in message] == [], message
    assert "has never served, so it was deleted again" in message
    assert running() == []
    assert not routed(client)


def test_later_deployments_that_fail_say_why_and_the_old_release_serves_on(
    deploy: Callable[[str], Run], running: Any, client: Callable[[str], Any]
) -> None:
    first = deploy("ok")
    assert first.status == 0, first.failures
    for behavior, evidence in (parameters.values for parameters in FAILING):
        run = deploy(str(behavior))
        assert run.status != 0, behavior
        message = run.failures[0]
        assert [text for text in evidence if text not in message] == [], message
        # ECS shows it in two ways, depending on the progress of the rollback.
        assert "quilt-mcp-server:1 (ecs-svc/" in message, message
        assert "rolled back because the circuit breaker threshold was exceeded" in message, message
        assert running().count("sim:ok") == 1
        assert routed(client)
    repaired = deploy("ok")
    assert repaired.status == 0, repaired.failures
    assert running() == ["sim:ok"]


def test_a_run_that_is_killed_while_its_tasks_start_is_finished_by_the_next(
    deploy: Callable[[str], Run], running: Any, client: Callable[[str], Any], aws: ControlPlane, play: Play
) -> None:
    """ECS goes on by itself: the next run finds a deployment under way, or done, that it did not see begin."""
    for operation, behavior in (("CreateService", "ok"), ("UpdateService", "ok-again")):
        fault = aws.faults.add("ecs", operation, "before", callback=play.kill)
        assert deploy(behavior).status < 0
        assert fault.fired == 1
        finished = deploy(behavior)
        assert finished.status == 0, finished.failures
        assert running() == [f"sim:{behavior}"]
        assert routed(client)
        again = deploy(behavior)
        assert (again.stats["changed"], again.writes) == (0, [])
