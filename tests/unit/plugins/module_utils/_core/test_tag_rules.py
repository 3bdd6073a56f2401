"""Tags that some service of AWS refuses."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.tag_rules import tag_problems

OWN = {"quilt:deployment": "prod", "quilt:region": "us-east-1"}


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"Team": "data", "cost-center": 42, "a_b.c:d/e=f+g@h i": ""},
        {"Büro": "Zürich", "部門": "データ"},
        {"k" * 128: "v" * 256},
        {f"k{number}": "" for number in range(48)},
        {"quilt:deployment": "another"},
    ],
)
def test_right(tags: dict[str, Any]) -> None:
    assert list(tag_problems(tags, OWN)) == []


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        pytest.param({"R&D (EMEA), #4": "x"}, "the key 'R&D (EMEA), #4' has & ( ) , #", id="signs in a key"),
        pytest.param({"Team": "R&D"}, "the value of Team has &", id="signs in a value"),
        pytest.param({"Team": "a\tb"}, "the value of Team has '\\t'", id="a tab"),
        pytest.param({"Team": "x" * 257}, "the value of Team has 257 characters (xxxxxxxxxxxxxxxxxxxx...)", id="value"),
        pytest.param({"k" * 129: ""}, "a key has 129 characters (kkkkkkkkkkkkkkkkkkkk...)", id="a long key"),
        pytest.param({"": "x"}, "a key is empty", id="no key"),
        pytest.param({"AWS:x": "x"}, "the key AWS:x", id="reserved"),
        pytest.param({"Team": "a", "team": "b"}, "the keys Team and team", id="keys that differ in case"),
        pytest.param({"Quilt:Region": "a"}, "the keys quilt:region and Quilt:Region", id="case of an own one"),
        pytest.param({f"k{n}": "" for n in range(49)}, "51 tags, 2 of them the deployment's own", id="too many"),
        pytest.param({"a": True}, "a is bool True", id="a boolean"),
        pytest.param({"a": None}, "a is null", id="null"),
    ],
)
def test_wrong(tags: dict[str, Any], found: str) -> None:
    assert [problem.found for problem in tag_problems(tags, OWN)] == [found]


def test_every_problem_is_said_at_once() -> None:
    assert len(list(tag_problems({"a&b": "c&d", "aws:x": None, "e": 1.5}))) == 5
