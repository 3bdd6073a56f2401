"""What is wrong with a body that is no MCP message, in a sentence."""

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PREFIX = "Validation error: "
_SENTENCE = "the body is not a JSON-RPC 2.0 message: an object with jsonrpc, id, method and params, an object"


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
