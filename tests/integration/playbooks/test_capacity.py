"""Capacity providers and Availability Zone rebalancing, by the real playbook, each way without a new service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.playbooks.inputs import QUICK

if TYPE_CHECKING:
    from conftest import Play, State

NAME = "sales-prod-mcp-server-production"
SPOT = {
    **QUICK,
    "ecs_service_capacity_providers": [
        {"capacity_provider": "FARGATE", "base": 1, "weight": 1},
        {"capacity_provider": "FARGATE_SPOT", "weight": 3},
    ],
}
REFUSED: dict[str, dict[str, Any]] = {
    "ecs_service_capacity_providers: base of FARGATE and FARGATE_SPOT": {
        "ecs_service_capacity_providers": [
            {"capacity_provider": name, "base": 1, "weight": 1} for name in ("FARGATE", "FARGATE_SPOT")
        ]
    },
    "ecs_service_availability_zone_rebalancing: ECS starts a task in another zone": {
        "ecs_service_availability_zone_rebalancing": "ENABLED",
        "ecs_service_maximum_percent": 100,
        "ecs_service_minimum_healthy_percent": 50,
    },
}


def service(client: Callable[[str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = client("ecs").describe_services(cluster="sales-prod", services=[NAME])["services"][0]
    return found


def test_to_spot_and_back_is_one_service(deployed: State, play: Play, client: Callable[[str], Any]) -> None:
    before = service(client)
    play("deploy.yml", **QUICK)
    foreseen = play("deploy.yml", "--check", "--diff", **SPOT)
    (result,) = foreseen.results("Ensure the service runs the task definition")
    assert result["diff"]["after"]["capacity_provider_strategy"], result
    assert "launch_type" not in result["diff"]["after"]
    assert foreseen.writes == []

    moved = play("deploy.yml", **SPOT)
    assert moved.writes == ["ecs:UpdateService"], moved.failures
    assert service(client)["createdAt"] == before["createdAt"]
    assert "launchType" not in service(client)
    tasks = client("ecs").list_tasks(cluster="sales-prod", serviceName=NAME)["taskArns"]
    (task,) = client("ecs").describe_tasks(cluster="sales-prod", tasks=tasks)["tasks"]
    assert task["capacityProviderName"] == "FARGATE"
    again = play("deploy.yml", **SPOT)
    assert (again.status, again.writes) == (0, [])

    back = play("deploy.yml", **QUICK)
    assert back.writes == ["ecs:UpdateService"], back.failures
    assert service(client)["launchType"] == "FARGATE"
    assert not service(client).get("capacityProviderStrategy")
    assert service(client)["createdAt"] == before["createdAt"]
    usual = play("deploy.yml", **QUICK)
    assert (usual.writes, len(usual.calls)) == ([], len(again.calls))


def test_a_capacity_provider_that_the_cluster_lacks_is_refused_before_any_write(
    play: Play, client: Callable[[str], Any]
) -> None:
    client("ecs").put_cluster_capacity_providers(
        cluster="sales-prod", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
    )
    run = play("deploy.yml", **SPOT)
    (message,) = run.failures
    assert "cluster sales-prod has no capacity provider FARGATE_SPOT; it has FARGATE" in message
    assert "--capacity-providers FARGATE FARGATE_SPOT --default-capacity-provider-strategy '[]'" in message
    assert run.writes == []


@pytest.mark.parametrize(("said", "values"), REFUSED.items())
def test_what_ecs_refuses_is_refused_before_the_first_call(play: Play, said: str, values: dict[str, Any]) -> None:
    run = play("deploy.yml", **values)
    (message,) = run.failures
    assert said in message
    assert run.calls == []


def test_rebalancing_is_left_as_it_is_unless_it_is_said(
    deployed: State, play: Play, client: Callable[[str], Any]
) -> None:
    assert service(client)["availabilityZoneRebalancing"] == "ENABLED"
    play("deploy.yml", **QUICK)
    off = {**QUICK, "ecs_service_availability_zone_rebalancing": "DISABLED"}
    assert play("deploy.yml", **off).writes == ["ecs:UpdateService"]
    assert play("deploy.yml", **QUICK).writes == []
    assert service(client)["availabilityZoneRebalancing"] == "DISABLED"
    client("ecs").update_service(cluster="sales-prod", service=NAME, availabilityZoneRebalancing="ENABLED")
    narrow = {**QUICK, "ecs_service_maximum_percent": 100, "ecs_service_minimum_healthy_percent": 0}
    run = play("deploy.yml", **narrow)
    assert run.writes == ["ecs:UpdateService"], run.failures
    assert service(client)["availabilityZoneRebalancing"] == "DISABLED"
    assert play("deploy.yml", **narrow).writes == []
