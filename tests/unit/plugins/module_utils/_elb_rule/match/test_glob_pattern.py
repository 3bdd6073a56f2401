# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pattern algebra against a matcher that a reader can check by eye, over all short strings of a small alphabet."""

from __future__ import annotations

import functools
import itertools

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match import glob_pattern
from hypothesis import given, settings
from hypothesis import strategies as st

# Three letters: two that patterns name and one that none of them names. A difference shows in a short string; if one
# showed only beyond LONGEST, the tests that compare the length of a witness would fail, not pass.
LETTERS = "abx"
LONGEST = 6
STRINGS = ["".join(letters) for length in range(LONGEST + 1) for letters in itertools.product(LETTERS, repeat=length)]

texts = st.text(alphabet="ab?*", max_size=4)


@functools.cache
def naive(glob: str, text: str) -> bool:
    """The definition, by recursion."""
    if not glob:
        return not text
    if glob[0] == "*":
        return naive(glob[1:], text) or (bool(text) and naive(glob, text[1:]))
    return bool(text) and glob[0] in ("?", text[0]) and naive(glob[1:], text[1:])


@functools.cache
def language(glob: str) -> frozenset[str]:
    return frozenset(text for text in STRINGS if naive(glob, text))


def globs(*texts: str) -> list[glob_pattern.Glob]:
    return [glob_pattern.parse(text) for text in texts]


@given(texts, st.text(alphabet=LETTERS, max_size=7))
def test_matches(glob: str, text: str) -> None:
    assert glob_pattern.parse(glob).matches(text) == naive(glob, text)


@settings(max_examples=100, deadline=None)
@given(texts, texts)
def test_contains_both_ways(outer: str, inner: str) -> None:
    assert glob_pattern.contains(*globs(outer, inner)) == (language(inner) <= language(outer))


@settings(max_examples=100, deadline=None)
@given(texts, texts)
def test_intersects_both_ways(one: str, other: str) -> None:
    assert glob_pattern.intersects(*globs(one, other)) == bool(language(one) & language(other))


@settings(max_examples=80, deadline=None)
@given(st.lists(texts, min_size=1, max_size=3))
def test_common_is_a_shortest_string_of_all(several: list[str]) -> None:
    witness = glob_pattern.common(globs(*several), alphabet="xab")
    shared = functools.reduce(frozenset.__and__, map(language, several))
    assert (witness is None) == (not shared)
    if witness is not None:
        assert all(naive(glob, witness) for glob in several)
        assert len(witness) == min(map(len, shared))


@settings(max_examples=80, deadline=None)
@given(texts, st.lists(texts, max_size=3))
def test_escape_is_a_shortest_string_outside_the_union(inner: str, covers: list[str]) -> None:
    witness = glob_pattern.escape(globs(inner), globs(*covers), alphabet="xab")
    outside = language(inner).difference(*map(language, covers))
    assert (witness is None) == (not outside)
    if witness is not None:
        assert naive(inner, witness) and not any(naive(glob, witness) for glob in covers)
        assert len(witness) == min(map(len, outside))


@settings(max_examples=80, deadline=None)
@given(texts, st.lists(st.lists(texts, min_size=1, max_size=2), max_size=3))
def test_cells_are_the_minimal_sets(must: str, watched: list[list[str]]) -> None:
    cells = glob_pattern.cells(glob_pattern.parse(must), [globs(*union) for union in watched], alphabet="xab")

    def mask(text: str) -> int:
        return sum(1 << bit for bit, union in enumerate(watched) if any(naive(glob, text) for glob in union))

    attainable = {mask(text) for text in language(must)}
    minimal = {one for one in attainable if not any(other != one and other & one == other for other in attainable)}
    assert {found for found, _text in cells} == minimal
    assert all(naive(must, text) and mask(text) == found for found, text in cells)


@given(texts)
def test_spellings_of_one_language_are_equal(glob: str) -> None:
    spelling = glob.replace("*", "**").replace("*?", "?*")
    assert (glob_pattern.parse(spelling) == glob_pattern.parse(glob)) or language(spelling) != language(glob)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("/mcp", ["/mcp"]),
        ("*", ["/*"]),
        ("**", ["/*"]),
        ("?x", ["/x"]),
        ("*/x", ["/*/x", "/x"]),
        ("*x", ["/*x"]),
        ("x", []),
        ("", []),
        ("?*", ["/*"]),
    ],
)
def test_paths_begin_with_a_slash(text: str, paths: list[str]) -> None:
    assert glob_pattern.parse_path(text) == tuple(globs(*paths))


@given(st.text(alphabet="a/?*", max_size=5), st.text(alphabet="a/", max_size=5))
def test_path_globs_match_the_same_paths(text: str, rest: str) -> None:
    path = "/" + rest
    assert any(glob.matches(path) for glob in glob_pattern.parse_path(text)) == naive(text, path)


@pytest.mark.parametrize(
    ("text", "value", "matches"),
    [
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        (r"a\?", "a?", True),
        (r"a\?", "ab", False),
        ("A*", "abc", True),
        ("a\\", "a\\", True),
    ],
)
def test_query_strings_fold_case_and_take_escapes(text: str, value: str, matches: bool) -> None:
    assert glob_pattern.parse(text, fold=True, escapes=True).matches(value) is matches


def test_beyond_the_bound_the_answer_is_unknown_and_never_wrong() -> None:
    hard = [f"*{letter}{'?' * 40}*" for letter in "abc"]
    with pytest.raises(glob_pattern.TooComplex):
        glob_pattern.escape(globs("*" + "?" * 60), globs(*hard), bound=2000)


def test_a_witness_reads_like_a_request() -> None:
    assert (
        glob_pattern.escape(globs("*.quiltdata.com"), globs("demo.*"), glob_pattern.HOST_CHARACTERS) == ".quiltdata.com"
    )
    assert glob_pattern.common(globs("/mcp/*", "/*/tools")) == "/mcp/tools"
