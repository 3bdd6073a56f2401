"""Where the proxy's bearer token comes from: a file or a command, read afresh before it expires."""

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

MARGIN = 30  # seconds before its expiry at which a token is replaced
COMMAND_TIMEOUT = 60  # seconds that the token command may take
MAXIMUM_LENGTH = 8192  # the server refuses longer tokens

Read = Callable[[], Awaitable[str]]


class TokenError(Exception):
    """No token can be had; the message is a sentence without a token in it."""


class TokenSource:
    """Keeps a token until it expires or is refused; many requests share one reading."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._token = ""
        self._expires: float | None = None
        self._lock = asyncio.Lock()

    async def current(self) -> str:
        """A token that has not expired as far as its claims show.

        Raises:
            TokenError: if none can be read.
        """
        async with self._lock:
            if not self._token or (self._expires is not None and time.time() > self._expires - MARGIN):
                await self._renew()
            return self._token

    async def after_refusal(self, refused: str) -> str:
        """Another token than the refused one if there is one by now: whoever asks first reads it for all.

        Raises:
            TokenError: if none can be read.
        """
        async with self._lock:
            if self._token == refused:
                await self._renew()
            return self._token

    async def _renew(self) -> None:
        token = (await self._read()).strip()
        if not token.isascii() or not token.isprintable() or " " in token or not 0 < len(token) <= MAXIMUM_LENGTH:
            raise TokenError(
                f"what was read as the token is not one: it must be one word of at most {MAXIMUM_LENGTH} characters, "
                f"found {len(token)} characters"
            )
        self._token, self._expires = token, expiry(token)


def from_file(path: Path) -> Read:
    """Reads the token from a file, which another program may renew."""

    async def read() -> str:
        try:
            return await asyncio.to_thread(path.read_text, encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise TokenError(f"the token file {path} cannot be read: {reason}") from error

    return read


def from_command(command: str) -> Read:
    """Reads the token from the standard output of a shell command; its standard error is shown as it is."""

    async def read() -> str:
        process = await asyncio.create_subprocess_shell(
            command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), COMMAND_TIMEOUT)
        except TimeoutError as error:
            raise TokenError(f"the token command took longer than {COMMAND_TIMEOUT} s and was stopped") from error
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            raise TokenError(
                f"the token command ended with exit code {process.returncode}; it must print a token and end with 0"
            )
        return output.decode("utf-8", "replace")

    return read


def expiry(token: str) -> float | None:
    """The `exp` of a JWT in seconds since 1970; None where the token does not say. Nothing is verified here."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, RecursionError, binascii.Error):
        return None
