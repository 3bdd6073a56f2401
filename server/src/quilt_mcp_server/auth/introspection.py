"""Opaque access tokens: the authorization server is asked what one stands for (RFC 7662).

Nothing is kept that another task would need: each task may ask again.
"""

import asyncio
import hashlib
import json
import logging
import time
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from ..bounded_cache import BoundedCache
from ..oauth_settings import IntrospectionSettings
from .jwks import FIRST_PAUSE, KeysUnavailableError
from .refusals import InvalidTokenError

log = logging.getLogger(__name__)

MAXIMUM_TOKEN = 4096  # characters
MAXIMUM_BYTES = 32 * 1024
REMEMBERED = 256  # active tokens, and as many that are not
REMEMBERED_BYTES = 8 * 1024 * 1024  # of what is said about active tokens
WEIGHT = 16  # bytes of memory that a byte of JSON becomes at most
MAXIMUM_AGE = 60.0  # seconds for which a token that is revoked may still be accepted
REFUSED_AGE = 10.0  # seconds for which a token that is not active is not asked about again
PAUSE = 30.0  # seconds, at most, in which nothing is asked after a failure: 1, 2, 4 and so on
TIMEOUT = 5.0  # seconds that one question may take in all
MAXIMUM_ASKING = 16  # questions at once
MAXIMUM_WAITING = 64  # requests that wait for their answers; further ones are asked to retry
# RFC 6750, 2.1
_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=")

type Claims = Mapping[str, Any]


class _RefusedError(Exception):
    """The authorization server does not answer about this one token."""


class Introspection:
    """What an authorization server says about opaque tokens, kept for a short time."""

    def __init__(self, settings: IntrospectionSettings) -> None:
        self._url = settings.url
        # RFC 6749, 2.3.1: both are encoded as in a form first.
        pair = f"{quote_plus(settings.client_id)}:{quote_plus(settings.client_secret)}"
        self._authorization = f"Basic {b64encode(pair.encode()).decode()}"
        # Apart, so that made-up tokens do not displace those that are good.
        self._active: BoundedCache[bytes, tuple[float, Claims]] = BoundedCache(REMEMBERED, REMEMBERED_BYTES)
        self._inactive: OrderedDict[bytes, float] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[Claims | None]] = {}
        self._waiting = 0
        self._failures = 0
        self._failed = float("-inf")

    async def claims(self, token: str) -> Claims:
        """What the authorization server says about an active token.

        Raises:
            InvalidTokenError: if the token is not active.
            KeysUnavailableError: if the authorization server does not answer, or too many wait for its answer.
        """
        if len(token) > MAXIMUM_TOKEN or not _CHARACTERS.issuperset(token):
            raise InvalidTokenError("the token is malformed")
        digest = hashlib.sha256(token.encode()).digest()
        now = time.monotonic()
        known = self._active.get(digest)
        if known is not None and known[0] > now:
            return known[1]
        found = None if self._inactive.get(digest, 0.0) > now else await self._asked(digest, token)
        if found is None:
            raise InvalidTokenError("the token is not active at the authorization server; get a new one")
        return found

    async def _asked(self, digest: bytes, token: str) -> Claims | None:
        if self._waiting >= MAXIMUM_WAITING:
            raise KeysUnavailableError
        task = self._asking.get(digest)
        if task is None:
            paused = self._failures and time.monotonic() - self._failed <= self._pause()
            if paused or len(self._asking) >= MAXIMUM_ASKING:
                raise KeysUnavailableError
            task = self._asking[digest] = asyncio.create_task(self._ask(digest, token))
        self._waiting += 1
        try:
            # A request that is cancelled does not cancel the question of the others.
            return await asyncio.shield(task)
        finally:
            self._waiting -= 1

    def _pause(self) -> float:
        return min(FIRST_PAUSE * 2.0 ** min(self._failures - 1, 9), PAUSE)

    async def _ask(self, digest: bytes, token: str) -> Claims | None:
        try:
            async with asyncio.timeout(TIMEOUT):
                body = await self._post(token)
                found = _active(json.loads(body))
            self._failures = 0
        except _RefusedError:
            # Whoever sends such a token must not be able to begin a pause for all others.
            body, found = b"", None
        except Exception as error:
            self._failures += 1
            self._failed = time.monotonic()
            log.warning("a token could not be introspected: %s %s", type(error).__name__, _status(error))
            raise KeysUnavailableError from error
        finally:
            del self._asking[digest]
        self._remember(digest, found, WEIGHT * len(body))
        return found

    def _remember(self, digest: bytes, found: Claims | None, weight: int) -> None:
        now = time.monotonic()
        if found is None:
            self._inactive[digest] = now + REFUSED_AGE
            self._inactive.move_to_end(digest)
            if len(self._inactive) > REMEMBERED:
                self._inactive.popitem(last=False)
        else:
            self._active.put(digest, (now + MAXIMUM_AGE, found), weight)

    async def _post(self, token: str) -> bytes:
        import httpx2

        headers = {"Authorization": self._authorization, "Accept": "application/json", "Accept-Encoding": "identity"}
        form = {"token": token, "token_type_hint": "access_token"}
        async with (
            httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as http,
            http.stream("POST", self._url, data=form, headers=headers) as answer,
        ):
            if answer.status_code in (400, 413, 414, 422):
                raise _RefusedError
            if answer.status_code != 200:
                raise _StatusError(answer.status_code)
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > MAXIMUM_BYTES:
                    raise _RefusedError
        return bytes(body)


class _StatusError(Exception):
    """The authorization server refuses this server, or fails."""


def _status(error: Exception) -> object:
    return error.args[0] if isinstance(error, _StatusError) else ""


def _active(answer: Any) -> Claims | None:
    """The claims of an answer about an active token.

    Raises:
        ValueError: if this is no answer.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("active"), bool):
        raise ValueError("not an introspection response")
    return answer if answer["active"] else None
