"""Package manifests: JSON lines in S3, read as a stream because they can be hundreds of megabytes."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from ..turns import Turn
from .locations import ObjectLocation, parse_physical_key

CHUNK = 256 * 1024  # bytes read at a time
MAXIMUM_PATH = 16 * 1024  # characters of a path or an address
MAXIMUM_LINE = 1_000_000  # bytes; quilt3's default limit


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a manifest.

    In memory the value may be thirty times as large as the line. Readers let go of it before they ask for the next,
    which may be long in coming.

    Attributes:
        value: The JSON object.
        length: Bytes of the line.
        end: Offset in bytes of the line after it.
    """

    value: dict[str, Any]
    length: int
    end: int


async def lines(body: Any, start: int = 0) -> AsyncIterator[Line]:
    """The lines of a manifest, while it is being received. Others are served between them.

    Args:
        body: aiobotocore's streaming body.
        start: Offset in the manifest of the body's first byte, which must begin a line.

    Raises:
        ToolError: if it is not a manifest.
    """
    rest = b""
    offset = start
    turn = Turn()
    while chunk := await body.read(CHUNK):
        await turn.take()
        *complete, rest = (rest + chunk).split(b"\n")
        for raw in complete:
            offset += len(raw) + 1
            if raw.strip():
                yield Line(_parse(raw), len(raw), offset)
                await turn.pause()
        if len(rest) > MAXIMUM_LINE:
            raise _too_long()
    if rest.strip():
        yield Line(_parse(rest), len(rest), offset + len(rest))


def _too_long() -> ToolError:
    return ToolError(f"the manifest is damaged: a line is longer than any that quilt3 writes ({MAXIMUM_LINE} bytes)")


def _parse(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAXIMUM_LINE:
        raise _too_long()
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ToolError("the manifest is damaged, or the cursor is not of this package: a line is not JSON") from error
    if not isinstance(value, dict):
        raise ToolError("the manifest is damaged: a line is not an object")
    return value


def entry_key(value: dict[str, Any]) -> str | None:
    """The path of a line's entry; None for the header and for the metadata of a directory, which are no entries.

    Raises:
        ToolError: if it is no path that could be shown.
    """
    key = value.get("logical_key")
    if not isinstance(key, str) or not value.get("physical_keys"):
        return None
    if not is_text(key, MAXIMUM_PATH):
        raise ToolError("the manifest is damaged: the path of an entry is not text, or longer than any")
    return key


def entry_size(value: dict[str, Any]) -> int | None:
    """Bytes of a line's entry; None where it does not say."""
    size = value.get("size")
    return size if type(size) is int and 0 <= size < 2**63 else None


def is_text(value: object, most: int) -> bool:
    """Whether this is a string of at most `most` characters that UTF-8 can hold; JSON's can be half a character."""
    if not isinstance(value, str) or len(value) > most:
        return False
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False


def physical_location(entry: dict[str, Any]) -> ObjectLocation | None:
    """Where an entry's bytes are; None where that is not S3, or not said."""
    keys = entry.get("physical_keys")
    if not isinstance(keys, list) or not keys or not is_text(keys[0], MAXIMUM_PATH):
        return None
    return parse_physical_key(keys[0])
