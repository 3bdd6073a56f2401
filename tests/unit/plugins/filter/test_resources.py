"""Reshapings between what people write and what AWS takes."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.filter.resources import foreign, name_value


@pytest.mark.parametrize(
    ("tags", "is_foreign"),
    [
        pytest.param({"quilt:deployment": "ours"}, False, id="ours"),
        pytest.param({"quilt:deployment": "theirs"}, True, id="another deployment"),
        pytest.param({"Name": "x"}, True, id="untagged"),
        pytest.param({}, True, id="empty"),
        pytest.param(None, True, id="none"),
    ],
)
def test_foreign(tags: dict[str, str] | None, is_foreign: bool) -> None:
    assert bool(foreign([{"tags": tags}], "ours")) is is_foreign


def test_a_resource_without_tags_is_foreign() -> None:
    assert foreign([{"name": "x"}], "ours") == [{"name": "x"}]


def test_name_value_sorts_makes_texts_and_leaves_the_unset_out() -> None:
    assert name_value({"B": 8000, "A": "x", "EMPTY": "", "NONE": None}) == [
        {"name": "A", "value": "x"},
        {"name": "B", "value": "8000"},
    ]


def test_name_value_takes_another_key() -> None:
    assert name_value({"KEY": "arn:x"}, "value_from") == [{"name": "KEY", "value_from": "arn:x"}]
