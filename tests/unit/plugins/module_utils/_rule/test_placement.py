# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Placement against brute force: random listeners over a universe of requests that tells all their patterns apart."""

from __future__ import annotations

import itertools
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._rule import cover, placement
from ansible_collections.quilt.mcp_server.plugins.module_utils._rule.conditions import Condition, from_service
from ansible_collections.quilt.mcp_server.plugins.module_utils._rule.request import Request, matches
from hypothesis import given, settings
from hypothesis import strategies as st

Conditions = tuple[Condition, ...]

SIDES: dict[str, list[str]] = {
    "host-header": ["a.x", "b.x", "*.x", "?.x", "a.*"],
    "path-pattern": ["/m", "/m/*", "/m*", "/*", "*", "/?", "*/n", "/m/n"],
    "http-request-method": ["GET", "POST"],
    "source-ip": ["10.0.0.0/8", "10.1.0.0/16", "10.128.0.0/9", "10.0.0.0/9"],
}
HEADERS = ["one", "two", "*"]
PAIRS = [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "*"}, {"Value": "1"}]

UNIVERSE = [
    Request(host, path, method, address, headers, query)
    for host in ("a.x", "b.x", "c.x", "aa.x", "a.y", "y")
    for path in ("/", "/m", "/n", "/z", "/mm", "/m/", "/m/n", "/z/n", "/m/z", "/m/z/n", "/mn", "/zz")
    for method in ("GET", "POST", "PUT")
    for address in ("9.0.0.1", "10.0.0.1", "10.1.0.1", "10.128.0.1")
    for headers in ((), (("h", "one"),), (("h", "two"),), (("h", "three"),), (("h", "one"), ("h", "two")))
    for query in ((), (("k", "1"),), (("k", "2"),), (("j", "1"),))
]
SMALL = [request for request in UNIVERSE if not request.headers and not request.query]


def condition(kind: str, *values: Any, name: str = "") -> Condition:
    return from_service([{"Field": kind, "Values": list(values), "HttpHeaderConfig": {"HttpHeaderName": name}}])[0]


@st.composite
def rules(
    draw: st.DrawFn, kinds: tuple[str, ...] = ("host-header", "path-pattern", "http-request-method")
) -> Conditions:
    found = []
    for kind in kinds:
        values = draw(st.lists(st.sampled_from(SIDES[kind]), max_size=2, unique=True))
        found += [condition(kind, *values)] if values else []
    return tuple(found) or (condition("path-pattern", "/*"),)


@st.composite
def rich_rules(draw: st.DrawFn) -> Conditions:
    found = list(draw(rules(("host-header", "path-pattern", "source-ip"))))
    for _ in range(draw(st.integers(0, 2))):
        found.append(
            condition("http-header", *draw(st.lists(st.sampled_from(HEADERS), min_size=1, max_size=2)), name="h")
        )
    if draw(st.booleans()):
        found.append(condition("query-string", *draw(st.lists(st.sampled_from(PAIRS), min_size=1, max_size=2))))
    return tuple(found)


@settings(max_examples=100, deadline=None)
@given(rich_rules(), st.lists(rich_rules(), max_size=4))
def test_cover_both_ways(target: Conditions, others: list[Conditions]) -> None:
    sides = cover.sides(target)
    witness = cover.escape(sides, others)
    assert cover.covers(sides, others) == (witness is None)
    if witness is None:
        assert not [r for r in UNIVERSE if matches(target, r) and not any(matches(other, r) for other in others)]
    else:
        assert matches(target, witness), witness
        assert not any(matches(other, witness) for other in others), witness


@settings(max_examples=80, deadline=None)
@given(rich_rules(), rich_rules())
def test_touches_and_shared_both_ways(one: Conditions, other: Conditions) -> None:
    witness = cover.shared(cover.sides(one), other)
    assert cover.touches(cover.sides(one), other) == (witness is not None)
    if witness is None:
        assert not [r for r in UNIVERSE if matches(one, r) and matches(other, r)]
    else:
        assert matches(one, witness) and matches(other, witness), witness


@settings(max_examples=80, deadline=None)
@given(rules(), st.lists(rules(), min_size=1, max_size=5))
def test_first_cover_and_contributors_are_minimal(target: Conditions, others: list[Conditions]) -> None:
    sides = cover.sides(target)
    first = cover.first_cover(sides, others)
    complete = [end for end in range(1, len(others) + 1) if cover.covers(sides, others[:end])]
    assert first == (complete[0] - 1 if complete else None)
    if first is not None:
        needed = cover.contributors(sides, others)
        assert first in needed and cover.covers(sides, [others[index] for index in needed])
        assert all(not cover.covers(sides, [others[i] for i in needed if i != index]) for index in needed)


def answers(listener: list[tuple[int, Conditions]]) -> set[int]:
    """The priorities that answer at least one request of the universe."""
    ordered = sorted(listener, key=lambda rule: rule[0])
    return {
        next(priority for priority, conditions in [*ordered, (99, ())] if matches(conditions, request))
        for request in SMALL
    }


@settings(max_examples=80, deadline=None)
@given(rules(), st.dictionaries(st.integers(1, 8), rules(), max_size=5))
def test_the_number_is_the_lowest_that_keeps_everybody_alive(mine: Conditions, others: dict[int, Conditions]) -> None:
    foreign = [placement.Rule(f"arn:{priority}", priority, conditions) for priority, conditions in others.items()]
    decision = placement.place(foreign, placement.Ask(mine, floor=2, ceiling=8))
    alive = answers(list(others.items())) - {99}

    def good(number: int) -> bool:
        after = answers([*others.items(), (number, mine)])
        return number in after and alive <= after

    candidates = [number for number in range(2, 9) if number not in others and good(number)]
    assert decision.priority == (candidates[0] if candidates else None), decision
    assert (decision.error is None) == bool(candidates)
    for end in (decision.window.before, decision.window.after):
        if end:
            assert end.witness and matches(end.rule.conditions, end.witness) and matches(mine, end.witness)
            earlier = [rule for rule in foreign if rule.priority < end.rule.priority]
            assert not any(matches(rule.conditions, end.witness) for rule in earlier)


@settings(max_examples=60, deadline=None)
@given(rules(), st.dictionaries(st.integers(1, 8), rules(), max_size=4), st.integers(1, 9))
def test_a_number_inside_the_window_is_kept(mine: Conditions, others: dict[int, Conditions], current: int) -> None:
    others.pop(current, None)
    foreign = [placement.Rule(f"arn:{priority}", priority, conditions) for priority, conditions in others.items()]
    decision = placement.place(foreign, placement.Ask(mine, current=current))
    after = answers([*others.items(), (current, mine)])
    harmless = current in after and answers(list(others.items())) - {99} <= after
    assert (decision.priority == current and decision.reason == "kept") == harmless


def test_the_universe_tells_the_patterns_apart() -> None:
    """A guard for the brute force itself: different sides have different requests, except those that mean the same."""
    for kind, values in SIDES.items():
        seen = {}
        for value in values:
            seen.setdefault(frozenset(map(id, (r for r in SMALL if matches((condition(kind, value),), r)))), []).append(
                value
            )
        assert [group for group in seen.values() if len(group) > 1] in ([], [["/*", "*"]])
    assert len(list(itertools.chain(SMALL))) < 2000
