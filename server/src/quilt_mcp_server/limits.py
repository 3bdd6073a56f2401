"""What a request may cost: its size, the time its body may take, how many are served at once."""

import asyncio

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .logs import record

MAXIMUM_BODY = 1024 * 1024  # bytes
BODY_TIMEOUT = 15.0  # seconds from the first to the last byte of a request's body
RETRY_AFTER = 2  # seconds that a refused client is told to wait
KEEP_ALIVE = 75  # seconds; above the balancer's idle timeout of 60, so that the balancer closes first
GRACE = 20  # seconds that running requests get to finish after SIGTERM; stopTimeout must be above it


class SlowBodyError(Exception):
    """The client did not send its body in time."""


class AdmissionMiddleware:
    """Serves at most `limit` requests at once; answers 503 with Retry-After to the next ones, and 408 to slow bodies.

    A refused request costs a few microseconds and no memory, which is what keeps an overloaded task alive.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._running >= self._limit:
            record().outcome = "overloaded"
            body = {"error": "overloaded", "error_description": f"{self._limit} requests are being served; try again"}
            await JSONResponse(body, 503, headers={"Retry-After": str(RETRY_AFTER)})(scope, receive, send)
            return
        self._running += 1
        try:
            await self._app(scope, _Deadline(receive), send)
        except SlowBodyError:
            record().outcome = "slow_body"
            response = Response("the request body took too long", 408, headers={"Connection": "close"})
            await response(scope, receive, send)
        finally:
            self._running -= 1


class _Deadline:
    """`receive`, but the body must have arrived within BODY_TIMEOUT. Waiting for a disconnect has no limit."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._complete = False
        self._until = asyncio.get_running_loop().time() + BODY_TIMEOUT

    async def __call__(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError as error:
            raise SlowBodyError from error
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message
