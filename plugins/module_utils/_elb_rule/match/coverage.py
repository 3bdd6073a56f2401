# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Which requests of one rule several other rules leave over: exact over all dimensions together, with an example.

A request of the target is left over if every other rule has a condition that it does not satisfy. For each side of the
target dimensions.cells() gives the minimal sets of the others' conditions that a value can satisfy; one choice per side
that completes no rule is an example, and if there is none the others cover the target. (Choosing minimal sets is
enough: satisfying less never completes more.)

Opaque conditions cannot be decided: ``guess`` says whether to suppose that they hold or that they do not. A search that
passes its bound is treated alike, so ``guess=False`` never calls a target covered that is not, and ``guess=True`` never
one uncovered that is covered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from . import dimensions, glob_pattern
from .address_space import EVERY_ADDRESS, Space
from .conditions import Condition
from .request import BY_REGEX, Request, holds

Conditions = tuple[Condition, ...]
Choice = list[tuple[Condition, dimensions.Texts]]
Near = Callable[[Request], Iterable[int]]
CHOICE_BOUND = 20_000
POSITION = {kind: position for position, kind in enumerate(dimensions.SINGLE)}  # of a side in what sides() returns
ANY_ADDRESS = "192.0.2.1"  # of a request whose source no condition has compared yet


def sides(conditions: Sequence[Condition], space: Space = EVERY_ADDRESS) -> Conditions:
    """The sides of a rule's box: the four that every request has, then one per header and query-string condition.

    space: the addresses that a client can have.
    """
    named = {condition.field: condition for condition in conditions}
    named["source-ip"] = dimensions.source_side(named.get("source-ip"), space)
    single = [named.get(kind, dimensions.WHOLE[kind]) for kind in dimensions.SINGLE]
    return (*single, *(condition for condition in conditions if condition.field not in dimensions.SINGLE))


def rest(target: Conditions, rule: Conditions, guess: bool = False) -> Conditions | None:
    """The conditions of ``rule`` that the target (its sides) does not imply one by one; None if it can avoid the rule.

    An empty result means that the rule alone covers the target.
    """
    left: list[Condition] = []
    for condition in rule:
        relations = {dimensions.relation(side, condition) for side in _slot(target, condition)}
        if dimensions.Relation.INSIDE in relations or (guess and dimensions.Relation.UNKNOWN in relations):
            continue
        if dimensions.Relation.PARTLY not in relations:
            return None
        left.append(condition)
    return tuple(left)


def touches(target: Conditions, rule: Conditions) -> bool:
    """Whether one request can satisfy both. Headers and parameters never exclude each other: a request has many."""
    return all(
        dimensions.relation(side, condition) is not dimensions.Relation.OUTSIDE
        for condition in rule
        if condition.field in POSITION
        for side in _slot(target, condition)
    )


def leftover(
    target: Conditions,
    rules: Sequence[Conditions],
    guess: bool = False,
    near: Near | None = None,
    with_rule: Conditions | None = None,
) -> tuple[Request | None, list[int]]:
    """A request of the target that none of the rules answers, or None and the positions of rules that leave none over.

    near: the positions of the rules that may answer a request, in order; all by default. with_rule: one more rule.
    Raises glob_pattern.TooComplex.

    By refinement: take a request that the rules seen so far leave over, and look which rule answers it first. If none
    does, that is the result; otherwise that rule is one of those seen. Only few of many rules ever get into the search,
    and each of them answers something that no rule before it does, so the last one is the one that completes the cover.
    """
    used: dict[int, Conditions] = {}
    more = [] if with_rule is None else [left for left in [rest(target, with_rule, guess)] if left is not None]
    avoidable: set[int] = set()
    opaque = [side for side in target if dimensions.is_opaque(side)]
    while True:
        lefts = [*more, *used.values()]
        choice = None if () in lefts else _choose(target, lefts)
        if choice is None:
            return None, sorted(used)
        request = _request(choice)
        whole = replace(request, address=request.address or ANY_ADDRESS)
        for index in range(len(rules)) if near is None else near(whole):
            if index in avoidable or not _answers(target, opaque, rules[index], whole, guess):
                continue
            left = rest(target, rules[index], guess)
            if left is not None:
                used[index] = left
                break
            avoidable.add(index)  # cannot be decided, so it does not count
        else:
            return request, sorted(used)


def covers(target: Conditions, rules: Sequence[Conditions], guess: bool = False) -> bool:
    """Whether the rules together answer every request of the target."""
    return first_cover(target, rules, guess) is not None


def first_cover(
    target: Conditions, rules: Sequence[Conditions], guess: bool = False, near: Near | None = None
) -> int | None:
    """The position of the rule with which the cover is complete, so that the rules up to it leave nothing over.

    -1 if the target has no requests at all.
    """
    try:
        request, used = leftover(target, rules, guess, near)
    except glob_pattern.TooComplex:
        return len(rules) - 1 if guess else None
    return (used[-1] if used else -1) if request is None else None


def contributors(target: Conditions, rules: Sequence[Conditions], near: Near | None = None) -> list[int]:
    """A minimal set of rules that cover the target together."""
    _request_left, used = leftover(target, rules, near=near)
    needed = {index: left for index in used if (left := rest(target, rules[index])) is not None}
    for index in used[:-1]:
        fewer = {other: left for other, left in needed.items() if other != index}
        if () in fewer.values() or _choose(target, list(fewer.values())) is None:
            needed = fewer
    return sorted(needed)


