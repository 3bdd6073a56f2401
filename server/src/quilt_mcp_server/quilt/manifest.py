"""Package manifests: JSON lines in S3, read as a stream because they can be hundreds of megabytes."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from .locations import ObjectLocation, parse_physical_key

CHUNK = 256 * 1024  # bytes read at a time
MAXIMUM_LINE = 4 * 1024 * 1024  # bytes; an entry's metadata is never near this


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a manifest.

    Attributes:
        value: The JSON object.
        end: Offset in bytes of the line after it.
    """

    value: dict[str, Any]
    end: int


async def lines(body: Any, start: int = 0) -> AsyncIterator[Line]:
    """The lines of a manifest, while it is being received.

    Args:
        body: aiobotocore's streaming body.
        start: Offset in the manifest of the body's first byte, which must begin a line.

    Raises:
        ToolError: if it is not a manifest.
    """
    rest = b""
    offset = start
    while chunk := await body.read(CHUNK):
        *complete, rest = (rest + chunk).split(b"\n")
        for raw in complete:
            offset += len(raw) + 1
            if raw.strip():
                yield Line(_parse(raw), offset)
        if len(rest) > MAXIMUM_LINE:
            raise ToolError("the manifest is damaged: a line is longer than any entry")
    if rest.strip():
        yield Line(_parse(rest), offset + len(rest))


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ToolError("the manifest is damaged, or the cursor is not of this package: a line is not JSON") from error
    if not isinstance(value, dict):
        raise ToolError("the manifest is damaged: a line is not an object")
    return value


def entry_key(value: dict[str, Any]) -> str | None:
    """The path of a line's entry; None for the header and for the metadata of a directory, which are no entries."""
    key = value.get("logical_key")
    return key if isinstance(key, str) and value.get("physical_keys") else None


def physical_location(entry: dict[str, Any]) -> ObjectLocation | None:
    """Where an entry's bytes are; None where that is not S3, or not said."""
    keys = entry.get("physical_keys")
    if not isinstance(keys, list) or not keys or not isinstance(keys[0], str):
        return None
    return parse_physical_key(keys[0])
