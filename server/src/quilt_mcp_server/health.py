"""Health: a liveness check for the load balancer, a readiness check for the operator."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse

from . import __version__
from .auth.jwks import KeysUnavailableError
from .auth.middleware import AmbiguousTokenError, MissingTokenError, bearer_token
from .auth.refusals import InsufficientScopeError, InvalidTokenError
from .auth.tokens import TokenVerifier

CHECK_SECONDS = 5.0  # that AWS, and the address of the keys, get to answer
REMEMBERED_SECONDS = 10.0  # so that no client can make this server call AWS in a loop
MAXIMUM_WAITING = 32  # who ask at once; they need no token, and wait for seconds where AWS does not answer


async def healthz(_: Request) -> JSONResponse:
    """The process serves requests. Nothing else is checked: a failing AWS must not make ECS replace every task."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """Whether the server could serve a caller now: keys loaded, STS reachable."""

    def __init__(self, verifier: TokenVerifier | None, check: Callable[[], Awaitable[None]]) -> None:
        self._verifier = verifier
        self._check = check
        self._known: dict[str, str] = {}
        self._until = float("-inf")
        self._probe: asyncio.Task[None] | None = None
        self._waiting = 0

    async def answer(self, request: Request) -> JSONResponse:
        """200 or 503; what was checked only for a caller with a valid token."""
        found = await self._found()
        ready = set(found.values()) == {"ok"}
        body: dict[str, object] = {"status": "ok" if ready else "not ready"}
        if await self._authorized(request):
            body["version"] = __version__
            body["checks"] = found
        return JSONResponse(body, 200 if ready else 503)

    async def _found(self) -> dict[str, str]:
        """The recent result, or the one of the running check, shared by all requests."""
        if self._probe is None and self._until <= time.monotonic():
            self._probe = asyncio.create_task(self._ask())
        if self._probe is not None:
            if self._waiting >= MAXIMUM_WAITING:
                return {"probe": "too many wait for it"}
            self._waiting += 1
            try:
                await asyncio.shield(self._probe)
            finally:
                self._waiting -= 1
        return self._known

    async def _ask(self) -> None:
        checks = {"sts": self._check} | ({"keys": self._verifier.check} if self._verifier is not None else {})
        faults = await asyncio.gather(*map(_fault, checks.values()))
        self._known = {name: fault or "ok" for name, fault in zip(checks, faults, strict=True)}
        self._until = time.monotonic() + REMEMBERED_SECONDS
        self._probe = None

    async def _authorized(self, request: Request) -> bool:
        if self._verifier is None:
            return True
        try:
            await self._verifier.verify(bearer_token(request.scope))
        except (
            MissingTokenError,
            AmbiguousTokenError,
            InvalidTokenError,
            InsufficientScopeError,
            KeysUnavailableError,
        ):
            return False
        return True


async def _fault(check: Callable[[], Awaitable[None]]) -> str | None:
    """What a check raises within its time; None if nothing."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except Exception as error:
        return type(error).__name__
    return None
