"""Pages of a list: how much they hold, and opaque cursors to the next one, bound to the question that it answers."""

import base64
import binascii
import hashlib
import json

from mcp.server.mcpserver.exceptions import ToolError
from pydantic_core import to_json

MAXIMUM_PAGE = 512 * 1024  # bytes of JSON; a result is sent in two forms
_VERSION = 1


class PageBudget:
    """The bytes that are left on a page for items. An item that begins within it is on the page, whatever its size."""

    def __init__(self) -> None:
        self._left = MAXIMUM_PAGE

    def __bool__(self) -> bool:
        return self._left > 0

    def take(self, item: object) -> None:
        """Put an item on the page."""
        self._left -= len(to_json(item))


def fitting[T](items: list[T]) -> list[T]:
    """The first items, as many as fit on a page."""
    budget = PageBudget()
    for count, item in enumerate(items):
        if not budget:
            return items[:count]
        budget.take(item)
    return items


def encode(question: tuple[object, ...], position: str | int) -> str:
    """A cursor for the same question's next page.

    Args:
        question: The arguments that the list depends on, such as the bucket and the prefix.
        position: Where the next page starts; its meaning is defined by the list.
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
