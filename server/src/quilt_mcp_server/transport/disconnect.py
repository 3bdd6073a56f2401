"""Clients that hang up, so that nobody reads the answer.

In the revision 2026-07-28 a disconnect is a cancellation. In the earlier ones it is none: reads stop, as their answer
cannot be read later, and writes are completed.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_VERSION = b"mcp-protocol-version"
_HANDSHAKE = frozenset(version.encode() for version in HANDSHAKE_PROTOCOL_VERSIONS)


class ClientGoneError(Exception):
    """The client of the request has hung up, and what it asked for was stopped."""


class Exchange:
    """An HTTP request that is being served, and whether its client is still there. A batch has several calls in it.

    Attributes:
        gone: Whether the client has hung up.
        cancels: Whether that is a cancellation of everything, writes included.
        blocks: What is cancelled then.
    """

    def __init__(self, *, cancels: bool) -> None:
        self.cancels = cancels
        self.gone = False
        self.blocks: set[WhileConnected] = set()

    def hang_up(self) -> None:
        """The client has gone."""
        self.gone = True
        for block in tuple(self.blocks):
            block.interrupt()


_exchange: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


def is_cancelled() -> bool:
    """Whether the client has cancelled the request that is being served, by hanging up."""
    exchange = _exchange.get()
    return exchange is not None and exchange.gone and exchange.cancels


class WhileConnected:
    """`async with`: a block that is cancelled when the client hangs up.

    Args:
        read: Whether it only reads. A write is cancelled only where the protocol has that meaning.

    Raises:
        ClientGoneError: at the end of a cancelled block.
    """

    def __init__(self, *, read: bool = True) -> None:
        exchange = _exchange.get()
        self._exchange = exchange if exchange is not None and (read or exchange.cancels) else None
        self._task: asyncio.Task[object] | None = None
        self._cancelling = 0
        self._interrupted = False
        self._whole = 0  # parts that are being done as a whole
        self._token: Token[WhileConnected | None] | None = None

    async def __aenter__(self) -> Self:
        if self._exchange is not None:
            self._task = asyncio.current_task()
            self._cancelling = self._task.cancelling() if self._task is not None else 0
            self._exchange.blocks.add(self)
            self._token = _block.set(self)
            self.interrupt()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._exchange is None:
            return
        self._exchange.blocks.discard(self)
        if self._token is not None:
            _block.reset(self._token)
        if self._interrupted and self._task is not None:
            left = self._task.uncancel()
            if left <= self._cancelling and kind is not None and issubclass(kind, asyncio.CancelledError):
                raise ClientGoneError from error

    def interrupt(self) -> None:
        """Cancel it if the client has gone, unless a part of it is being done as a whole."""
        gone = self._exchange is not None and self._exchange.gone
        if gone and not self._whole and not self._interrupted and self._task is not None:
            self._interrupted = True
            self._task.cancel()

    @contextmanager
    def uninterrupted(self) -> Iterator[None]:
        """See the function of this name."""
        self._whole += 1
        try:
            yield
        finally:
            self._whole -= 1
            self.interrupt()


_block: ContextVar[WhileConnected | None] = ContextVar("block", default=None)


def uninterrupted() -> AbstractContextManager[None]:
    """A part that is done as a whole although the client hangs up meanwhile; what comes behind it is stopped then."""
    block = _block.get()
    return nullcontext() if block is None else block.uninterrupted()


class DisconnectMiddleware:
    """Notices when the client of a request hangs up. The body has been received before."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        version = next((value for name, value in scope["headers"] if name == _VERSION), None)
        exchange = Exchange(cancels=version is not None and version not in _HANDSHAKE)
        first: Message | None = await receive()
        gone = asyncio.create_task(_hung_up(receive, exchange))

        async def replay() -> Message:
            nonlocal first
            if first is not None:
                message, first = first, None
                return message
            await asyncio.shield(gone)
            return {"type": "http.disconnect"}

        token = _exchange.set(exchange)
        try:
            await self._app(scope, replay, send)
        finally:
            _exchange.reset(token)
            gone.cancel()


async def _hung_up(receive: Receive, exchange: Exchange) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    exchange.hang_up()
