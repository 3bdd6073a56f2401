"""Verification keys from a JWKS address: RS256 and ES256, kept, and fetched again when a token names an unknown one."""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import jwt

log = logging.getLogger(__name__)

MAXIMUM_BYTES = 256 * 1024
MAXIMUM_AGE = 3600.0  # seconds after which a withdrawn key is no longer accepted
PAUSE = 30.0  # seconds between two fetches, for any caller and any kid
FIRST_PAUSE = 1.0  # seconds after a fetch that failed; twice as many after each that fails again, up to PAUSE
TIMEOUT = 5.0  # seconds that a fetch may take in all
MAXIMUM_WAITING = 16  # requests that wait for a shared fetch; further ones are asked to retry
MINIMUM_RSA_BITS = 2048


class KeysUnavailableError(Exception):
    """The keys could not be fetched, so nothing can be said about the token."""


class PublishedDocument[T]:
    """What an address publishes: kept, fetched again before it is too old, and never by many at once.

    Args:
        url: The address.
        name: What is there, for the log.
        read: What is made of its JSON. It raises ValueError if this is no such document.
    """

    def __init__(self, url: str, name: str, read: Callable[[Any], T]) -> None:
        self._url = url
        self._name = name
        self._read = read
        self._value: T | None = None
        self._fetched = self._tried = float("-inf")
        self._fetch: asyncio.Task[None] | None = None
        self._failures = 0
        self._waiting = 0

    async def current(self) -> T:
        """The document, at most MAXIMUM_AGE old.

        Raises:
            KeysUnavailableError: if the address has not answered, or too many wait for its answer.
        """
        await self.check()
        if self._age() > MAXIMUM_AGE / 2:
            self._begin()  # Early, so that no request waits when it is too old.
        if self._value is None:
            raise KeysUnavailableError
        return self._value

    async def check(self) -> None:
        """Pass, if the document is known.

        Raises:
            KeysUnavailableError: if the address has not answered.
        """
        if not self._current():
            await self._refreshed()
        if not self._current():
            raise KeysUnavailableError

    def _age(self) -> float:
        return time.monotonic() - self._fetched

    def _current(self) -> bool:
        return self._age() <= MAXIMUM_AGE

    def _begin(self) -> None:
        """Begin a fetch, unless one is running or the last was just now."""
        if self._fetch is None and time.monotonic() - self._tried > self._pause():
            self._fetch = asyncio.create_task(self._refresh())

    def _pause(self) -> float:
        return min(FIRST_PAUSE * 2 ** min(self._failures - 1, 9), PAUSE) if self._failures else PAUSE

    async def _refreshed(self) -> None:
        """Wait for the fetch that is running, if any."""
        self._begin()
        if self._fetch is None:
            return
        if self._waiting >= MAXIMUM_WAITING:
            raise KeysUnavailableError
        self._waiting += 1
        try:
            # A request that is cancelled does not cancel the fetch for the others.
            await asyncio.shield(self._fetch)
        finally:
            self._waiting -= 1

    async def _refresh(self) -> None:
        self._tried = time.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT):
                self._value = self._read(await self._get())
            self._fetched = time.monotonic()
            self._failures = 0
        except Exception as error:
            # What is known stays valid until it is too old.
            self._failures += 1
            log.warning("%s could not be fetched: %s", self._name, type(error).__name__)
        finally:
            self._fetch = None

    async def _get(self) -> Any:
        import httpx2

        async with (
            httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as http,
            http.stream("GET", self._url, headers={"Accept-Encoding": "identity"}) as answer,
        ):
            if answer.status_code != 200:
                raise ValueError(f"status {answer.status_code}")
            body = bytearray()
            # As it comes: unpacked, a small chunk could be a thousand times as large.
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > MAXIMUM_BYTES:
                    raise ValueError("too large")
        return json.loads(body)


class Jwks(PublishedDocument[dict[str, tuple[Any, str]]]):
    """The keys that an address publishes, by kid, each with its only algorithm."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "the keys at the JWKS address", usable)

    async def find(self, kid: str) -> tuple[Any, str] | None:
        """A key and its algorithm; None if the address publishes no such key.

        Raises:
            KeysUnavailableError: if the address has not answered, or too many wait for its answer.
        """
        if kid not in (self._value or {}) or not self._current():
            await self._refreshed()
        elif self._age() > MAXIMUM_AGE / 2:
            self._begin()  # Early, so that no request waits when they are too old.
        if not self._current() or self._value is None:
            raise KeysUnavailableError
        return self._value.get(kid)


def usable(document: Any) -> dict[str, tuple[Any, str]]:
    """The keys of a JWKS document that signatures can be verified with. A kid that is there twice names no key.

    Raises:
        ValueError: if this is not a JWKS document.
    """
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a JWKS document")
    listed = [key for key in document["keys"] if isinstance(key, dict) and isinstance(key.get("kid"), str)]
    times = Counter(key["kid"] for key in listed)
    found: dict[str, tuple[Any, str]] = {}
    for key in listed:
        algorithm = _algorithm(key)
        if algorithm is None or times[key["kid"]] > 1 or key.get("use", "sig") != "sig":
            continue
        try:
            public = jwt.PyJWK(key, algorithm).key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        weak = algorithm == "RS256" and public.key_size < MINIMUM_RSA_BITS
        if not weak and not hasattr(public, "private_numbers"):
            found[key["kid"]] = (public, algorithm)
    return found


def _algorithm(key: dict[str, Any]) -> str | None:
    """The one algorithm for a key of this kind; None for every other kind, a symmetric one above all."""
    algorithm = "RS256" if key.get("kty") == "RSA" else None
    if key.get("kty") == "EC" and key.get("crv") == "P-256":
        algorithm = "ES256"
    return algorithm if key.get("alg", algorithm) == algorithm else None
