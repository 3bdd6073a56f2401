"""Patterns with wildcards, against those that are known: the shell's and IAM's."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quilt_mcp_server.globs import is_granted, matcher

TEXT = st.text("ab-", max_size=8)


@given(st.text("ab-*?", max_size=8), TEXT)
def test_a_token_s_pattern_is_as_the_shell_s_without_sets(pattern: str, name: str) -> None:
    assert is_granted(pattern, name) == fnmatchcase(name, pattern)


@given(st.text("ab*?[]!-", max_size=8), TEXT)
def test_a_search_is_as_the_shell_s(pattern: str, name: str) -> None:
    assert bool(matcher(pattern)(name)) == fnmatchcase(name, pattern)


@pytest.mark.parametrize(
    ("pattern", "name", "granted"),
    [
        ("quilt-*", "quilt-data", True),
        ("quilt-*", "quilt", False),
        ("*", "", True),
        ("a*a", "a", False),
        ("s3:Get*", "s3:GetObject", True),
        ("s3:Get*", "s3:PutObject", False),
        ("quilt-[ab]", "quilt-a", False),
        ("quilt-?", "quilt-a", True),
    ],
)
def test_what_a_token_grants(pattern: str, name: str, granted: bool) -> None:
    assert is_granted(pattern, name) is granted
