"""alarm_names: several alarms are looked for in one call, and those of others stay."""

from __future__ import annotations

from typing import Any

from tests.kinds import every_kind

FULL = every_kind()["cloudwatch_alarm"].full
OWN, THEIRS = {"quilt:deployment": "own"}, {"quilt:deployment": "theirs"}
NAMES = ["faults", "faults-b", "unhealthy"]


def operations(result: dict[str, Any]) -> list[str]:
    return [call.operation for call in result["calls"]]


def test_those_that_are_there_are_deleted_and_others_stay(run_module: Any) -> None:
    for name, owner in (("faults", OWN), ("unhealthy", THEIRS)):
        assert run_module("cloudwatch_alarm", alarm_name=name, require_tags=owner, **FULL)["changed"]
    several = {"alarm_names": NAMES, "state": "absent", "require_tags": OWN, "leave_foreign": True}

    predicted = run_module("cloudwatch_alarm", check=True, **several)
    assert (predicted["changed"], predicted["writes"]) == (True, [])
    result = run_module("cloudwatch_alarm", **several)
    assert (result["changed"], result["writes"]) == (True, ["DeleteAlarms"])
    assert result["diff"] == predicted["diff"]
    assert result["diff"]["before"]["faults"] and not result["diff"]["after"]["faults"]

    again = run_module("cloudwatch_alarm", **several)
    assert (again["changed"], again["writes"]) == (False, [])
    assert run_module("cloudwatch_alarm", alarm_name="unhealthy", require_tags=THEIRS, **FULL)["changed"] is False


def test_where_there_is_none_one_call_is_enough(run_module: Any) -> None:
    result = run_module("cloudwatch_alarm", alarm_names=NAMES, state="absent", require_tags=OWN)
    assert (result["changed"], operations(result)) == (False, ["DescribeAlarms"])
    nothing = run_module("cloudwatch_alarm", alarm_names=[], state="absent")
    assert (nothing["changed"], operations(nothing)) == (False, [])


def test_one_of_others_is_refused_unless_it_is_left(run_module: Any) -> None:
    run_module("cloudwatch_alarm", alarm_name="faults", require_tags=THEIRS, **FULL)
    refused = run_module("cloudwatch_alarm", alarm_names=NAMES, state="absent", require_tags=OWN)
    assert refused["failed"] and refused["writes"] == []


def test_several_are_only_deleted(run_module: Any) -> None:
    wrong = run_module("cloudwatch_alarm", alarm_names=NAMES, **FULL)
    assert wrong["failed"] and "alarm_name" in wrong["msg"]
