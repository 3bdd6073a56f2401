"""A new version of a package from its last one, while that is being received."""

from collections.abc import AsyncIterator, Callable, Mapping

from mcp.server.mcpserver.exceptions import ToolError

from ..turns import Turn
from .draft import Draft, Value
from .manifest import Line, entry_key

Changes = Mapping[str, Value | None]
"""Entries' lines by path; None for an entry that is removed."""

_SHOWN = 5


def path_order(key: str) -> list[str]:
    """What quilt3 sorts entries by."""
    return key.split("/")


async def merge(old: AsyncIterator[Line], header: Callable[[Value], Value], changes: Changes) -> Draft:
    """The draft of the new version. The caller closes it.

    Args:
        old: The last version's manifest.
        header: Makes the new header of the old one.
        changes: What is added, replaced and removed.

    Raises:
        ToolError: if the manifest is damaged or not in path order, or an entry that is to be removed is not there.
    """
    first = await anext(old, None)
    if first is None or entry_key(first.value) is not None:
        raise ToolError("the package is damaged: its manifest does not begin with a header")
    draft = Draft(header(first.value))
    del first
    try:
        merging = _Merging(draft, changes)
        async for line in old:
            await merging.take(line.value)
            del line
        await merging.end()
    except BaseException:
        draft.file.close()
        raise
    return draft


class _Merging:
    """Adds the old lines to the draft, and each change where it belongs among them."""

    def __init__(self, draft: Draft, changes: Changes) -> None:
        self._draft = draft
        self._changes = changes
        self._waiting = sorted(changes, key=path_order, reverse=True)
        self._missing: list[str] = []
        self._turn = Turn()

    async def take(self, value: Value) -> None:
        """The next line of the old version."""
        key = entry_key(value)
        if key is None:
            self._draft.folder(value)
            return
        while self._waiting and path_order(self._waiting[-1]) < path_order(key):
            await self._add_next()
        if self._waiting and self._waiting[-1] == key:
            changed = self._changes[self._waiting.pop()]
            if changed is not None:
                self._draft.entry(changed)
        else:
            self._draft.entry(_as_written(value))

    async def end(self) -> None:
        """Add the rest."""
        while self._waiting:
            await self._add_next()
        if self._missing:
            named = ", ".join(map(repr, self._missing[:_SHOWN]))
            raise ToolError(f"the package has no entry {named[:500]} to remove; package_browse shows its entries")

    async def _add_next(self) -> None:
        await self._turn.pause()
        key = self._waiting.pop()
        added = self._changes[key]
        if added is None:
            self._missing.append(key)
        else:
            self._draft.entry(added)


def _as_written(value: Value) -> Value:
    """An entry's line as quilt3 would write it again."""
    return {
        "logical_key": value["logical_key"],
        "physical_keys": value["physical_keys"][:1],
        "size": value.get("size"),
        "hash": value.get("hash"),
        "meta": value.get("meta") or {},
    }
