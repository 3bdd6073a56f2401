# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Placement against brute force: random listeners over a universe of requests that shows all their patterns apart."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule import placement
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match import coverage, dimensions, glob_pattern
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match.address_space import EVERY_ADDRESS, IPV4
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match.conditions import Condition, from_service
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match.request import Request, matches
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
    for _index in range(draw(st.integers(0, 2))):
        found.append(
            condition("http-header", *draw(st.lists(st.sampled_from(HEADERS), min_size=1, max_size=2)), name="h")
        )
    if draw(st.booleans()):
        found.append(condition("query-string", *draw(st.lists(st.sampled_from(PAIRS), min_size=1, max_size=2))))
    return tuple(found)


@settings(max_examples=100, deadline=None)
@given(rich_rules(), st.lists(rich_rules(), max_size=4))
def test_cover_both_ways(target: Conditions, others: list[Conditions]) -> None:
    sides = coverage.sides(target)
    example = coverage.uncovered_request(sides, others)
    assert coverage.covers(sides, others) == (example is None)
    if example is None:
        assert not [r for r in UNIVERSE if matches(target, r) and not any(matches(other, r) for other in others)]
    else:
        assert matches(target, example), example
        assert not any(matches(other, example) for other in others), example


@settings(max_examples=80, deadline=None)
@given(rich_rules(), rich_rules())
def test_touches_and_shared_both_ways(one: Conditions, other: Conditions) -> None:
    example = coverage.shared(coverage.sides(one), other)
    assert coverage.touches(coverage.sides(one), other) == (example is not None)
    if example is None:
        assert not [r for r in UNIVERSE if matches(one, r) and matches(other, r)]
    else:
        assert matches(one, example) and matches(other, example), example


@settings(max_examples=80, deadline=None)
@given(rules(), st.lists(rules(), min_size=1, max_size=5))
def test_first_cover_and_contributors_are_minimal(target: Conditions, others: list[Conditions]) -> None:
    sides = coverage.sides(target)
    first = coverage.first_cover(sides, others)
    complete = [end for end in range(1, len(others) + 1) if coverage.covers(sides, others[:end])]
    assert first == (complete[0] - 1 if complete else None)
    if first is not None:
        needed = coverage.contributors(sides, others)
        assert first in needed and coverage.covers(sides, [others[index] for index in needed])
        assert all(not coverage.covers(sides, [others[i] for i in needed if i != index]) for index in needed)


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
    decision = placement.place(foreign, placement.PlacementRequest(mine, floor=2, ceiling=8))
    alive = answers(list(others.items())) - {99}

    def good(number: int) -> bool:
        after = answers([*others.items(), (number, mine)])
        return number in after and alive <= after

    candidates = [number for number in range(2, 9) if number not in others and good(number)]
    assert decision.priority == (candidates[0] if candidates else None), decision
    assert (not decision.problems) == bool(candidates)
    for end in (decision.window.before, decision.window.after):
        if end:
            assert end.example and matches(end.rule.conditions, end.example) and matches(mine, end.example)
            earlier = [rule for rule in foreign if rule.priority < end.rule.priority]
            assert not any(matches(rule.conditions, end.example) for rule in earlier)


@settings(max_examples=60, deadline=None)
@given(rules(), st.dictionaries(st.integers(1, 8), rules(), max_size=4), st.integers(1, 9))
def test_a_number_inside_the_window_is_kept(mine: Conditions, others: dict[int, Conditions], current: int) -> None:
    others.pop(current, None)
    foreign = [placement.Rule(f"arn:{priority}", priority, conditions) for priority, conditions in others.items()]
    decision = placement.place(foreign, placement.PlacementRequest(mine, current=current))
    after = answers([*others.items(), (current, mine)])
    harmless = current in after and answers(list(others.items())) - {99} <= after
    assert (decision.priority == current and decision.reason == "kept") == harmless


def test_the_universe_distinguishes_the_patterns() -> None:
    """A guard for the brute force itself: different sides have different requests, except those that mean the same."""
    for kind, values in SIDES.items():
        seen = {}
        for value in values:
            seen.setdefault(frozenset(map(id, (r for r in SMALL if matches((condition(kind, value),), r)))), []).append(
                value
            )
        assert [group for group in seen.values() if len(group) > 1] in ([], [["/*", "*"]])
    assert len(list(itertools.chain(SMALL))) < 2000


def query(*pairs: tuple[str | None, str]) -> Condition:
    return condition("query-string", *({"Value": v} if k is None else {"Key": k, "Value": v} for k, v in pairs))


def header(*values: str) -> Condition:
    return condition("http-header", *values, name="h")


