# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Comparing documents the way the service understands them. Pure."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .shapes import KNOWN_AFTER_APPLY, Document, is_empty


def overlay(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> Document:
    """`current` with what is wanted laid over it: dictionaries merge, anything else replaces, an empty value clears."""
    result = dict(current)
    for name, value in wanted.items():
        below = result.get(name)
        if isinstance(value, Mapping) and value and isinstance(below, Mapping):
            result[name] = overlay(below, value)
        else:
            result[name] = value
    return result


def normalize(document: Mapping[str, Any], defaults: Mapping[str, Any], unordered: Iterable[str]) -> Document:
    """A copy with the service's defaults filled in, lists without an order sorted, and empty top-level fields dropped.

    defaults, unordered: dotted paths; a list on the way means each of its elements. A default is filled in only where
    its parent exists.
    """
    result = {name: copy.deepcopy(value) for name, value in document.items() if not is_empty(name, value)}
    for path, default in defaults.items():
        _visit(result, path.split("."), functools.partial(_fill, default))
    for path in unordered:
        _visit(result, path.split("."), _sort)
    return result


@dataclass(frozen=True)
class Conditional:
    """A default that the service sets because of another field.

    path: dotted, as those of `normalize`; value: the default; when: whether it is set, given the structures on the way
    from the document to the one that has the field; option: whether it is an entry of a free map. That is left out
    where it has the default, as a result has no entries that nobody gave.
    """

    path: str
    value: Any
    when: Callable[[Sequence[Document]], bool]
    option: bool = False


def fill_conditional(document: Document, table: Iterable[Conditional]) -> None:
    """Fill in what is not set, in the order of the table, where the structure exists that would have it."""
    for row in table:
        *way, name = row.path.split(".")
        for chain in list(_chains(document, way)):
            if row.option and chain[-1].get(name) == row.value and row.when(chain):
                del chain[-1][name]
                if not chain[-1]:
                    del chain[-2][way[-1]]
            elif not row.option and is_empty(name, chain[-1].get(name)) and row.when(chain):
                chain[-1][name] = copy.deepcopy(row.value)


def _chains(node: Any, way: Sequence[str], above: tuple[Document, ...] = ()) -> Iterator[tuple[Document, ...]]:
    """The structures on each way, a list on it means each of its elements."""
    if isinstance(node, list):
        for item in node:
            yield from _chains(item, way, above)
    elif isinstance(node, dict):
        if not way:
            yield (*above, node)
        elif way[0] in node:
            yield from _chains(node[way[0]], way[1:], (*above, node))


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields that differ, each with its two values; None where one side does not have it."""
    names = [*before, *(name for name in after if name not in before)]
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def contains_unknown(value: Any) -> bool:
    """Whether a value, or anything in it, is known only after apply."""
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(contains_unknown(item) for item in value)
    return isinstance(value, str) and KNOWN_AFTER_APPLY in value


def _visit(node: Any, path: list[str], action: Callable[[Document, str], None]) -> None:
    if isinstance(node, list):
        for item in node:
            _visit(item, path, action)
    elif isinstance(node, dict):
        if len(path) == 1:
            action(node, path[0])
        elif path[0] in node:
            _visit(node[path[0]], path[1:], action)


def _fill(default: Any, parent: Document, name: str) -> None:
    if is_empty(name, parent.get(name)):
        parent[name] = copy.deepcopy(default)


def _sort(parent: Document, name: str) -> None:
    if isinstance(parent.get(name), list):
        parent[name] = sorted(parent[name], key=_rank)


def _rank(item: Any) -> tuple[str, str]:
    """By name where there is one, so that a diff shows both states of an element together."""
    name = item.get("name", "") if isinstance(item, Mapping) else ""
    return str(name), json.dumps(item, sort_keys=True)
