"""What is a difference between two looks at the neighbours."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.filter.resources import neighbour_differences

RULE = "listener rule arn:rule/1"
BEFORE = {"neighbours": {RULE: {"Priority": "a", "Tags": "b"}, "target group arn:tg": {"Port": "c"}}, "own": []}


def look(**changes: Any) -> dict[str, Any]:
    neighbours = {**BEFORE["neighbours"], **changes.pop("neighbours", {})}  # type: ignore[dict-item]
    return {"neighbours": {name: one for name, one in neighbours.items() if one is not None}, "own": [], **changes}


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        pytest.param(look(), [], id="nothing"),
        pytest.param(
            look(neighbours={RULE: {"Priority": "x", "Tags": "b"}}), [f"{RULE} has another Priority"], id="field"
        ),
        pytest.param(look(neighbours={RULE: {"Priority": "a"}}), [f"{RULE} has another Tags"], id="field gone"),
        pytest.param(look(neighbours={RULE: None}), [f"{RULE} is gone"], id="resource gone"),
        pytest.param(look(neighbours={"listener rule arn:rule/2": {}}), [], id="somebody else's new rule"),
        pytest.param(look(neighbours={RULE: None}, own=["arn:rule/1"]), [], id="adopted by us"),
    ],
)
def test_what_is_a_difference(after: dict[str, Any], lines: list[str]) -> None:
    assert neighbour_differences(BEFORE, after) == lines
