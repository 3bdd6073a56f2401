# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Where a rule belongs among the rules of others: pure, from the rules of a listener to one decision.

Let E1, E2, ... be the others in order and M the managed rule. ``before`` is the first of them with which those ahead
make M unreachable, so M must stand before it. ``after`` is the last one that M would newly make unreachable, so M must
stand after it. Any free number between the two keeps every rule reachable; the lowest in the band is taken.

``after`` never stands behind ``before``: if M is covered by E1..Eb, a later rule that M and those ahead of it cover is
covered by those ahead of it alone, hence was unreachable already. So the search for ``after`` begins at ``before``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from .._core.problem import Problem
from .match import conditions as conds
from .match import coverage, dimensions, glob_pattern
from .match.address_space import EVERY_ADDRESS, Space, never_holds
from .match.conditions import Condition
from .match.request import Request

LOWEST, HIGHEST = 1, 50_000
CANDIDATES = 16  # free numbers that a retry after a lost race may choose from

Conditions = tuple[Condition, ...]
Pick = Callable[[Sequence[int]], int]


@dataclass(frozen=True)
class Rule:
    """A rule of somebody else."""

    arn: str
    priority: int
    conditions: Conditions

    def text(self) -> str:
        return f"rule {self.arn} (priority {self.priority}: {conds.text(self.conditions)})"

    def example(self) -> str:
        """One request that satisfies its conditions, as a part of a sentence."""
        request = coverage.uncovered_request(coverage.sides(self.conditions), [])
        return f", which asks for requests such as {request.text()}" if request else ""


@dataclass(frozen=True)
class PlacementRequest:
    """What is wanted of the placement."""

    conditions: Conditions
    current: int | None = None  # the rule's number now
    pinned: int | None = None
    floor: int = 100
    ceiling: int = HIGHEST
    allow_below_floor: bool = False
    warn_unreachable: bool = False
    warn_shadowing: bool = False
    space: Space = EVERY_ADDRESS  # the addresses that the clients of the load balancer can have


@dataclass(frozen=True)
class End:
    """One end of the window: the rule there, the rules that act together with it, and a request that shows it."""

    rule: Rule
    together: tuple[Rule, ...] = ()
    example: Request | None = None


@dataclass(frozen=True)
class Window:
    """The number must lie strictly between the two ends; an end that is None does not limit."""

    after: End | None = None
    before: End | None = None

    @property
    def low(self) -> int:
        return self.after.rule.priority if self.after else LOWEST - 1

    @property
    def high(self) -> int:
        return self.before.rule.priority if self.before else HIGHEST + 1

    def holds(self, priority: int) -> bool:
        return self.low < priority < self.high

    def text(self) -> str:
        return f"{self.low + 1}..{self.high - 1}" if self.high - self.low > 1 else "empty"


@dataclass(frozen=True)
class Overlap:
    """A rule that shares requests with the managed rule without covering it: an earlier one takes them, a later one
    loses them.
    """

    rule: Rule
    earlier: bool
    example: Request | None


@dataclass(frozen=True)
class Placement:
    """The decision: a number, or the reason why there is none (``problems``)."""

    priority: int | None
    reason: str
    window: Window
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    overlaps: tuple[Overlap, ...] = ()


