"""uvicorn's HTTP protocol with limits: for a request's headers, for connections, and for the time after SIGTERM."""

from asyncio import AbstractEventLoop, TimerHandle, Transport
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAXIMUM_HEADERS = 64 * 1024  # bytes; a balancer's own limit is the same
HEADER_TIMEOUT = 15.0  # seconds from a connection's or a request's first byte to the end of its headers
KEEP_ALIVE = 75  # seconds; above the balancer's idle timeout of 60, so that the balancer closes first
GRACE = 20  # seconds that running requests get to finish after SIGTERM; stopTimeout must be above it

_TOO_LARGE = b"431 Request Header Fields Too Large"
_TOO_SLOW = b"408 Request Timeout"


class OneWrite:
    """A transport that sends what is written in one turn of the loop at once.

    uvicorn writes headers and body one after the other, which would be two system calls and two packets.
    """

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, []
            self._transport.write(b"".join(held))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class BoundedUvicornProtocol(HttpToolsProtocol):
    """Closes connections whose headers do not end. The parser itself would collect them without a limit."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._timer: TimerHandle | None = None
        self._in_headers = False
        self._header_bytes = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as its parent
        super().connection_made(OneWrite(transport, self.loop))  # type: ignore[arg-type]
        self._timer = self.loop.call_later(HEADER_TIMEOUT, self._refuse, _TOO_SLOW)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._timer = self.loop.call_later(HEADER_TIMEOUT, self._refuse, _TOO_SLOW)
        super().data_received(data)
        if self._in_headers:
            self._header_bytes += len(data)
            if self._header_bytes > MAXIMUM_HEADERS:
                self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        self._in_headers, self._header_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        # The rest of a body whose request was answered before it had arrived.
        self._stop_timer()
        super().on_message_complete()

    def _refuse(self, status: bytes) -> None:
        self._stop_timer()
        self._in_headers = False
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