HOSTS, PATHS = "host-header", "path-pattern"
GET, PUT = condition("http-request-method", "GET"), condition("http-request-method", "PUT")


@pytest.mark.parametrize(
    ("target", "others", "covered"),
    [
        ([condition("source-ip", "10.0.0.0/8")], [["10.0.0.0/9"], ["10.128.0.0/9"]], True),
        ([condition("source-ip", "10.0.0.0/8")], [["10.0.0.0/9"], ["10.128.0.0/10"]], False),
        ([condition("source-ip", "::/0")], [["0.0.0.0/0"]], False),
        ([condition(PATHS, "/*")], [["0.0.0.0/0", "::/0"]], True),
        ([condition(PATHS, "/*")], [["0.0.0.0/1"], ["128.0.0.0/1"], ["::/0"]], True),
    ],
)
def test_addresses(target: list[Condition], others: list[list[str]], covered: bool) -> None:
    rules = [(condition("source-ip", *blocks),) for blocks in others]
    assert coverage.covers(coverage.sides(target), rules) is covered


@pytest.mark.parametrize(
    ("target", "others", "covered"),
    [
        ([query(("k", "*"))], [[query(("k", "1"))]], False),
        ([query(("k", "1"), ("k", "2"))], [[query(("k", "1"))], [query(("k", "2"))]], True),
        ([query(("k", "1"))], [[query((None, "1"))]], True),
        ([query((None, "1"))], [[query(("k", "1"))]], False),
        ([query(("k", "?"))], [[query(("k", "1"))], [query(("j", "*"))]], False),
        ([query(("k", "1"))], [[query(("j", "1"))], [query(("k", "2"))]], False),
        ([query((r"k\*", "1"))], [[query(("k*", "1"))]], True),
        ([query(("k*", "1"))], [[query((r"k\*", "1"))]], False),
        ([header("a", "b")], [[header("a")], [header("b")]], True),
        ([header("a", "b"), header("c")], [[header("a")], [header("b")]], True),
        ([header("a", "b"), header("c")], [[header("a"), header("d")], [header("b")]], False),
        ([header("a*")], [[condition("http-header", "*", name="g")]], False),
        ([condition(PATHS, "/x")], [[header("*")]], False),
        ([condition("http-request-method", "GET", "PUT")], [[GET], [PUT]], True),
        ([condition(PATHS, "/x")], [[GET], [PUT]], False),
        ([condition(PATHS, "/?")], [[condition(PATHS, "/*")]], True),
        ([condition(PATHS, "/*")], [[condition(PATHS, "/?*")], [condition(PATHS, "/")]], True),
        ([condition(PATHS, "/*")], [[condition(PATHS, "/?*")]], False),
        (
            [condition(HOSTS, "a.x", "b.x"), condition(PATHS, "/m", "/n")],
            [[condition(HOSTS, "a.x")], [condition(HOSTS, "b.x"), condition(PATHS, "/m")], [condition(PATHS, "/n")]],
            True,
        ),
        (
            [condition(HOSTS, "a.x", "b.x"), condition(PATHS, "/m", "/n")],
            [[condition(HOSTS, "a.x")], [condition(HOSTS, "b.x"), condition(PATHS, "/m")]],
            False,
        ),
        ([condition(HOSTS, "A.x")], [[condition(HOSTS, "a.X")]], True),
        ([condition(PATHS, "/A")], [[condition(PATHS, "/a")]], False),
        ([condition(PATHS, "never")], [], True),
    ],
)
def test_covered_or_not(target: list[Condition], others: list[list[Condition]], covered: bool) -> None:
    assert coverage.covers(coverage.sides(target), [tuple(rule) for rule in others]) is covered


def regex(text: str) -> Condition:
    return from_service([{"Field": PATHS, "RegexValues": [text]}])[0]


@pytest.mark.parametrize(
    ("target", "rule", "surely", "maybe"),
    [
        ([condition(PATHS, "/m")], [regex("^/m")], False, True),
        ([regex("^/m")], [regex("^/m")], True, True),
        ([regex("^/m")], [condition(PATHS, "/*")], True, True),
        ([regex("^/m")], [condition(PATHS, "/m*")], False, True),
        ([regex("^/m")], [condition(HOSTS, "a.x")], False, False),
        ([regex("^/m"), condition(HOSTS, "a.x")], [condition(HOSTS, "a.x")], True, True),
        ([condition(HOSTS, "a.x")], [regex("^/m"), condition(HOSTS, "b.x")], False, False),
        ([condition(PATHS, "/m")], [Condition(PATHS)], False, True),
        ([condition(PATHS, "/m")], [Condition("something-new")], False, False),
    ],
)
def test_what_cannot_be_decided(target: list[Condition], rule: list[Condition], surely: bool, maybe: bool) -> None:
    sides = coverage.sides(target)
    assert (coverage.covers(sides, [tuple(rule)]), coverage.covers(sides, [tuple(rule)], guess=True)) == (surely, maybe)


