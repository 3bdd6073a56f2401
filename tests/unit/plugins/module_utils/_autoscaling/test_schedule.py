"""Schedule expressions of Application Auto Scaling."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._autoscaling.schedule import (
    name_problems,
    schedule_problems,
)


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 20 * * ? *)",
        "cron(0/15 8-17 ? * MON-FRI 2026-2027)",
        "cron(0 8 ? * 2#1 *)",
        "cron(0 8 L * ? *)",
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
        ("rate(0 minutes)", "write it in one of these forms"),
        ("rate(5 weeks)", "write it in one of these forms"),
        ("at(2026-12-24)", "write it in one of these forms"),
        ("every day", "write it in one of these forms"),
    ],
)
def test_wrong(expression: str, remedy: str) -> None:
    assert [problem.remedy for problem in schedule_problems(expression)] == [remedy]


@pytest.mark.parametrize(("name", "right"), [("night", True), ("at night", True), (" night", False), ("a/b", False)])
def test_names(name: str, right: bool) -> None:
    assert (list(name_problems(name)) == []) == right
