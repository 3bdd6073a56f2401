"""Deploying while AWS is busy, while somebody else deploys the same, and after somebody changed what is the
deployment's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.account import Account

if TYPE_CHECKING:
    from conftest import Play, State

    from sandbox.emulator.control_plane import ControlPlane

CLUSTER, SERVICE = "sales-prod", "sales-prod-mcp-server-production"
# What a run says that found nothing and then was the second to create it, or whose deployment another one replaced.
LOST_RACE = re.compile(
    "EntityAlreadyExists|Failed to (?:create|authorize|revoke) security group"
    "|so this deployment was rolled back or replaced by another one"
)


@pytest.fixture
def account(aws: ControlPlane) -> Account:
    found = Account(aws.platform)
    found.foreign()  # the others' services settle at the first look
    return found


def test_every_third_call_throttled_delays_a_deployment_and_a_destruction(
    play: Play, aws: ControlPlane, account: Account
) -> None:
    foreign = account.foreign()
    fault = aws.faults.add("*", "*", "throttle", times=None, every=3)
    assert (built := play("build.yml")).status == 0, built.failures
    run = play("deploy.yml")
    assert run.status == 0, run.failures
    assert fault.fired > 20
    aws.faults.clear()
    again = play("deploy.yml")
    assert (again.status, again.stats["changed"], again.writes) == (0, 0, []), again.failures
    aws.faults.add("*", "*", "throttle", times=None, every=3)
    run = play("destroy.yml")
    assert run.status == 0, run.failures
    aws.faults.clear()
    assert account.owned() == {}
    assert account.foreign() == foreign


def test_every_third_write_without_an_answer_makes_nothing_twice(
    play: Play, aws: ControlPlane, account: Account
) -> None:
    foreign = account.foreign()
    assert (built := play("build.yml")).status == 0, built.failures
    ecs = aws.platform("ecs")
    before = {*ecs.list_task_definitions()["taskDefinitionArns"]}
    aws.faults.add("ecs", "RegisterTaskDefinition", "lost_reply")
    fault = aws.faults.add("*", "*", "lost_reply", times=None, every=3, writes=True)
    run = play("deploy.yml")
    assert run.status == 0, run.failures
    assert fault.fired > 5
    aws.faults.clear()
    assert len({*ecs.list_task_definitions()["taskDefinitionArns"]} - before) == 1
    assert len(ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"]) == 1
    again = play("deploy.yml")
    assert (again.status, again.stats["changed"], again.writes) == (0, 0, []), again.failures
    aws.faults.add("*", "*", "lost_reply", times=None, every=3, writes=True)
    run = play("destroy.yml")
    assert run.status == 0, run.failures
    aws.faults.clear()
    assert account.owned() == {}
    assert account.foreign() == foreign


def test_two_runs_at_once_make_nothing_twice(deployed: State, built: State, play: Play, account: Account) -> None:
    """One may lose a race and say so; both together leave what one alone would have left, or what the next finishes.

    ECS registers a revision without a condition, so that two runs which find none at the same moment register two.
    """
    foreign, alone = account.foreign(), account.owned()
    built.restore()
    with ThreadPoolExecutor(2) as pool:
        runs = [future.result() for future in [pool.submit(play, "deploy.yml") for _ in range(2)]]
    lost = [run for run in runs if run.status]
    assert len(lost) < 2, [run.failures for run in lost]
    for run in lost:
        assert run.failures and all(map(LOST_RACE.search, run.failures)), run.failures
    finished = play("deploy.yml")
    assert finished.status == 0, finished.failures
    again = play("deploy.yml")
    assert (again.stats["changed"], again.writes) == (0, [])
    assert account.foreign() == foreign
    together = account.owned()
    assert play("destroy.yml").status == 0
    assert account.owned() == {}
    assert 1 <= sum(is_revision(key) for key in together) <= 2
    assert names(together) == names(alone)


def is_revision(key: str) -> bool:
    return ":task-definition/" in key


def names(owned: dict[str, str]) -> list[str]:
    """The resources but for revisions, without their numbers in the list."""
    return [key.partition(" #")[0] for key in owned if not is_revision(key)]


def test_an_outside_deployment_between_two_runs_is_put_right(
    deployed: State, play: Play, client: Callable[[str], Any]
) -> None:
    ecs = client("ecs")
    (service,) = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    own = service["taskDefinition"]
    definition = ecs.describe_task_definition(taskDefinition=own)["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    taken = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities", "executionRoleArn", "taskRoleArn")
    theirs = ecs.register_task_definition(
        **{name: definition[name] for name in taken},
        containerDefinitions=[{**container, "image": "process:quilt_mcp_server:theirs", "mountPoints": []}],
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=theirs, desiredCount=3)

    check = play("deploy.yml", "--check", "--diff")
    assert check.status == 0, check.failures
    assert check.stats["changed"] > 0 and check.writes == []

    run = play("deploy.yml")
    assert run.status == 0, run.failures
    (service,) = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    assert service["desiredCount"] == 1
    now = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert now["containerDefinitions"] == definition["containerDefinitions"]
    assert ecs.describe_task_definition(taskDefinition=theirs)["taskDefinition"]["status"] == "ACTIVE"
    again = play("deploy.yml")
    assert (again.stats["changed"], again.writes) == (0, [])
