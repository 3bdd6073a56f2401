"""Requests that are no requests: told in a sentence, before anything or anybody reads them in its own way."""

import json
import re
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PREFIX = "Validation error: "
_SENTENCE = "the body is not a JSON-RPC 2.0 message: an object with jsonrpc, id, method and params, an object"


_SINGLE = (b"host", b"origin")
_HOST = re.compile(rb"(\[[0-9a-fA-F:.]+\]|[^:\[\]]*)(:\d{1,5})?\Z")


class UnambiguousMiddleware:
    """400 for a request that names two hosts or origins, or a host that is none.

    Each reader behind this, the SDK's Host and Origin check above all, takes the first and looks at its beginning.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in _SINGLE and (name in found or (name == b"host" and not _HOST.match(value))):
                description = f"the request's {name.decode()} header is there twice or malformed"
                body = {"error": "invalid_request", "error_description": description}
                await JSONResponse(body, 400, headers={"Connection": "close"})(scope, receive, send)
                return
            found[name] = value
        await self._app(scope, receive, send)


class PlainFaultsMiddleware:
    """Keeps the SDK's report on such a body, which is the validator's own with echoes of the input, to this server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held: Message | None = None

        async def plain_send(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and message["status"] == 400:
                held = message
                return
            if held is not None:
                body = _plain(message.get("body", b""))
                headers = [(name, value) for name, value in held["headers"] if name.lower() != b"content-length"]
                await send({**held, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
                message, held = {**message, "body": body}, None
            await send(message)

        await self._app(scope, receive, plain_send)


def _plain(body: bytes) -> bytes:
    try:
        answer: Any = json.loads(body)
        if not answer["error"]["message"].startswith(_PREFIX):
            return body
    except (ValueError, TypeError, KeyError, AttributeError):
        return body
    answer["error"]["message"] = _SENTENCE
    return json.dumps(answer, separators=(",", ":")).encode()
