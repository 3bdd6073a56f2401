"""A request's body: received completely before it is parsed, within limits of size, time and memory."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..telemetry.logs import record
from .refusal import READ_FOR_ID, RETRY_AFTER, id_in, refusal

MAXIMUM_BODY = 1024 * 1024  # bytes
MAXIMUM_CONTAINERS = 100_000  # objects and lists of one body; brackets in its strings count too
BODY_TIMEOUT = 15.0  # seconds from the first to the last byte

# Read as JSON, a byte becomes up to 16 bytes of memory, and an object or a list up to 16 times that (measured with
# CPython 3.12). All bodies that are being served, which live as long as their requests, take 128 MiB at most.
CONTAINER_WEIGHT = 16
MAXIMUM_WEIGHT = 8 * 1024 * 1024
MAXIMUM_WEIGHT_OF_USER = MAXIMUM_WEIGHT // 2  # one body has 2.6 MiB at most

# What asks for no work: a sign of life, and notifications, which are answered with nothing. Longer bodies are no such.
MAXIMUM_URGENT = 2048  # bytes
_URGENT = "quilt_mcp_server.urgent"


def is_urgent(scope: Scope) -> bool:
    """Whether the body that was received asks for no work."""
    return bool(scope.get(_URGENT))


class RequestBodyMiddleware:
    """Passes complete bodies on. Refuses what is too large (413), too slow (408) or too much at once (503)."""

    def __init__(self, app: ASGIApp, user: Callable[[], str]) -> None:
        self._app = app
        self._user = user
        self._weight = 0
        self._of_user: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, user = _Body(receive), self._user()
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                while not body.complete:
                    added = await body.receive_more()
                    self._weight += added
                    self._of_user[user] += added
                    if self._of_user[user] > MAXIMUM_WEIGHT_OF_USER:
                        raise _RefusedError(503, "overloaded", "you ask for too much at once; try again")
                    if self._weight > MAXIMUM_WEIGHT:
                        raise _RefusedError(503, "overloaded", "too much is being served at once; try again")
            if body.abandoned:
                record().outcome = "disconnected"
                return
        except TimeoutError:
            slow = _RefusedError(408, "slow_body", "the request body took too long")
            await _refuse(slow, body.begin, scope, receive, send)
        except _RefusedError as refused:
            await _refuse(refused, body.begin, scope, receive, send)
        else:
            scope[_URGENT] = body.is_urgent()
            await self._app(scope, body.replay, send)
        finally:
            self._weight -= body.weight
            self._of_user[user] -= body.weight
            if not self._of_user[user]:
                del self._of_user[user]


class _RefusedError(Exception):
    """The body is not taken."""

    def __init__(self, status: int, outcome: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.outcome = outcome


class _Body:
    """A body while it arrives, and then for the application."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._received = bytearray()
        self._containers = 0
        self._replayed = False
        self.weight = 0
        self.complete = self.abandoned = False

    @property
    def begin(self) -> bytes:
        """The first part of what was received."""
        return bytes(self._received[: READ_FOR_ID + 1])

    async def receive_more(self) -> int:
        """The weight of what came.

        Raises:
            _RefusedError: if the body is too large.
        """
        message = await self._receive()
        if message["type"] != "http.request":
            self.complete = self.abandoned = True
            return 0
        self.complete = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        containers = chunk.count(b"{") + chunk.count(b"[")
        self._received += chunk
        self._containers += containers
        if len(self._received) > MAXIMUM_BODY:
            raise _RefusedError(413, "too_large", f"the request body is larger than {MAXIMUM_BODY} bytes")
        if self._containers > MAXIMUM_CONTAINERS:
            raise _RefusedError(
                413,
                "too_large",
                f"the request body holds more than {MAXIMUM_CONTAINERS} objects and lists; send less at once, and text "
                "that is full of brackets as base64",
            )
        added = len(chunk) + CONTAINER_WEIGHT * containers
        self.weight += added
        return added

    def is_urgent(self) -> bool:
        """Whether it is a ping or a notification."""
        if len(self._received) > MAXIMUM_URGENT or not (b"ping" in self._received or b'"id"' not in self._received):
            return False
        try:
            message = json.loads(self._received)
        except (ValueError, RecursionError):
            return False
        if not isinstance(message, dict):
            return False
        method = message.get("method")
        is_notification = "id" not in message and isinstance(method, str) and method.startswith("notifications/")
        return method == "ping" or is_notification

    async def replay(self) -> Message:
        """`receive` for the application: the body in one piece, then whatever comes."""
        if self._replayed:
            return await self._receive()
        self._replayed = True
        body = bytes(self._received)
        self._received.clear()
        return {"type": "http.request", "body": body, "more_body": False}


async def _refuse(refused: _RefusedError, begin: bytes, scope: Scope, receive: Receive, send: Send) -> None:
    record().outcome = refused.outcome
    headers = {"Connection": "close"} | ({"Retry-After": str(RETRY_AFTER)} if refused.status == 503 else {})
    response = refusal(refused.status, str(refused), reason=refused.outcome, request_id=id_in(begin), headers=headers)
    await response(scope, receive, send)
