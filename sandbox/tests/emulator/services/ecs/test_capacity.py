"""Capacity provider strategies of services and of tasks."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import Stack, lay

Strategy = list[dict[str, Any]]

ON_DEMAND, SPOT = {"capacityProvider": "FARGATE"}, {"capacityProvider": "FARGATE_SPOT"}


@pytest.fixture
def stack(empty: ControlPlane, client: Any) -> Stack:
    stack = lay(client)
    stack.register()
    return stack


REFUSED: dict[str, tuple[Strategy, str]] = {
    "of no cluster": ([{"capacityProvider": "mine"}], "not associated with the cluster"),
    "twice": ([ON_DEMAND | {"weight": 1}, ON_DEMAND | {"weight": 2}], "only once"),
    "no weight": ([ON_DEMAND, SPOT], "no capacity providers with a weight value greater than zero"),
    "two bases": ([ON_DEMAND | {"weight": 1, "base": 1}, SPOT | {"weight": 1, "base": 1}], "can have a base"),
    "mixed": ([ON_DEMAND | {"weight": 1}, {"capacityProvider": "mine", "weight": 1}], "a mix of Fargate"),
    "weight": ([SPOT | {"weight": 1001}], "weight"),
    "too many": ([ON_DEMAND] * 21, "a maximum of 20"),
}


@pytest.mark.parametrize(("strategy", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_an_impossible_strategy_is_refused(stack: Stack, strategy: Strategy, message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        stack.ecs.create_service(
            **{name: value for name, value in stack.service_request().items() if name != "launchType"},
            capacityProviderStrategy=strategy,
        )
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    network = stack.service_request()["networkConfiguration"]
    with pytest.raises(ClientError, match=message):
        stack.ecs.run_task(
            cluster="main", taskDefinition="app", networkConfiguration=network, capacityProviderStrategy=strategy
        )


def test_a_service_goes_to_spot_when_the_cluster_has_it(stack: Stack) -> None:
    spot = [SPOT | {"weight": 3}, ON_DEMAND | {"weight": 1, "base": 1}]
    stack.ecs.put_cluster_capacity_providers(
        cluster="main", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
    )
    stack.create()
    with pytest.raises(ClientError, match="not associated with the cluster"):
        stack.update(capacityProviderStrategy=spot, forceNewDeployment=True)
    stack.ecs.put_cluster_capacity_providers(
        cluster="main", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    with pytest.raises(ClientError, match="you must force a new deployment"):
        stack.update(capacityProviderStrategy=spot)
    moved = stack.update(capacityProviderStrategy=spot, forceNewDeployment=True)
    assert moved["capacityProviderStrategy"] == spot
    assert "launchType" not in moved
    stack.update(capacityProviderStrategy=spot)  # nothing differs
    with pytest.raises(ClientError, match="you must force a new deployment"):
        stack.update(capacityProviderStrategy=[])
    assert stack.update(capacityProviderStrategy=[], forceNewDeployment=True)["launchType"] == "FARGATE"


def test_tasks_are_shared_out_by_base_and_weight(stack: Stack) -> None:
    strategy = [SPOT | {"weight": 3}, ON_DEMAND | {"weight": 1, "base": 2}]
    request = {name: value for name, value in stack.service_request(desiredCount=6).items() if name != "launchType"}
    stack.ecs.create_service(**request, capacityProviderStrategy=strategy)
    stack.describe()
    tasks = stack.tasks()
    assert sorted(task["capacityProviderName"] for task in tasks) == ["FARGATE"] * 3 + ["FARGATE_SPOT"] * 3
    assert {task["launchType"] for task in tasks} == {"FARGATE"}
