"""How many requests are served at once."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from ..telemetry.logs import record
from .refusal import refusal, refuse

RETRY_AFTER = 2  # seconds that a refused client is asked to wait


class ConcurrencyMiddleware:
    """Serves at most `limit` requests at once; answers 503 with Retry-After to the next ones.

    A refused request costs a few microseconds and no memory, so an overloaded task continues to respond.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._running >= self._limit:
            record().outcome = "overloaded"
            said = f"Service Unavailable: {self._limit} requests are being served; try again in {RETRY_AFTER} s"
            headers = {"Retry-After": str(RETRY_AFTER)}
            await refuse(scope, receive, send, 503, said, reason="overloaded", headers=headers)
            return
        self._running += 1
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            # By the web server, when the time after SIGTERM is over. It goes on for as long as this takes.
            record().outcome = "stopped"
            said = (
                "the server stops, and this request was not done by then; look at what it has done before you repeat it"
            )
            await refusal(503, said, reason="stopped")(scope, receive, send)
        finally:
            self._running -= 1
