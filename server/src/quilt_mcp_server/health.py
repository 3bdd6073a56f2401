"""Health: a shallow answer for the balancer, a deep one for the operator."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse

from . import __version__
from .authn import AmbiguousTokenError, MissingTokenError, bearer_token
from .jwks import KeysUnavailableError
from .tokens import InvalidTokenError, TokenVerifier

CHECK_SECONDS = 5.0  # that AWS gets to answer
REMEMBERED_SECONDS = 10.0  # so that nobody can make this server ask AWS in a loop


async def healthz(_: Request) -> JSONResponse:
    """The process serves requests. Nothing else is looked at: a failing AWS must not make ECS replace every task."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """Whether the server could serve a caller now: keys loaded, STS reachable."""

    def __init__(self, verifier: TokenVerifier | None, check: Callable[[], Awaitable[None]]) -> None:
        self._verifier = verifier
        self._check = check
        self._lock = asyncio.Lock()
        self._known: tuple[float, str | None] | None = None

    async def answer(self, request: Request) -> JSONResponse:
        """200 or 503; what was checked only for a caller with a valid token."""
        async with self._lock:
            if self._known is None or self._known[0] < time.monotonic():
                self._known = (time.monotonic() + REMEMBERED_SECONDS, await self._ask())
        fault = self._known[1]
        body: dict[str, object] = {"status": "ok" if fault is None else "not ready"}
        if await self._authorised(request):
            body["version"] = __version__
            body["checks"] = {"keys": "ok", "sts": fault or "ok"}
        return JSONResponse(body, 200 if fault is None else 503)

    async def _ask(self) -> str | None:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._check()
        except Exception as error:
            return type(error).__name__
        return None

    async def _authorised(self, request: Request) -> bool:
        if self._verifier is None:
            return True
        try:
            await self._verifier.verify(bearer_token(request.scope))
        except (MissingTokenError, AmbiguousTokenError, InvalidTokenError, KeysUnavailableError):
            return False
        return True