def uncovered_request(target: Conditions, rules: Sequence[Conditions], near: Near | None = None) -> Request | None:
    """A request of the target that none of the rules answers; None if they cover it or if the search was too long."""
    try:
        return leftover(target, rules, near=near)[0]
    except glob_pattern.TooComplex:
        return None


def shared(target: Conditions, rule: Conditions) -> Request | None:
    """A request that satisfies both rules; None if there is none."""
    ruled, single = sides(rule), len(dimensions.SINGLE)
    pairs = zip(target[:single], ruled[:single], strict=True)
    asked = [pair for pair in pairs if not (dimensions.is_whole(pair[0]) and dimensions.is_whole(pair[1]))]
    alone: list[tuple[Condition, ...]] = [(side,) for side in dict.fromkeys((*target[single:], *ruled[single:]))]
    choice: Choice = []
    try:
        for slot in (*asked, *alone):
            texts = dimensions.common(*slot)
            if texts is None:
                return None
            choice.append((slot[0], texts))
    except glob_pattern.TooComplex:
        return None
    return _request(choice)


def _same_slot(side: Condition, condition: Condition) -> bool:
    return side.field == condition.field and (side.field in dimensions.SINGLE or side.name == condition.name)


def _slot(target: Conditions, condition: Condition) -> Sequence[Condition]:
    """The sides of the target that look at the same part of a request as a condition."""
    position = POSITION.get(condition.field)
    if position is not None:
        return target[position : position + 1]
    return [side for side in target if _same_slot(side, condition)]


def _answers(target: Conditions, opaque: Sequence[Condition], rule: Conditions, request: Request, guess: bool) -> bool:
    """Whether the rule answers this request of the target; what cannot be decided is decided for all at once.

    opaque: the sides of the target that cannot be decided.
    """
    for condition in rule:
        if condition.opaque or (opaque and any(_same_slot(side, condition) for side in opaque)):
            relations = {dimensions.relation(side, condition) for side in _slot(target, condition)}
            if dimensions.Relation.INSIDE not in relations and not (guess and dimensions.Relation.UNKNOWN in relations):
                return False
        elif not holds(condition, request):
            return False
    return True


def _choose(target: Conditions, lefts: Sequence[Conditions]) -> Choice | None:
    """One value per side such that every rule keeps a condition that does not hold; None if that is impossible."""
    bits = {condition: 1 << index for index, condition in enumerate(dict.fromkeys(c for left in lefts for c in left))}
    rules = [sum(bits[condition] for condition in set(left)) for left in lefts]
    ways = [(side, _side_ways(side, bits)) for side in target]
    ways.sort(key=lambda way: len(way[1]))
    exhausted: set[tuple[int, int]] = set()

    def go_on(position: int, satisfied: int) -> Choice | None:
        if (position, satisfied) in exhausted or any(satisfied & rule == rule for rule in rules):
            return None
        if position == len(ways):
            return []
        side, cells = ways[position]
        for mask, texts in cells:
            following = go_on(position + 1, satisfied | mask)
            if following is not None:
                return [(side, texts), *following]
        if len(exhausted) >= CHOICE_BOUND:
            raise glob_pattern.TooComplex(f"more than {CHOICE_BOUND} combinations of {len(lefts)} rules")
        exhausted.add((position, satisfied))
        return None

    return go_on(0, 0)


def _side_ways(side: Condition, bits: dict[Condition, int]) -> dimensions.Cells:
    relevant = [condition for condition in bits if _same_slot(side, condition)]
    if not relevant and dimensions.is_whole(side):
        return [(0, ())]  # nobody looks at it
    local = dimensions.cells(side, relevant)
    return [
        (sum(bits[condition] for index, condition in enumerate(relevant) if mask >> index & 1), texts)
        for mask, texts in local
    ]


def _request(choice: Choice) -> Request:
    """The request with the chosen values; what no rule limits keeps a readable default, what a regex limits is None."""
    single: dict[str, str | None] = {}
    headers: list[tuple[str, str]] = []
    query: list[tuple[str, str]] = []
    stems: dict[tuple[str, str], str] = {}
    for side, texts in choice:
        if side.field == "http-header":
            headers.append((side.name, texts[0] if texts else BY_REGEX))
            stems[headers[-1]] = _stem(side, texts)
        elif side.field == "query-string":
            query.append((texts[0], texts[1]) if texts else ("(unknown)", ""))
            stems[query[-1]] = _stem(side, texts)
        elif texts or not dimensions.is_whole(side):
            single[side.field] = texts[0] if texts else None
    return Request(
        host=single.get("host-header", "x"),
        path=single.get("path-pattern", "/"),
        method=single.get("http-request-method", "GET"),
        address=single.get("source-ip"),
        headers=tuple(headers),
        query=tuple(query),
        stems=stems,
    )


def _stem(side: Condition, texts: dimensions.Texts) -> str:
    """The value of the side that the texts are an example of, as it was written."""
    for value in side.values if texts else ():
        one = Condition(side.field, (value,), name=side.name)
        if any(all(map(glob_pattern.Glob.matches, box, texts)) for box in dimensions.boxes(one)):
            return side.written_value(value)
    return texts[-1] if texts else ""
