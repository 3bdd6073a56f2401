"""Values of YAML that are text at AWS, and those that are not."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import yaml
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.text_values import text_problems


@pytest.mark.parametrize("value", ["", "1.10", "true", 0, 8000, -1, "[a]"])
def test_text_and_whole_numbers_are_taken(value: Any) -> None:
    assert list(text_problems({"A": value})) == []


@pytest.mark.parametrize(
    ("written", "found", "remedy"),
    [
        ("true", "A is bool True", "write it in quotes, such as 'true'"),
        ("no", "A is bool False", "write it in quotes, such as 'false'"),
        ("1.10", "A is float 1.1", "write it in quotes, such as '1.1'"),
        ("1e3", "", ""),  # YAML 1.1 needs a dot: it is a text
        ("2026-01-01", "A is a date", "write it in quotes, such as '2026-01-01'"),
        ("{x: 1}", "A is a dict", """write it in quotes, such as '{"x": 1}'"""),
        ("[a, b]", "A is a list", """write it in quotes, such as '["a", "b"]'"""),
    ],
)
def test_what_yaml_reads_as_something_else_is_refused_with_the_form(written: str, found: str, remedy: str) -> None:
    problems = list(text_problems(yaml.safe_load(f"A: {written}")))
    assert [(problem.found, problem.remedy) for problem in problems] == ([(found, remedy)] if found else [])


def test_a_time_is_refused_whatever_its_type() -> None:
    (problem,) = text_problems({"A": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)})
    assert problem.reason == "AWS takes text, not a date or a time"


def test_a_name_that_yaml_reads_as_a_boolean_is_refused() -> None:
    (problem,) = text_problems(yaml.safe_load("on: x"))
    assert problem.found == "the name True"


def test_null_is_refused_only_with_a_reason() -> None:
    assert list(text_problems({"A": None})) == []
    (problem,) = text_problems({"A": None}, null="a tag has a text")
    assert (problem.found, problem.reason) == ("A is null", "a tag has a text")
