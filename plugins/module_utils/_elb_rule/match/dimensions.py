# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The space of requests, one dimension at a time: how the requests of one rule's side lie to another rule's condition.

A rule takes a box in this space. Its sides are the host, the path, the method and the source address (everything, where
the rule does not limit them), and one side for each of its http-header and query-string conditions. A side is the union
of the condition's values. coverage.py puts the sides together.
"""

from __future__ import annotations

import enum
import functools
import ipaddress
import itertools
from collections.abc import Iterable, Sequence
from typing import Union

from . import glob_pattern
from .address_space import EVERY_ADDRESS, IPV4, Network, Space, within
from .conditions import Condition

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Box = tuple[glob_pattern.Glob, ...]  # one glob for a text, (key, value) for a query parameter
Texts = tuple[str, ...]
Cells = list[tuple[int, Texts]]  # (set of conditions as a bit mask, example)

SINGLE = ("host-header", "path-pattern", "http-request-method", "source-ip")  # a request has exactly one of each
WHOLE = {kind: Condition(kind, name="(any)") for kind in SINGLE}  # the side of a rule that does not limit the kind
WHOLE_IPV4 = Condition("source-ip", IPV4, name="(any)")  # in the place of WHOLE's where no client has another address
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
CELL_BOUND = 4096  # cells of one side; real listeners have a handful


class Relation(enum.Enum):
    """How the requests of one side lie to a condition."""

    INSIDE = "inside"  # all of them satisfy it
    OUTSIDE = "outside"  # none does
    PARTLY = "partly"  # no single value contains them all; several values or several rules still may
    UNKNOWN = "unknown"  # a regex, values that are not known, or a search beyond its bound


@functools.lru_cache(maxsize=65536)
def relation(side: Condition, condition: Condition) -> Relation:
    """How the requests of ``side`` (a condition of one rule, or one of WHOLE) lie to another rule's ``condition``."""
    if condition.opaque or is_opaque(side):
        return _opaque_relation(side, condition)
    if condition.field == "http-request-method":
        return _method_relation(side, condition)
    if condition.field == "source-ip":
        return _address_relation(side, condition)
    return _box_relation(boxes(side), boxes(condition))


def cells(side: Condition, conditions: Sequence[Condition]) -> Cells:
    """The minimal sets of ``conditions`` that a request of ``side`` can satisfy, as bit masks, each with an example.

    Raises glob_pattern.TooComplex when there are too many.
    """
    if is_opaque(side):
        return [(0, ())]
    if side.field == "http-request-method":
        return _minimal(_method_cells(side, conditions))
    if side.field == "source-ip":
        return _minimal(_address_cells(side, conditions))
    return _minimal(_box_cells(side, conditions))


def common(*sides: Condition) -> Texts | None:
    """A short, readable value that lies in all the sides; None if there is none, () if one of them is opaque."""
    if any(is_opaque(side) for side in sides):
        return ()
    kind = sides[0].field
    limiting = [side for side in sides if side is not WHOLE.get(kind)]
    sides = tuple(limiting) or sides[:1]
    if kind == "http-request-method":
        return _common_method(sides)
    if kind == "source-ip":
        return _common_address(sides)
    found = [_common_box(choice, kind) for choice in itertools.product(*map(boxes, sides))]
    return min((texts for texts in found if texts is not None), key=lambda texts: len("".join(texts)), default=None)


def is_whole(side: Condition) -> bool:
    """Whether the rule that the side belongs to does not limit it."""
    return side is WHOLE.get(side.field) or side is WHOLE_IPV4


def source_side(condition: Condition | None, space: Space) -> Condition:
    """The side of a rule with that source-ip condition, or without any, on a load balancer with that address space.

    A condition that holds for no address of the space has no such side; see address_space.never_holds().
    """
    whole = WHOLE["source-ip"] if space == EVERY_ADDRESS else WHOLE_IPV4
    if condition is None or condition.opaque or space == EVERY_ADDRESS:
        return condition or whole
    return Condition("source-ip", within(map(str, condition.values), space), written=condition.written)


def is_opaque(side: Condition) -> bool:
    """Whether it is not known which requests the side has: a regex or values that are not known."""
    return side.opaque and side is not WHOLE.get(side.field)


def _opaque_relation(side: Condition, condition: Condition) -> Relation:
    if side.regexes and not side.values and set(side.regexes) <= set(condition.regexes):
        return Relation.INSIDE
    if not condition.opaque and condition.field in ("host-header", "path-pattern", "http-header"):
        whole = glob_pattern.EVERY_PATH if condition.field == "path-pattern" else glob_pattern.EVERYTHING
        if (whole,) in boxes(condition):
            return Relation.INSIDE
    return Relation.UNKNOWN


def _mask(bits: Iterable[bool]) -> int:
    return sum(1 << index for index, bit in enumerate(bits) if bit)


def _minimal(found: Cells) -> Cells:
    minimal: dict[int, Texts] = {}
    for mask, texts in sorted(found, key=lambda cell: (cell[0].bit_count(), len("".join(cell[1])))):
        if not any(known & mask == known for known in minimal):
            minimal[mask] = texts
            if len(minimal) > CELL_BOUND:
                raise glob_pattern.TooComplex(f"more than {CELL_BOUND} ways through the conditions")
    return list(minimal.items())


# Hosts, paths, header values and query parameters: unions of boxes of globs


@functools.lru_cache(maxsize=65536)
def boxes(side: Condition) -> tuple[Box, ...]:
    """The values of a host, path, http-header or query-string side as globs."""
    if side.field == "path-pattern":
        texts = [value for value in side.values if isinstance(value, str)]
        return tuple((glob,) for text in texts or ["*"] for glob in glob_pattern.parse_path(text))
    if side.field == "query-string":
        pairs = [value for value in side.values if not isinstance(value, str)]
        return tuple((_query_glob(key), _query_glob(value)) for key, value in pairs)
    return tuple((glob,) for glob in side.globs or (glob_pattern.EVERYTHING,))


