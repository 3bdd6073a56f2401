"""Whose a resource is, by the tags of its owner."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.plan import (
    Current,
    is_foreign,
    refuse_foreign,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import Refused

OWN = {"quilt:deployment": "prod"}


@pytest.mark.parametrize(
    ("tags", "required", "found"),
    [
        pytest.param({}, OWN, "it has no such tag", id="without tags"),
        pytest.param({"Owner": "x"}, OWN, "it has no such tag", id="other tags"),
        pytest.param({"quilt:deployment": "other"}, OWN, "it has quilt:deployment=other", id="another owner"),
        pytest.param(OWN, {**OWN, "quilt:region": "a"}, "wants quilt:region=a, it has no such tag", id="a part"),
        pytest.param({**OWN, "team": "data"}, OWN, "", id="own"),
        pytest.param({}, {}, "", id="no owner asked for"),
    ],
)
def test_a_resource_without_the_tags_of_its_owner_is_foreign(
    tags: dict[str, str], required: dict[str, str], found: str
) -> None:
    current = Current({}, {}, tags)
    assert is_foreign(current, required) == bool(found)
    if not found:
        refuse_foreign("change log group x", current, required)
        return
    with pytest.raises(Refused) as refusal:
        refuse_foreign("change log group x", current, required)
    assert found in refusal.value.message and refusal.value.message.startswith(
        "Refused to change log group x\nFound: it exists but is foreign"
    )


def test_what_is_not_there_is_nobody_elses() -> None:
    assert not is_foreign(None, OWN)
    refuse_foreign("change log group x", None, OWN)