@dataclass
class Listener:
    """The rules of the others in order, with an index by literal host so that most of them need no look at all."""

    rules: Sequence[Rule]
    space: Space = EVERY_ADDRESS
    _by_host: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _any_host: list[int] = field(default_factory=list)
    _conditions: list[Conditions] = field(default_factory=list)
    # Positions by a request's host, as far as it was asked for, each with a text that is in every path of the rule.
    _at_host: dict[str, tuple[list[int], list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = sorted(self.rules, key=lambda rule: rule.priority)
        self._conditions = [rule.conditions for rule in self.rules]
        for index, rule in enumerate(self.rules):
            hosts = _literal_hosts(rule.conditions)
            for host in hosts or ():
                self._by_host[host].append(index)
            if hosts is None:
                self._any_host.append(index)

    def sides(self, conditions: Conditions) -> Conditions | None:
        """The sides of a rule with these conditions; None when they hold for no client that there can be."""
        return None if never_holds(conditions, self.space) else coverage.sides(conditions, self.space)

    def near(self, conditions: Iterable[Condition]) -> list[int]:
        """The positions of the rules that may share a host with the conditions, in order."""
        hosts = _literal_hosts(conditions)
        return list(range(len(self.rules))) if hosts is None else self._at(hosts)

    def first_cover(self, conditions: Conditions, end: int, guess: bool = False) -> int | None:
        """The position before ``end`` of the rule that completes the cover of the conditions."""
        sides = self.sides(conditions)
        if sides is None:
            return -1
        found = coverage.first_cover(sides, self._conditions, guess, self._near(end))
        return None if found is None else min(found, end - 1)

    def uncovered_request(self, conditions: Conditions, end: int) -> Request | None:
        """A request of the conditions that reaches position ``end``."""
        sides = self.sides(conditions)
        return None if sides is None else coverage.uncovered_request(sides, self._conditions, self._near(end))

    def contributors(self, conditions: Conditions, last: int) -> tuple[Rule, ...]:
        """The rules up to ``last`` that cover the conditions together."""
        sides = self.sides(conditions)
        found = [] if sides is None else coverage.contributors(sides, self._conditions, self._near(last + 1))
        return tuple(self.rules[position] for position in found)

    def newly_unreachable(self, position: int, conditions: Conditions, guess: bool = False) -> Request | None:
        """A request that a rule answers today, if ``conditions`` ahead of it would leave it none."""
        sides = self.sides(self.rules[position].conditions)
        if sides is None or coverage.rest(sides, conditions, guess) is None:
            return None
        ahead, near = self._conditions, self._near(position)
        try:
            if coverage.leftover(sides, ahead, guess, near, with_rule=conditions)[0] is not None:
                return None
        except glob_pattern.TooComplex:
            if not guess:
                return None
        return coverage.uncovered_request(sides, ahead, near)

    def _near(self, end: int) -> coverage.Near:
        def near(request: Request) -> Iterable[int]:
            if request.host is None:
                return range(end)
            if request.host not in self._at_host:
                positions = self._at([request.host])
                self._at_host[request.host] = positions, [_path_part(self._conditions[one]) for one in positions]
            positions, parts = self._at_host[request.host]
            ahead, path = bisect_left(positions, end), request.path
            if path is None:
                return islice(positions, ahead)
            return (position for position, part in islice(zip(positions, parts, strict=True), ahead) if part in path)

        return near

    def _at(self, hosts: Iterable[str]) -> list[int]:
        """The positions of the rules that may match one of the hosts."""
        positions = {position for host in hosts for position in self._by_host.get(host, ())}
        return sorted(positions.union(self._any_host)) if positions else self._any_host


def _literal_hosts(conditions: Iterable[Condition]) -> tuple[str, ...] | None:
    """The hosts of a rule that names them without wildcards, else None."""
    for condition in conditions:
        if condition.field == "host-header" and condition.values:
            globs = [box[0] for box in dimensions.boxes(condition)]
            return tuple(glob.prefix for glob in globs) if all(glob.literal for glob in globs) else None
    return None


def _path_part(conditions: Iterable[Condition]) -> str:
    """A text that is in every path of a rule, the longest that is easily found; empty when there is none."""
    globs = [condition.globs for condition in conditions if condition.field == "path-pattern" and not condition.regexes]
    return globs[0][0].longest_text if len(globs) == 1 and len(globs[0]) == 1 else ""


def lowest(free: Sequence[int]) -> int:
    return free[0]


def place(rules: Iterable[Rule], wanted: PlacementRequest, pick: Pick = lowest) -> Placement:
    """Decide the number of the managed rule among the ``rules`` of others.

    ``pick`` chooses among the best free numbers.
    """
    listener = Listener(list(rules), wanted.space)
    window = find_window(listener, wanted.conditions)
    if wanted.pinned is not None:
        placement = _pinned(listener, window, wanted, wanted.pinned)
    else:
        placement = _searched(listener, window, wanted, pick)
    if placement.priority is None:
        return placement
    overlaps = tuple(find_overlaps(listener, wanted.conditions, placement.priority))
    warnings = (
        *placement.warnings,
        *_undecided(listener, window, wanted.conditions, placement.priority),
        *_never_asked(wanted),
    )
    return Placement(placement.priority, placement.reason, window, (), warnings, overlaps)


def find_window(listener: Listener, conditions: Conditions) -> Window:
    """The two rules between which the managed rule is reachable and leaves every other rule reachable."""
    count = len(listener.rules)
    before = listener.first_cover(conditions, count)
    end = None
    if before is not None and before >= 0:
        end = End(
            listener.rules[before],
            listener.contributors(conditions, before),
            listener.uncovered_request(conditions, before),
        )
    last = count - 1 if before is None else before
    for position in reversed([position for position in listener.near(conditions) if position <= last]):
        example = listener.newly_unreachable(position, conditions)
        if example is not None:
            return Window(End(listener.rules[position], (), example), end)
    return Window(None, end)


def would_shadow(listener: Listener, conditions: Conditions, priority: int) -> tuple[bool, bool]:
    """What a rule with these conditions would do at a number: (take a rule its last request, be unreachable itself)."""
    window = find_window(listener, conditions)
    return priority <= window.low, priority >= window.high


def find_overlaps(listener: Listener, conditions: Conditions, priority: int) -> Iterable[Overlap]:
    """The rules that share requests with the managed rule, each with one; not those behind that contain it."""
    sides = listener.sides(conditions)
    if sides is None:
        return
    for position in listener.near(conditions):
        rule = listener.rules[position]
        earlier = rule.priority < priority
        left = coverage.rest(sides, rule.conditions)
        if left == () and not earlier:
            continue
        if left is None and not coverage.touches(sides, rule.conditions):  # what is left touches it
            continue
        yield Overlap(rule, earlier, coverage.shared(sides, rule.conditions))


def _undecided(listener: Listener, window: Window, conditions: Conditions, priority: int) -> Iterable[str]:
    """What could not be decided because of a regex, unknown values or the bound of the search, each as a sentence."""
    end = sum(1 for rule in listener.rules if rule.priority < min(priority, window.high))
    doubtful = listener.first_cover(conditions, end, guess=True)
    if doubtful is not None and doubtful >= 0 and window.holds(priority):
        yield (
            f"cannot decide whether {listener.rules[doubtful].text()} takes all requests of this rule: "
            "a regex or unknown values; check with quilt.mcp_server.elb_listener_rule_info"
        )
    own = any(condition.opaque for condition in conditions)
    for position in listener.near(conditions):
        rule = listener.rules[position]
        if rule.priority < priority or not (own or any(condition.opaque for condition in rule.conditions)):
            continue
        if rule.priority != window.low and listener.newly_unreachable(position, conditions, guess=True):
            yield f"cannot decide whether {rule.text()} keeps any request behind this rule: a regex or unknown values"


def _never_asked(wanted: PlacementRequest) -> Iterable[str]:
    """What the conditions ask of an address that no client of the load balancer has, as a sentence."""
    never = never_holds(wanted.conditions, wanted.space)
    if never is not None:
        yield f"{never.text()} never holds: the load balancer has clients with IPv4 addresses only"


def _pinned(listener: Listener, window: Window, wanted: PlacementRequest, pinned: int) -> Placement:
    occupant = next((rule for rule in listener.rules if rule.priority == pinned), None)
    if occupant:
        taken = Problem(
            f"priority {pinned} is taken by {occupant.text()}{occupant.example()}",
            "a priority belongs to one rule",
            "choose another priority, or leave it out to let the module search",
        )
        return Placement(None, "pinned", window, (taken,))
    unreachable, shadowing = pinned >= window.high, pinned <= window.low
    before, after = window.before if unreachable else None, window.after if shadowing else None
    if (unreachable and not wanted.warn_unreachable) or (shadowing and not wanted.warn_shadowing):
        options = ["on_unreachable=warn"] * unreachable + ["on_shadowing=warn"] * shadowing
        elsewhere = f"choose a number in the window {window.text()}, leave the priority out, or "
        wrong = Problem(
            f"priority {pinned} is {' and '.join(_sides(before, after))}",
            "; ".join(_harms(before, after)),
            f"{elsewhere if window.high - window.low > 1 else ''}set {' and '.join(options)}",
        )
        return Placement(None, "pinned", window, (wrong,))
    faults = [_unreachable(before)] if before else []
    faults += [_shadowing(after)] if after else []
    return Placement(pinned, "pinned", window, warnings=tuple(f"priority {pinned}: {fault}" for fault in faults))


def _searched(listener: Listener, window: Window, wanted: PlacementRequest, pick: Pick) -> Placement:
    if wanted.current is not None and window.holds(wanted.current):
        return Placement(wanted.current, "kept", window)
    taken = {rule.priority: rule for rule in listener.rules}
    free = _free(range(max(window.low + 1, wanted.floor), min(window.high - 1, wanted.ceiling) + 1), taken)
    if free:
        return Placement(
            pick(free), "lowest free in the window" if wanted.current is None else "moved into the window", window
        )
    below = _free(range(min(window.high, wanted.floor) - 1, window.low, -1), taken)
    if below and wanted.allow_below_floor:
        return Placement(pick(below), "below the floor", window)
    return _relaxed(window, wanted, pick, taken) or Placement(
        None, "no number", window, (_no_number(window, wanted, below, taken),)
    )


def _relaxed(window: Window, wanted: PlacementRequest, pick: Pick, taken: Mapping[int, Rule]) -> Placement | None:
    """With warnings in place of failures: rather this rule unreachable than others, and rather few others than many."""
    if wanted.warn_unreachable and window.before:
        low = max(window.low + 1, wanted.floor)
        free = _free(range(low, wanted.ceiling + 1), taken)
        kept = wanted.current is not None and wanted.current > window.low
        if kept or free:
            number = wanted.current if kept else pick(free)
            return Placement(number, "kept" if kept else "unreachable", window, warnings=(_unreachable(window.before),))
    if wanted.warn_shadowing and window.after:
        free = _free(range(min(window.high - 1, wanted.ceiling), wanted.floor - 1, -1), taken)
        kept = wanted.current is not None and wanted.current < window.high
        if kept or free:
            number = wanted.current if kept else pick(free)
            return Placement(number, "kept" if kept else "shadowing", window, warnings=(_shadowing(window.after),))
    return None


def _free(numbers: Iterable[int], taken: Container[int]) -> list[int]:
    free: list[int] = []
    for number in numbers:
        if number not in taken:
            free.append(number)
            if len(free) == CANDIDATES:
                break
    return free


# Sentences


def _unreachable(before: End) -> str:
    return f"behind {_together(before)} it gets no request{_example(before)}"


def _shadowing(after: End) -> str:
    return f"ahead of {after.rule.text()} it leaves that rule no request{_example(after)}"


def _together(before: End) -> str:
    """The rule at that end of the window, with those that it needs to take everything."""
    others = [rule.text() for rule in before.together if rule is not before.rule]
    return before.rule.text() + (f" together with {', '.join(others)}" if others else "")


def _sides(before: End | None, after: End | None) -> list[str]:
    """Where a number lies that has an end of the window on its wrong side."""
    behind = [f"behind {_together(before)}"] if before else []
    return behind + ([f"ahead of {after.rule.text()}"] if after else [])


def _harms(before: End | None, after: End | None) -> list[str]:
    """What is wrong there; the rules themselves are named in what was found."""
    harms = [f"behind priority {before.rule.priority} it gets no request{_example(before)}"] if before else []
    if after:
        harms.append(f"ahead of priority {after.rule.priority} it leaves that rule no request{_example(after)}")
    return harms


def _example(end: End) -> str:
    return f", for example {end.example.text()}" if end.example else ""


def _no_number(window: Window, wanted: PlacementRequest, below: Sequence[int], taken: Mapping[int, Rule]) -> Problem:
    band = f"{wanted.floor}..{wanted.ceiling}"
    start = f"no priority for [{conds.text(wanted.conditions)}] (window {window.text()}, band {band})"
    limits = " or ".join(_sides(window.before, window.after))
    reasons, remedies = _harms(window.before, window.after), []
    low, high = max(window.low + 1, wanted.floor), min(window.high - 1, wanted.ceiling)
    if low <= high:
        ends = " to ".join(taken[number].text() + taken[number].example() for number in dict.fromkeys((low, high)))
        start += f", as all {high - low + 1} numbers {low}..{high} are taken, by {ends}"
        reasons.insert(0, "a priority belongs to one rule")
        remedies.append("change priority_floor or priority_ceiling")
    if below:
        remedies.append(f"set allow_below_floor=true, which takes {below[0]}")
    strict = replace(wanted, warn_unreachable=False, warn_shadowing=False)
    if _relaxed(window, replace(strict, warn_unreachable=True), lowest, taken):
        remedies.append("set on_unreachable=warn, which creates an unreachable rule")
    if _relaxed(window, replace(strict, warn_shadowing=True), lowest, taken):
        remedies.append("set on_shadowing=warn, which takes that rule's requests")
    if window.high - window.low <= 1:
        reasons.append("there is no gap between the two, and rules of others are never moved")
    if low > high:
        remedies.append("have the owner of a rule in the way move it")
    found = f"{start}; outside the window a number is {limits}" if limits else start
    return Problem(found, "; ".join(reasons), ", or ".join(remedies))
