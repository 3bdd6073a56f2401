"""Refusals over HTTP in the form that MCP clients show: a JSON-RPC error in addition to the status.

Most clients show `error.message` of such a body, and nothing of any other body.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from mcp_types import INTERNAL_ERROR, INVALID_REQUEST, RequestId
from pydantic_core import from_json, to_json
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

RETRY_AFTER = 2  # seconds that a client is asked to wait that is refused for now
READ_FOR_ID = 16 * 1024  # bytes of a body that are read for the id of a request that is refused
MAXIMUM_ID = 256  # characters of an id that is sent back


def refusal(
    status: int,
    message: str,
    *,
    reason: str | None = None,
    code: int | None = None,
    data: object = None,
    request_id: RequestId | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to a request that is not served.

    Args:
        status: The HTTP status.
        message: A sentence for the person at the client: what is wrong, and what to do.
        reason: A word for programs, in `data`.
        code: The JSON-RPC code; by default the one for a wrong request, or above 499 for a failure of the server.
        data: More for programs, in place of the reason.
        request_id: The request's id, where it is known.
        headers: Of the response.
    """
    error: dict[str, Any] = {
        "code": code if code is not None else INVALID_REQUEST if status < 500 else INTERNAL_ERROR,
        "message": message,
    }
    if data is not None or reason is not None:
        error["data"] = {"reason": reason} if data is None else data
    body = to_json({"jsonrpc": "2.0", "id": request_id, "error": error})
    return Response(body, status, dict(headers or {}), media_type="application/json")


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, message: str, **more: Any) -> None:
    """Answer with a refusal before the body was read, with the request's id if that has been received already.

    Nothing is waited for: who is refused takes no time.
    """
    response = refusal(status, message, request_id=await _received_id(scope, receive), **more)
    await response(scope, receive, send)


def id_in(body: bytes | bytearray) -> RequestId | None:
    """The id of the request in a body, or in the first part of one; None if it is not in it, or is none."""
    try:
        found = from_json(bytes(body[:READ_FOR_ID]), allow_partial="trailing-strings")
    except ValueError:
        return None
    if isinstance(found, dict) and found and next(reversed(found)) == "id":
        # The end of the id may be still to come.
        whole = len(body) <= READ_FOR_ID and body.rstrip().endswith(b"}")
        return id_of(found) if whole else None
    return id_of(found)


def id_of(message: object) -> RequestId | None:
    """The id of a parsed message; None if it is no request, or its id is none."""
    identity = message.get("id") if isinstance(message, dict) else None
    if isinstance(identity, str):
        return identity if len(identity) <= MAXIMUM_ID else None
    return identity if type(identity) is int else None


async def _received_id(scope: Scope, receive: Receive) -> RequestId | None:
    """The id in what has been received of the body. A client that waits for 100 (Continue) is not asked to go on."""
    if scope["method"] != "POST" or any(name == b"expect" for name, _ in scope["headers"]):
        return None
    try:
        async with asyncio.timeout(0):
            message = await receive()
    except TimeoutError:
        return None
    return id_in(message.get("body", b"")) if message["type"] == "http.request" else None


class PostOnlyMiddleware:
    """405 for everything but POST: there is no stream to GET and no session to DELETE."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            await self._app(scope, receive, send)
            return
        said = "Method Not Allowed: this endpoint takes POST only; it has no stream to GET and no session to DELETE"
        await refuse(scope, receive, send, 405, said, reason="method_not_allowed", headers={"Allow": "POST"})
