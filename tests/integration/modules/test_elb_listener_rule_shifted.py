"""The rule of a service that shifted its traffic between two target groups: left alone, refused, and reported."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.modules.listener_rule import Document, Listener, fixed, forward, host, path

OWN = {"quilt:deployment": "sales-prod-mcp-server-production"}
TEST = "sales-prod-mcp-server-production-test"


@pytest.fixture
def groups(listener: Listener) -> list[str]:
    return [listener.group("blue"), listener.group("green")]


def weights(listener: Listener) -> dict[str, int]:
    (action,) = listener.own()["Actions"]
    return {one["TargetGroupArn"]: one["Weight"] for one in action["ForwardConfig"]["TargetGroups"]}


def keep(listener: Listener, group: str, **parameters: Any) -> Document:
    return listener.run(actions=[forward(group)], require_tags=OWN, keep_shifted=True, **parameters)


def test_the_traffic_of_a_service_that_no_longer_shifts_stays_where_it_is(
    listener: Listener, groups: list[str]
) -> None:
    blue, green = groups
    listener.run(actions=[forward((blue, 100), (green, 0))], require_tags=OWN)
    kept = keep(listener, blue)
    assert (kept["changed"], kept["writes"], kept["has_shifted"]) == (False, [], True)
    assert weights(listener) == {blue: 100, green: 0}


def test_what_else_of_such_a_rule_differs_is_written(listener: Listener, groups: list[str]) -> None:
    blue, green = groups
    listener.run(actions=[forward((blue, 100), (green, 0))], require_tags=OWN)
    moved = keep(listener, blue, conditions=[host("demo.quiltdata.com"), path("/other")])
    assert moved["writes"] == ["ModifyRule"] and set(moved["diff"]["after"]) == set(moved["diff"]["before"])
    assert weights(listener) == {blue: 100, green: 0}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("shares", [(0, 100), (50, 50)], ids=["shifted", "half way"])
def test_traffic_at_the_other_target_group_is_refused(
    listener: Listener, groups: list[str], check: bool, shares: tuple[int, int]
) -> None:
    blue, green = groups
    listener.run(actions=[forward((blue, shares[0]), (green, shares[1]))], require_tags=OWN)
    refused = keep(listener, blue, check=check)
    short = {arn: arn.rpartition(":")[2] for arn in groups}
    assert refused["writes"] == [] and f"; wanted is {short[blue]}\n" in refused["msg"]
    assert "Found: the traffic is at " in refused["msg"] and f"{short[green]}, where the last" in refused["msg"]
    assert set(refused["arns"]) == {blue, green} and "Remedy: deploy once more" in refused["msg"]
    assert weights(listener) == {blue: shares[0], green: shares[1]}


def test_without_the_option_the_actions_are_written(listener: Listener, groups: list[str]) -> None:
    blue, green = groups
    listener.run(actions=[forward((blue, 0), (green, 100))], require_tags=OWN)
    assert listener.run(actions=[forward(blue)], require_tags=OWN)["writes"] == ["ModifyRule"]
    assert list(weights(listener)) == [blue]


def test_a_rule_that_never_shifted_is_written_as_ever(listener: Listener, groups: list[str]) -> None:
    blue, green = groups
    assert keep(listener, blue)["writes"] == ["CreateRule"]
    assert keep(listener, green)["writes"] == ["ModifyRule"]
    assert list(weights(listener)) == [green]


def test_has_shifted_reports_a_second_target_group_and_a_second_rule_of_the_owner(
    listener: Listener, groups: list[str]
) -> None:
    blue, green = groups
    listener.foreign(300, path("/theirs"), tags={"quilt:deployment": "another"})
    assert keep(listener, blue)["has_shifted"] is False
    test_rule = {"name": TEST, "conditions": [host("test.example")], "actions": [fixed()], "require_tags": OWN}
    listener.run(**test_rule)
    assert keep(listener, blue)["has_shifted"] is True
    assert keep(listener, blue, check=True)["has_shifted"] is True
    listener.run(**test_rule, state="absent")
    assert keep(listener, blue)["has_shifted"] is False
    listener.run(actions=[forward((blue, 1), (green, 0))], require_tags=OWN)
    assert keep(listener, blue)["has_shifted"] is True