def test_beyond_the_bound_it_warns_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    halves = [placement.Rule(f"arn:{n}", n, (condition(PATHS, path),)) for n, path in [(1, "/m"), (2, "/m/*")]]
    mine = placement.PlacementRequest((condition(PATHS, "/m", "/m/*"),))
    assert placement.place(halves, mine).problems

    def too_complex(*_arguments: Any) -> Any:
        raise glob_pattern.TooComplex

    monkeypatch.setattr(dimensions, "cells", too_complex)
    decision = placement.place(halves, mine)
    assert decision.priority == 100 and "cannot decide" in decision.warnings[0]


def rule(number: int, *conditions: Condition) -> placement.Rule:
    return placement.Rule(f"arn:{number}", number, conditions)


M, N = condition(PATHS, "/m"), condition(PATHS, "/n")
BOTH, Z = condition(PATHS, "/m", "/n"), condition(PATHS, "/z")


@pytest.mark.parametrize(
    ("others", "ask", "priority", "says"),
    [
        # One of two paths is already taken from the rule at 20, so the new rule would take the other one: behind it.
        ([rule(10, M), rule(20, BOTH)], {"conditions": (condition(PATHS, "/n", "/z"),), "floor": 1}, 21, ""),
        ([rule(10, N), rule(20, BOTH)], {"conditions": (N,), "floor": 1}, None, "priority 10"),
        ([rule(20, BOTH)], {"conditions": (N,), "floor": 1}, 1, ""),
        # A rule that is dead already is not protected.
        ([rule(10, BOTH), rule(20, N)], {"conditions": (M, condition(HOSTS, "a.x")), "floor": 1}, 1, ""),
        ([rule(100, BOTH)], {"conditions": (M,)}, None, "allow_below_floor=true, which takes 99"),
        ([rule(100, BOTH)], {"conditions": (M,), "allow_below_floor": True}, 99, ""),
        ([rule(100, BOTH), rule(99, Z)], {"conditions": (M,), "allow_below_floor": True}, 98, ""),
        ([rule(1, BOTH)], {"conditions": (M,), "allow_below_floor": True}, None, "no gap"),
        ([rule(1, BOTH)], {"conditions": (M,), "warn_unreachable": True}, 100, "gets no request"),
        ([rule(1, BOTH)], {"conditions": (M,), "warn_unreachable": True, "current": 7}, 7, "gets no request"),
        ([rule(1, M), rule(2, BOTH)], {"conditions": (BOTH,), "warn_shadowing": True}, None, "priority 2"),
        ([rule(500, M), rule(501, BOTH)], {"conditions": (BOTH,), "warn_shadowing": True}, 499, "no request"),
        (
            [rule(500, M), rule(501, BOTH)],
            {"conditions": (BOTH,), "warn_shadowing": True, "current": 3},
            3,
            "no request",
        ),
        ([rule(100, N)], {"conditions": (M,), "pinned": 100}, None, "taken by rule arn:100"),
        ([rule(100, N)], {"conditions": (M,), "pinned": 3}, 3, ""),
        ([rule(100, M)], {"conditions": (BOTH,), "pinned": 3}, None, "on_shadowing=warn"),
        ([rule(100, M)], {"conditions": (BOTH,), "pinned": 3, "warn_shadowing": True}, 3, "no request"),
        ([rule(100, BOTH)], {"conditions": (M,), "pinned": 101, "warn_shadowing": True}, None, "on_unreachable=warn"),
        ([rule(50_000, N)], {"conditions": (M,), "floor": 50_000}, None, "50000..50000 are taken"),
        ([], {"conditions": (condition(PATHS, "never"),)}, 100, ""),
    ],
)
def test_decisions(others: list[placement.Rule], ask: dict[str, Any], priority: int | None, says: str) -> None:
    decision = placement.place(others, placement.PlacementRequest(**ask))
    assert decision.priority == priority, decision
    assert says in " ".join([*(problem.line() for problem in decision.problems), *decision.warnings])


def test_the_move_that_harms_nobody_in_between() -> None:
    listener = placement.Listener([rule(100, N)])
    assert placement.would_shadow(listener, (BOTH,), 50) == (True, False)
    assert placement.would_shadow(listener, (BOTH,), 150) == (False, False)
    assert placement.would_shadow(listener, (N,), 150) == (False, True)


