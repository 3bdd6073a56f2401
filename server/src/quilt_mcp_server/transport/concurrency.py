"""How many requests are served at once: of each user, and of all.

A user's requests are counted from their headers on, so that nobody holds the connections of others with slow bodies. A
place among those that are served is taken when the body is there. What is cheap and keeps a session alive needs none.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from ..telemetry.logs import record
from .refusal import RETRY_AFTER, refusal, refuse
from .request_body import is_urgent

RESERVE = 4  # further requests of a user: pings, notifications, and bodies that are still coming


class UserLimitMiddleware:
    """Counts each user's requests before their bodies are read; answers 503 with Retry-After to too many.

    Args:
        limit: How many of one user are served at once. As many and RESERVE may be under way.
        user: The identity of the caller.
    """

    def __init__(self, app: ASGIApp, limit: int, user: Callable[[], str]) -> None:
        self._app = app
        self._most = limit + RESERVE
        self._user = user
        self._under_way: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        user = self._user()
        if self._under_way[user] >= self._most:
            await _refuse(f"{self._most} of your requests are under way; try again", scope, receive, send)
            return
        with _counted(self._under_way, user):
            await self._app(scope, receive, send)


class ConcurrencyMiddleware:
    """Serves at most `limit` requests at once, and of one user at most `per_user`; answers 503 to the next ones.

    A refused request costs a few microseconds and no memory, so an overloaded task continues to respond.
    """

    def __init__(self, app: ASGIApp, limit: int, per_user: int, user: Callable[[], str]) -> None:
        self._app = app
        self._limit = limit
        self._per_user = per_user
        self._user = user
        self._running = 0
        self._of_user: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_urgent(scope):
            await self._app(scope, receive, send)
            return
        user = self._user()
        if self._of_user[user] >= self._per_user:
            await _refuse(f"{self._per_user} of your requests are being served; try again", scope, receive, send)
            return
        if self._running >= self._limit:
            await _refuse(f"{self._limit} requests are being served; try again", scope, receive, send)
            return
        self._running += 1
        try:
            with _counted(self._of_user, user):
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


class _counted:
    """`with`: one more of a user."""

    __slots__ = ("_count", "_user")

    def __init__(self, count: Counter[str], user: str) -> None:
        self._count = count
        self._user = user

    def __enter__(self) -> None:
        self._count[self._user] += 1

    def __exit__(self, *_: object) -> None:
        self._count[self._user] -= 1
        if not self._count[self._user]:
            del self._count[self._user]  # no memory of those who were here


async def _refuse(said: str, scope: Scope, receive: Receive, send: Send) -> None:
    record().outcome = "overloaded"
    text = f"Service Unavailable: {said} in {RETRY_AFTER} s"
    headers = {"Retry-After": str(RETRY_AFTER)}
    await refuse(scope, receive, send, 503, text, reason="overloaded", headers=headers)
