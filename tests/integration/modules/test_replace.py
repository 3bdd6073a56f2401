"""replace: what AWS cannot change is refused by default, and deleted and created again when the operator says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.emulator.control_plane import ControlPlane
from tests.kinds import AWS_TAGS, Kind, every_kind, kinds_of

OWN = {"quilt:deployment": "own"}
LOG_GROUP = {"log_group_name": "/ecs/own", "retention_in_days": 7}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        offered = [row for row in kinds_of("", "test_replace") if row.values[0].replace]
        metafunc.parametrize("kind", offered)


@pytest.fixture
def usual(kind: Kind, client: Callable[[str], Any]) -> dict[str, Any]:
    """How the resource is made."""
    return {**kind.identity, **kind.full, **kind.prepare(client)}


def test_what_aws_cannot_change_is_offered_replacement_and_replaced_when_asked(
    kind: Kind, usual: dict[str, Any], run_module: Any, aws: ControlPlane
) -> None:
    module, change = kind.module, kind.replace or {}
    given = {**usual, **change}
    run_module(module, **usual, require_tags=OWN, tags={"mine": "1"})
    made = run_module(module, **usual, tags={"theirs": "2"})[kind.result_key]
    kind.tag(aws.platform(kind.resource.service), made, AWS_TAGS)

    refused = run_module(module, **given, require_tags=OWN)
    assert "AWS cannot change" in refused["msg"] and "replace: true" in refused["msg"]
    assert all(name in refused["msg"] for name in change)
    assert refused["writes"] == []

    predicted = run_module(module, check=True, **given, require_tags=OWN, replace=True)
    assert predicted["writes"] == [] and predicted["changed"]

    result = run_module(module, **given, require_tags=OWN, replace=True)
    assert not result.get("failed"), result["msg"]
    replacing = [kind.delete_operation, kind.create_operation]
    assert [name for name in result["writes"] if name in replacing] == replacing
    assert predicted.keys() == result.keys()
    assert predicted["diff"] == result["diff"]
    assert "deleted and created again" in result["warnings"][0]
    # AWS's own tags are AWS's to give: a request with one is refused, and the old one would be gone.
    assert result[kind.result_key]["tags"] == {**OWN, "mine": "1", "theirs": "2"}
    assert predicted[kind.result_key].keys() == result[kind.result_key].keys()

    again = run_module(module, **given, require_tags=OWN, replace=True)
    assert not again["changed"] and again["writes"] == []


def test_what_belongs_to_others_is_never_replaced(kind: Kind, usual: dict[str, Any], run_module: Any) -> None:
    run_module(kind.module, **usual)
    result = run_module(kind.module, **{**usual, **(kind.replace or {})}, require_tags=OWN, replace=True)
    assert "is foreign" in result["msg"] and result["writes"] == []


def test_a_change_that_aws_can_make_replaces_nothing(run_module: Any) -> None:
    run_module("cloudwatch_log_group", **LOG_GROUP)
    result = run_module("cloudwatch_log_group", **{**LOG_GROUP, "retention_in_days": 14}, replace=True)
    assert result["writes"] == ["PutRetentionPolicy"]


def test_settings_of_the_old_one_that_are_no_parameters_are_gone_and_the_diff_shows_it(run_module: Any) -> None:
    change = every_kind()["cloudwatch_log_group"].replace or {}
    run_module("cloudwatch_log_group", **LOG_GROUP)
    result = run_module("cloudwatch_log_group", log_group_name="/ecs/own", **change, replace=True)
    assert result["diff"]["before"]["retention_in_days"] == 7
    assert result["diff"]["after"]["retention_in_days"] == 0
    assert result["log_group"]["retention_in_days"] == 0
