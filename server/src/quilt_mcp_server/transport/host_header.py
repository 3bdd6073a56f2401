"""Requests with an ambiguous Host or Origin header are refused before any code evaluates them."""

import re

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_SINGLE = (b"host", b"origin")
_HOST = re.compile(rb"(\[[0-9a-fA-F:.]+\]|[^:\[\]]*)(:\d{1,5})?\Z")


class HostHeaderMiddleware:
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