@pytest.mark.parametrize("size", [100, 1000])
def test_the_time_of_a_decision_stays_small(size: int) -> None:
    """A guard against growth by the square, generous because machines differ; `make bench` prints the real numbers."""
    rules = [
        placement.Rule(f"arn:{n}", n, (condition(HOSTS, f"h{n % 50}.x"), condition(PATHS, f"/{n}/*")))
        for n in range(1, size)
    ]
    start = time.process_time()
    assert placement.place(
        rules, placement.PlacementRequest((condition(HOSTS, "h1.x"), condition(PATHS, "/m")))
    ).priority
    assert time.process_time() - start < size / 100


@pytest.mark.parametrize(
    ("others", "ask", "says", "not_says"),
    [
        # Numbers 7 and 8 are taken, so a dead rule would find no place either.
        ([rule(1, BOTH), rule(7, Z), rule(8, Z)], {"floor": 7, "ceiling": 8}, "no gap", "on_unreachable"),
        ([rule(1, BOTH), rule(7, Z)], {"floor": 7, "ceiling": 8}, "on_unreachable=warn", "are taken"),
        # Nothing is free ahead of the rule at 2, so shadowing it is impossible.
        ([rule(1, M), rule(2, BOTH)], {"conditions": (BOTH,), "floor": 1}, "on_unreachable=warn", "on_shadowing"),
        ([rule(1, M), rule(2, BOTH)], {"conditions": (BOTH,), "pinned": 9}, "; set on_unreachable=warn", "the window"),
    ],
)
def test_only_what_would_help_is_offered(
    others: list[placement.Rule], ask: dict[str, Any], says: str, not_says: str
) -> None:
    decision = placement.place(others, placement.PlacementRequest(**{"conditions": (M,), **ask}))
    (problem,) = decision.problems
    assert says in problem.line() and not_says not in problem.line(), problem


@pytest.mark.parametrize(
    ("ahead", "space", "takes_all"),
    [
        (["0.0.0.0/0"], IPV4, True),
        (["0.0.0.0/0"], EVERY_ADDRESS, False),
        (["0.0.0.0/0", "::/0"], EVERY_ADDRESS, True),
        (["::/0"], IPV4, False),
        (["::/0"], EVERY_ADDRESS, False),
        (["0.0.0.0/1", "128.0.0.0/1"], IPV4, True),
    ],
)
def test_what_takes_every_request_depends_on_the_addresses_of_the_clients(
    ahead: list[str], space: tuple[str, ...], takes_all: bool
) -> None:
    rules = [placement.Rule("arn:1", 200, (condition("source-ip", *ahead),))]
    wanted = placement.PlacementRequest((condition("path-pattern", "/m"),), floor=201, space=space)
    found = placement.place(rules, wanted, placement.lowest)
    assert (found.window.before is not None, found.priority) == (takes_all, None if takes_all else 201)


@pytest.mark.parametrize(("space", "after"), [(IPV4, 300), (EVERY_ADDRESS, None)])
def test_a_rule_of_others_keeps_requests_of_the_clients_that_there_are(
    space: tuple[str, ...], after: int | None
) -> None:
    rules = [placement.Rule("arn:1", 300, (condition("path-pattern", "/m"), condition("http-request-method", "GET")))]
    own = (condition("path-pattern", "/m"), condition("source-ip", "0.0.0.0/0"))
    found = placement.place(rules, placement.PlacementRequest(own, space=space), placement.lowest)
    assert (found.window.after.rule.priority if found.window.after else None) == after


def test_a_rule_for_addresses_that_no_client_has_is_a_warning_and_in_nobodys_way() -> None:
    rules = [placement.Rule("arn:1", 300, (condition("path-pattern", "/m"),))]
    own = (condition("source-ip", "2001:db8::/32"),)
    found = placement.place(rules, placement.PlacementRequest(own, space=IPV4), placement.lowest)
    assert (found.priority, found.window, found.overlaps) == (100, placement.Window(), ())
    assert "never holds: the load balancer has clients with IPv4 addresses only" in found.warnings[0]
    assert not placement.place(rules, placement.PlacementRequest(own), placement.lowest).warnings


@settings(max_examples=60, deadline=None)
@given(rich_rules(), st.lists(rich_rules(), max_size=4))
def test_cover_among_ipv4_clients(target: Conditions, others: list[Conditions]) -> None:
    sides = coverage.sides(target, IPV4)
    example = coverage.uncovered_request(sides, others)
    assert coverage.covers(sides, others) == (example is None)
    if example is None:
        assert not [r for r in UNIVERSE if matches(target, r) and not any(matches(other, r) for other in others)]
    else:
        assert matches(target, example) and ":" not in str(example.address), example
