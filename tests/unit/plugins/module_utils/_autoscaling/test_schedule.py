"""Schedule expressions of Application Auto Scaling."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._autoscaling.schedule import (
    name_problems,
    schedule_problems,
    time_zone_problems,
)


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 20 * * ? *)",
        "cron(0/15 8-17 ? * MON-FRI 2026-2027)",
        "cron(0 8 ? * 2#1 *)",
        "cron(0 8 L * ? *)",
        "cron(0 8 LW * ? *)",
        "cron(0 8 15W jan,jul ? *)",
        "cron(0 8 ? * 6L *)",
        "cron(*/5 0 ? * SUN,MON-WED 1970/2)",
        "rate(1 hour)",
        "rate(5 minutes)",
        "at(2026-12-24T18:00:00)",
    ],
)
def test_right(expression: str) -> None:
    assert list(schedule_problems(expression)) == []


@pytest.mark.parametrize(
    ("expression", "remedy"),
    [
        ("0 20 * * *", "write cron(0 20 * * ? *)"),
        ("0 20 1 * *", "write cron(0 20 1 * ? *)"),
        ("0 20 * * mon-fri", "write cron(0 20 ? * MON-FRI *)"),
        ("0 20 * * 1-5", "write it with six fields; AWS counts the days of the week from 1, Sunday, to 7"),
        ("cron(0 20 * * *)", "write cron(0 20 * * ? *)"),
        ("cron(0 20 * * * *)", "write cron(0 20 * * ? *)"),
        ("cron(0 20 ? * ? *)", "write cron(0 20 * * ? *)"),
        ("cron(x 20 * * ? *)", "correct it"),
        ("cron(60 20 * * ? *)", "correct it"),
        ("cron(0 24 * * ? *)", "correct it"),
        ("cron(0 0-24 * * ? *)", "correct it"),
        ("cron(0 20 32 * ? *)", "correct it"),
        ("cron(0 20 0W * ? *)", "correct it"),
        ("cron(0 20 * 13 ? *)", "correct it"),
        ("cron(0 20 * FOO ? *)", "correct it"),
        ("cron(0 20 ? * 0 *)", "correct it"),
        ("cron(0 20 ? * MON#6 *)", "correct it"),
        ("cron(0 20 * * ? 1969)", "correct it"),
        ("cron(*/0 20 * * ? *)", "correct it"),
        ("cron(0, 20 * * ? *)", "correct it"),
        ("at(2026-02-30T18:00:00)", "correct it"),
        ("at(2026-12-24T24:30:00)", "correct it"),
        ("rate(0 minutes)", "write it in one of these forms"),
        ("rate(5 weeks)", "write it in one of these forms"),
        ("at(2026-12-24)", "write it in one of these forms"),
        ("every day", "write it in one of these forms"),
    ],
)
def test_wrong(expression: str, remedy: str) -> None:
    assert [problem.remedy for problem in schedule_problems(expression)] == [remedy]


def test_each_field_that_is_wrong_is_named() -> None:
    found = [problem.found for problem in schedule_problems("cron(60 20 32 * ? *)")]
    assert found == [
        "schedule cron(60 20 32 * ? *) has 60 as minutes",
        "schedule cron(60 20 32 * ? *) has 32 as day-of-month",
    ]


@pytest.mark.parametrize(
    ("zone", "remedy"),
    [
        ("Europe/Berlin", None),
        ("UTC", None),
        ("Etc/GMT+9", None),
        ("Europe/Berln", "write Europe/Berlin"),
        ("America/NewYork", "write America/New_York"),
        ("+02:00", "write a name such as Europe/Berlin, or leave it out, which is UTC"),
    ],
)
def test_time_zones(zone: str, remedy: str | None) -> None:
    assert [problem.remedy for problem in time_zone_problems(zone)] == ([remedy] if remedy else [])


@pytest.mark.parametrize(("name", "right"), [("night", True), ("at night", True), (" night", False), ("a/b", False)])
def test_names(name: str, right: bool) -> None:
    assert (list(name_problems(name)) == []) == right