def _query_glob(text: str | None) -> glob_pattern.Glob:
    return glob_pattern.EVERYTHING if text is None else glob_pattern.parse(text, fold=True, escapes=True)


def _alphabet(kind: str) -> str:
    return glob_pattern.HOST_CHARACTERS if kind == "host-header" else glob_pattern.TEXT_CHARACTERS


def _box_relation(inner: Sequence[Box], outer: Sequence[Box]) -> Relation:
    try:
        if all(any(_box_contains(other, one) for other in outer) for one in inner):
            return Relation.INSIDE
        touching = any(all(map(glob_pattern.intersects, one, other)) for one in inner for other in outer)
    except glob_pattern.TooComplex:
        return Relation.UNKNOWN
    return Relation.PARTLY if touching else Relation.OUTSIDE


def _box_contains(outer: Box, inner: Box) -> bool:
    return all(map(glob_pattern.contains, outer, inner))


def _box_cells(side: Condition, conditions: Sequence[Condition]) -> Cells:
    watched = [(bit, box) for bit, condition in enumerate(conditions) for box in boxes(condition)]
    found: Cells = []
    for box in boxes(side):
        ways = [
            _glob_cells(glob, [other[axis] for _bit, other in watched], side.field) for axis, glob in enumerate(box)
        ]
        for way in itertools.product(*ways):
            hit = functools.reduce(int.__and__, [mask for mask, _text in way])
            mask = _mask(
                any(hit >> index & 1 for index, (owner, _box) in enumerate(watched) if owner == bit)
                for bit in range(len(conditions))
            )
            found.append((mask, tuple(text for _mask_, text in way)))
    return found


def _glob_cells(glob: glob_pattern.Glob, watched: Sequence[glob_pattern.Glob], kind: str) -> list[tuple[int, str]]:
    for text in glob.samples():
        if not any(other.matches(text) for other in watched):
            return [(0, text)]
    distinct = list(dict.fromkeys(watched))
    ways = glob_pattern.cells(glob, [[other] for other in distinct], _alphabet(kind))
    return [(_mask(mask >> distinct.index(other) & 1 == 1 for other in watched), text) for mask, text in ways]


def _common_box(choice: Sequence[Box], kind: str) -> Texts | None:
    texts = [_common_text(axis, _alphabet(kind)) for axis in zip(*choice, strict=True)]
    return None if None in texts else tuple(text for text in texts if text is not None)


def _common_text(globs: Sequence[glob_pattern.Glob], alphabet: str) -> str | None:
    for glob in sorted(globs, key=lambda one: len(one.prefix), reverse=True):
        others = [other for other in globs if other is not glob]
        for text in glob.samples():
            if text and all(other.matches(text) for other in others):
                return text
    return glob_pattern.common(globs, alphabet)


# Methods: compared exactly, and there is always another one than those that are named


def _method_relation(side: Condition, condition: Condition) -> Relation:
    if not side.values:
        return Relation.PARTLY
    shared = set(side.values) & set(condition.values)
    if len(shared) == len(side.values):
        return Relation.INSIDE
    return Relation.PARTLY if shared else Relation.OUTSIDE


def _method_cells(side: Condition, conditions: Sequence[Condition]) -> Cells:
    named = {str(value) for condition in conditions for value in condition.values}
    other = next(
        method for method in itertools.chain(METHODS, ("X" * n for n in itertools.count(1))) if method not in named
    )
    methods = [str(value) for value in side.values] or [other, *sorted(named)]
    return [(_mask(method in condition.values for condition in conditions), (method,)) for method in methods]


def _common_method(sides: Sequence[Condition]) -> Texts | None:
    named = [set(map(str, side.values)) for side in sides if side.values]
    if not named:
        return (METHODS[0],)
    shared = set.intersection(*named)
    return (min(shared, key=lambda method: ((*METHODS, method).index(method), method)),) if shared else None


# Source addresses: blocks are nested or disjoint, so the addresses at their ends decide everything


@functools.lru_cache(maxsize=65536)
def _networks(side: Condition) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(str(block), strict=False) for block in side.values or EVERY_ADDRESS)


def _address_relation(side: Condition, condition: Condition) -> Relation:
    inner, outer = _networks(side), _networks(condition)
    if all(any(_within(one, other) for other in outer) for one in inner):
        return Relation.INSIDE
    touching = any(_within(one, other) or _within(other, one) for one in inner for other in outer)
    return Relation.PARTLY if touching else Relation.OUTSIDE


def _within(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def _address_cells(side: Condition, conditions: Sequence[Condition]) -> Cells:
    named = [network for condition in conditions for network in _networks(condition)]
    found: Cells = []
    for block in _networks(side):
        for address in _representatives(block, [network for network in named if _within(network, block)]):
            mask = _mask(any(address in network for network in _networks(condition)) for condition in conditions)
            found.append((mask, (str(address),)))
    return found


def _representatives(block: Network, inside: Iterable[Network]) -> list[Address]:
    """One address of each part into which the inner blocks cut the block: its start, theirs, what follows each."""
    addresses: set[Address] = {block.network_address}
    for network in inside:
        addresses.add(network.network_address)
        if network.broadcast_address != block.broadcast_address:
            addresses.add(network.broadcast_address + 1)
    return sorted(addresses, key=int)


def _common_address(sides: Sequence[Condition]) -> Texts | None:
    for network in (network for side in sides for network in _networks(side)):
        address = network.network_address
        if all(any(address in block for block in _networks(side)) for side in sides):
            return (str(address),)
    return None
