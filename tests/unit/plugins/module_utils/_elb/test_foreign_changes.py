"""What counts as a change between two snapshots of what belongs to others."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.foreign_changes import added_targets, changes

RULE, GROUP, OWN = "listener rule arn:rule/1", "target group arn:tg", "arn:own"
BEFORE = {
    "resources": {RULE: {"Priority": "500", "Conditions": "sha256:b"}, GROUP: {"Port": "80"}},
    "owners": {"arn:tg": "Stack=theirs"},
    "forwards": {"arn:rule/1": {"tg/a": 1}, "arn:rule/2": {"tg/a": 100, "tg/b": 0}},
    "targets": {"arn:tg": ["10.0.0.1:80", "10.0.0.2:80"]},
    "own": [OWN],
}

WITH_PAIR = "listener rule arn:rule/2"
FORWARDS: list[tuple[str, dict[str, dict[str, int]], list[str]]] = [
    ("another weight", {"arn:rule/2": {"tg/a": 0, "tg/b": 100}}, []),
    ("a second group with the single one", {"arn:rule/1": {"tg/a": 90, "tg/c": 10}}, []),
    ("another single group", {"arn:rule/1": {"tg/c": 1}}, [f"{RULE} has another target groups (tg/c, was tg/a)"]),
    ("a pair without the single group", {"arn:rule/1": {"tg/b": 1, "tg/c": 1}},
     [f"{RULE} has another target groups (tg/b, tg/c, was tg/a)"]),
    ("three groups", {"arn:rule/1": {"tg/a": 1, "tg/b": 1, "tg/c": 1}},
     [f"{RULE} has another target groups (tg/a, tg/b, tg/c, was tg/a)"]),
    ("one of the pair", {"arn:rule/2": {"tg/a": 1}},
     [f"{WITH_PAIR} has another target groups (tg/a, was tg/a, tg/b)"]),
    ("no group any more", {"arn:rule/1": {}}, [f"{RULE} has another target groups (none, was tg/a)"]),
]  # fmt: skip
BEFORE["resources"][WITH_PAIR] = {}  # type: ignore[index]


def look(resources: dict[str, Any] | None = None, targets: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A later look that differs so from BEFORE; None is gone."""
    found = {**BEFORE["resources"], **(resources or {})}  # type: ignore[dict-item]
    there = {name: one for name, one in found.items() if one is not None}
    return {**BEFORE, "resources": there, "targets": {**BEFORE["targets"], **(targets or {})}, **more}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        pytest.param(look(), [], id="nothing"),
        pytest.param(
            look({RULE: {"Priority": "501", "Conditions": "sha256:b"}}),
            [f"{RULE} has another Priority (501, was 500)"],
            id="field",
        ),
        pytest.param(
            look({RULE: {"Priority": "500", "Conditions": "sha256:c"}}),
            [f"{RULE} has another Conditions (sha256:c, was sha256:b)"],
            id="long field",
        ),
        pytest.param(
            look({RULE: {"Priority": "500"}}),
            [f"{RULE} has another Conditions (none, was sha256:b)"],
            id="field gone",
        ),
        *(
            pytest.param(look(forwards={**BEFORE["forwards"], **after}), lines, id=name)  # type: ignore[dict-item]
            for name, after, lines in FORWARDS
        ),
        pytest.param(
            look({GROUP: {"Port": "80", "stickiness.enabled": "true"}}),
            [f"{GROUP} (Stack=theirs) has another stickiness.enabled (true, was none)"],
            id="new field, and whose",
        ),
        pytest.param(look({GROUP: None}), [f"{GROUP} (Stack=theirs) is gone"], id="resource gone, and whose"),
        pytest.param(look({"listener rule arn:rule/2": {}}), [], id="somebody else's new rule"),
        pytest.param(look({RULE: None}, own=[OWN, "arn:rule/1"]), [], id="adopted by this deployment"),
        pytest.param(look(targets={"arn:tg": ["10.0.0.2:80", "10.0.0.3:80"]}), [], id="theirs come and go"),
        pytest.param(look(targets={"arn:tg": []}), [], id="theirs are all gone, as when they scale in"),
        pytest.param(
            look(targets={"arn:tg": ["10.0.0.1:80", "10.0.0.9:8000"]}),
            [f"{GROUP} (Stack=theirs) has another target: one of this deployment (10.0.0.9:8000)"],
            id="own in theirs",
        ),
        pytest.param(look(), [], id="own in own"),
        pytest.param(look(targets={"arn:tg": ["10.0.0.1:80", "10.0.0.4:80"]}), [], id="foreign and own"),
    ],
)
def test_what_is_a_difference(after: dict[str, Any], lines: list[str]) -> None:
    assert list(changes(BEFORE, after, ["10.0.0.9:8000"]).of_others) == lines


def test_only_targets_that_came_are_added() -> None:
    assert added_targets(BEFORE, look(targets={"arn:tg": ["10.0.0.1:80"]})) == {}
    found = look(targets={"arn:tg": ["10.0.0.1:80", "10.0.0.9:8000"], "arn:new": ["10.0.0.4:80"]})
    assert added_targets(BEFORE, found) == {"arn:tg": {"10.0.0.9:8000"}, "arn:new": {"10.0.0.4:80"}}


def test_a_change_of_another_deployment_of_this_collection_stands_apart() -> None:
    """Its own run may go on at the same time, as two hosts of one play do."""
    owner = "quilt:deployment=another"
    before = {**BEFORE, "resources": {RULE: {"Priority": "500"}}, "owners": {"arn:rule/1": owner}}
    after = {**before, "resources": {RULE: {"Priority": "501"}}}
    found = changes(before, after)
    assert (found.of_others, found.of_deployments) == ((), (f"{RULE} ({owner}) has another Priority (501, was 500)",))
