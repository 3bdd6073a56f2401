"""Two manifests compared while both are being received.

quilt3 writes entries in path order, so the two are merged like sorted lists, in memory that does not grow with them.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

from mcp.server.mcpserver.exceptions import ToolError

from .manifest import Line, entry_key, entry_size

Kind = Literal["added", "removed", "modified"]
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; sizes in bytes, None where there is no entry or it does not say."""

    key: str
    kind: Kind
    size_before: int | None
    size_after: int | None


@dataclass(slots=True)
class Comparison:
    """All differences counted, the first ones listed."""

    limit: int
    counts: dict[str, int] = field(default_factory=lambda: {"added": 0, "removed": 0, "modified": 0, "unchanged": 0})
    changes: list[Change] = field(default_factory=list)
    meta_changed: bool = False

    def add(self, before: Entry | None, after: Entry | None) -> None:
        """Count one path, with what each version has there."""
        kind: Kind
        if before is None:
            kind = "added"
        elif after is None:
            kind = "removed"
        elif all(before.get(part) == after.get(part) for part in ("hash", "size", "meta")):
            self.counts["unchanged"] += 1
            return
        else:
            kind = "modified"
        self.counts[kind] += 1
        if len(self.changes) < self.limit:
            key = str((before or after or {})["logical_key"])
            self.changes.append(Change(key, kind, _size(before), _size(after)))


class _Reader:
    """The entries of a manifest, one at a time, and whether they came in order."""

    def __init__(self, lines: AsyncIterator[Line]) -> None:
        self._lines = lines
        self.header: Entry = {}
        self.order: tuple[str, ...] | None = None
        self.entry: Entry | None = None

    async def advance(self) -> bool:
        """Step to the next entry, or to None at the end; False if it belongs before the last one."""
        async for line in self._lines:
            key = entry_key(line.value)
            if key is None:
                self.header = self.header or line.value
                continue
            last, self.order, self.entry = self.order, tuple(key.split("/")), line.value
            return last is None or last < self.order
        self.order, self.entry = None, None
        return True


async def compare(before: AsyncIterator[Line], after: AsyncIterator[Line], limit: int) -> Comparison:
    """The differences from one manifest to the other, the first `limit` of them listed.

    Raises:
        ToolError: if a manifest is damaged, or not in path order.
    """
    result = Comparison(limit)
    left, right = _Reader(before), _Reader(after)
    ordered = await left.advance() and await right.advance()
    while ordered and (left.entry is not None or right.entry is not None):
        if right.order is None or (left.order is not None and left.order < right.order):
            result.add(left.entry, None)
            ordered = await left.advance()
        elif left.order is None or right.order < left.order:
            result.add(None, right.entry)
            ordered = await right.advance()
        else:
            result.add(left.entry, right.entry)
            ordered = await left.advance()
            ordered = await right.advance() and ordered
    if not ordered:
        raise ToolError(
            "the entries of one of these versions are not in path order, as quilt3 writes them; "
            "browse both and compare what you need"
        )
    result.meta_changed = left.header.get("user_meta") != right.header.get("user_meta")
    return result


def _size(entry: Entry | None) -> int | None:
    return entry_size(entry) if entry is not None else None
