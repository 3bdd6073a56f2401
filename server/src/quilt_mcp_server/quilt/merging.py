"""A new version of a package from its last one, while that is being received."""

from collections.abc import AsyncIterator, Callable, Mapping

from mcp.server.mcpserver.exceptions import ToolError

from ..turns import Turn
from .draft import Draft, Identity, Value, as_written
from .manifest import Line, entry_key

Changes = Mapping[str, Value | None]
"""Entries' lines by path; None for an entry that is removed."""

_SHOWN = 5


def path_order(key: str) -> list[str]:
    """What quilt3 sorts entries by."""
    return key.split("/")


async def merge(
    old: AsyncIterator[Line], header: Callable[[Value], Value], changes: Changes, top_hash: str | None = None
) -> Draft:
    """The draft of the new version. The caller closes it.

    Args:
        old: The last version's manifest.
        header: Makes the new header of the old one.
        changes: What is added, replaced and removed.
        top_hash: The last version's, if it is to be checked in the same pass.

    Raises:
        ToolError: if the manifest is damaged, not in path order or not what its top hash says, or an entry that is to
            be removed is not there.
    """
    first = await anext(old, None)
    if first is None or entry_key(first.value) is not None:
        said = "is empty" if first is None else "does not begin with a header"
        raise ToolError(f"the package is damaged: its manifest {said}")
    identity = Identity(first.value)
    draft = Draft(header(first.value))
    del first
    try:
        merging = _Merging(draft, changes, identity)
        async for line in old:
            await merging.take(line.value)
            del line
        if top_hash is not None and identity.top_hash != top_hash:
            raise ToolError(
                f"the package is damaged: the manifest {top_hash} has a content with the top hash {identity.top_hash}, "
                "so it was changed or cut after it was written; push the package again, or delete this version"
            )
        await merging.end()
    except BaseException:
        draft.file.close()
        raise
    return draft


class _Merging:
    """Adds the old lines to the draft, and each change where it belongs among them."""

    def __init__(self, draft: Draft, changes: Changes, identity: Identity) -> None:
        self._draft = draft
        self._identity = identity
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
        written = as_written(value)
        part = self._identity.add(written)
        while self._waiting and path_order(self._waiting[-1]) < path_order(key):
            await self._add_next()
        if self._waiting and self._waiting[-1] == key:
            changed = self._changes[self._waiting.pop()]
            if changed is not None:
                self._draft.entry(changed)
        else:
            self._draft.entry(written, part)

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
