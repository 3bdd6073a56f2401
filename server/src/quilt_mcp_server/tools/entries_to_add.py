"""Objects that are to become entries of a package."""

import asyncio
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from ..aws import Gateway
from ..aws.hashing import Found, hash_of, look_up
from ..protocol.tool import ArgumentObject, Metadata
from ..quilt.draft import Value
from ..quilt.locations import ObjectLocation, logical_problem, parse_object, physical_key

_AT_ONCE = 16
_FAULTS = 5  # that are reported


class EntryToAdd(ArgumentObject):
    s3_uri: Annotated[str, Field(min_length=8, max_length=2048)]
    logical_key: Annotated[str | None, Field(description="Default: file name.", max_length=1024)] = None
    meta: Metadata = None


@dataclass(frozen=True, slots=True)
class Item:
    """An entry before its object was looked at.

    Attributes:
        meta: As manifests have it: what users write is under user_meta.
    """

    key: str
    place: ObjectLocation
    meta: dict[str, Any] = field(default_factory=dict)


def items(entries: Sequence[EntryToAdd], removed: Sequence[str] = ()) -> list[Item]:
    """The entries, with all that is wrong with them in one message.

    Args:
        entries: What is added.
        removed: Paths that the same call removes.

    Raises:
        ToolError: if an address or a path is wrong, or a path is given twice.
    """
    found, faults, seen = [], [], set(removed)
    if len(seen) < len(removed):
        faults.append("a path to remove is given twice")
    for entry in entries:
        try:
            place = parse_object(entry.s3_uri)
        except ToolError as error:
            faults.append(str(error))
            continue
        key = posixpath.basename(place.key) if entry.logical_key is None else entry.logical_key
        if problem := logical_problem(key):
            faults.append(problem)
        elif key in seen:
            faults.append(f"the path {key[:200]!r} is given twice")
        seen.add(key)
        found.append(Item(key, place, {} if entry.meta is None else {"user_meta": entry.meta}))
    refuse(faults)
    return found


async def describe(aws: Gateway, wanted: Sequence[Item], seconds: float) -> list[Value]:
    """The entries' lines: where their objects are, how large, with which hash. In the order of the items.

    Raises:
        ToolError: if an object is missing, may not be read, or all together take too long.
    """
    turn, done = asyncio.Semaphore(_AT_ONCE), 0

    async def line(item: Item) -> Value | ToolError:
        nonlocal done
        async with turn:
            try:
                found = await look_up(aws, item.place)
                digest = await hash_of(aws, found)
            except ToolError as error:
                return error
        done += 1
        return _line(item, found, digest)

    try:
        async with asyncio.timeout(seconds):
            lines = await asyncio.gather(*map(line, wanted))
    except TimeoutError as error:
        raise ToolError(
            f"looking at the objects took longer than {seconds:.0f} s; {done} of {len(wanted)} were done. Objects of "
            "which S3 keeps neither SHA-256 nor CRC64NVME must be read. Give fewer; package_update adds the rest"
        ) from error
    refuse([str(each) for each in lines if isinstance(each, ToolError)])
    return [each for each in lines if not isinstance(each, ToolError)]


def refuse(faults: Sequence[str]) -> None:
    """Pass if there are none.

    Raises:
        ToolError: with the first of them.
    """
    if faults:
        more = len(faults) - _FAULTS
        raise ToolError("; ".join(faults[:_FAULTS]) + (f"; and {more} more" if more > 0 else ""))


def _line(item: Item, found: Found, digest: dict[str, str]) -> Value:
    return {
        "logical_key": item.key,
        "physical_keys": [physical_key(found.place)],
        "size": found.size,
        "hash": digest,
        "meta": item.meta,
    }
