"""Two manifests compared while both are being received.

quilt3 writes entries in path order, so the two are merged like sorted lists, in memory that does not grow with them.
"""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

from mcp.server.mcpserver.exceptions import ToolError

from ..protocol.paging import PageBudget
from .manifest import Line, entry_key, entry_size

Kind = Literal["added", "removed", "modified"]
LONG = 16 * 1024  # bytes of a line whose content is kept as text until it is compared


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; sizes in bytes, None where there is no entry or it does not say."""

    key: str
    kind: Kind
    size_before: int | None
    size_after: int | None


@dataclass(slots=True)
class _Entry:
    """What is compared of an entry.

    Attributes:
        content: Hash, size and metadata: a list, or, of a long line, its JSON, which takes far less memory.
    """

    key: str
    order: tuple[str, ...]
    size: int | None
    content: list[Any] | str

    def same(self, other: "_Entry") -> bool:
        """Whether both have the same content."""
        if type(self.content) is type(other.content):
            return self.content == other.content
        return self._text() == other._text()

    def _text(self) -> str:
        return self.content if isinstance(self.content, str) else _json(self.content)


@dataclass(slots=True)
class Comparison:
    """All differences counted, the first ones listed."""

    limit: int
    counts: dict[str, int] = field(default_factory=lambda: {"added": 0, "removed": 0, "modified": 0, "unchanged": 0})
    changes: list[Change] = field(default_factory=list)
    meta_changed: bool = False
    _budget: PageBudget = field(default_factory=PageBudget)

    def add(self, key: str, before: _Entry | None, after: _Entry | None) -> None:
        """Count one path, with what each version has there."""
        kind: Kind
        if before is None:
            kind = "added"
        elif after is None:
            kind = "removed"
        elif before.same(after):
            self.counts["unchanged"] += 1
            return
        else:
            kind = "modified"
        self.counts[kind] += 1
        if len(self.changes) < self.limit and self._budget:
            self._budget.take(key)
            sizes = (entry.size if entry is not None else None for entry in (before, after))
            self.changes.append(Change(key, kind, *sizes))


class _Reader:
    """The entries of a manifest, one at a time, and whether they came in order."""

    def __init__(self, lines: AsyncIterator[Line]) -> None:
        self._lines = lines
        self.meta: bytes | None = None  # a digest of the package's metadata
        self.entry: _Entry | None = None

    async def advance(self) -> bool:
        """Step to the next entry, or to None at the end; False if it belongs before the last one."""
        async for line in self._lines:
            key = entry_key(line.value)
            if key is None:
                if self.meta is None:
                    self.meta = hashlib.sha256(_json(line.value.get("user_meta")).encode()).digest()
                del line
                continue
            last, self.entry = self.entry, _entry(key, line)
            return last is None or last.order < self.entry.order
        self.entry = None
        return True


async def compare(before: AsyncIterator[Line], after: AsyncIterator[Line], limit: int) -> Comparison:
    """The differences from one manifest to the other, the first ones listed: up to `limit`, or what a page holds.

    Raises:
        ToolError: if a manifest is damaged, or not in path order.
    """
    result = Comparison(limit)
    left, right = _Reader(before), _Reader(after)
    try:
        ordered = await _merge(left, right, result)
    except RecursionError as error:
        raise ToolError("the metadata of an entry is nested too deeply to be compared") from error
    if not ordered:
        raise ToolError(
            "the entries of one of these versions are not in path order, as quilt3 writes them; "
            "browse both and compare what you need"
        )
    result.meta_changed = left.meta != right.meta
    return result


async def _merge(left: _Reader, right: _Reader, result: Comparison) -> bool:
    """Add every entry to the result; False, at once, if one is not in order."""
    ordered = await left.advance() and await right.advance()
    while ordered and (left.entry is not None or right.entry is not None):
        if left.entry is not None and (right.entry is None or left.entry.order < right.entry.order):
            result.add(left.entry.key, left.entry, None)
            ordered = await left.advance()
        elif right.entry is not None and (left.entry is None or right.entry.order < left.entry.order):
            result.add(right.entry.key, None, right.entry)
            ordered = await right.advance()
        elif left.entry is not None:
            result.add(left.entry.key, left.entry, right.entry)
            ordered = await left.advance()
            ordered = await right.advance() and ordered
    return ordered


def _entry(key: str, line: Line) -> _Entry:
    content = [line.value.get(part) for part in ("hash", "size", "meta")]
    kept = _json(content) if line.length > LONG else content
    return _Entry(key, tuple(key.split("/")), entry_size(line.value), kept)


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True)
