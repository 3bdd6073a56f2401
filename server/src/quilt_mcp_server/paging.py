"""Opaque cursors: where a list goes on, bound to the question that it answers."""

import base64
import binascii
import hashlib
import json

from mcp.server.mcpserver.exceptions import ToolError

_VERSION = 1


def encode(question: tuple[object, ...], position: str | int) -> str:
    """A cursor for the same question's next page.

    Args:
        question: The arguments that the list depends on, such as the bucket and the prefix.
        position: Where the next page starts; what it means is the list's own business.
    """
    raw = json.dumps([_VERSION, _digest(question), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode[T: (str, int)](question: tuple[object, ...], cursor: str | None, kind: type[T]) -> T | None:
    """The position in a cursor; None for no cursor, which is the first page.

    Raises:
        ToolError: if this is not a cursor that `encode` made for the same question.
    """
    if not cursor:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, digest, position = json.loads(raw)
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise ToolError("the cursor is damaged; pass next_cursor of the previous page unchanged, or none") from error
    if version != _VERSION or type(position) is not kind:
        raise ToolError("the cursor is damaged; pass next_cursor of the previous page unchanged, or none")
    if digest != _digest(question):
        raise ToolError("the cursor belongs to a call with other arguments; repeat the arguments of the first page")
    return position


def _digest(question: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()[:12]
