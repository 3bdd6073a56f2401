"""Which of two target groups is the one that serves."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._release.observation import serving


@pytest.mark.parametrize(
    ("groups", "weights", "expected"),
    [
        (["a", "b"], {"a": 100, "b": 0}, "a"),
        (["a", "b"], {"a": 0, "b": 100}, "b"),
        (["a", "b"], {}, "a"),
        (["a"], {"a": 1}, "a"),
        ([], {}, ""),
    ],
)
def test_the_group_with_the_traffic_serves(groups: list[str], weights: dict[str, int], expected: str) -> None:
    assert serving(groups, weights) == expected
