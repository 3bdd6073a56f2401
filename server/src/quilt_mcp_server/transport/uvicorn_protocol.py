"""uvicorn's HTTP protocol with limits: for a request's headers, for connections, and for the time after SIGTERM."""

from asyncio import AbstractEventLoop, TimerHandle, Transport
from typing import Any
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAXIMUM_HEADERS = 64 * 1024  # bytes; a balancer's own limit is the same
HEADER_TIMEOUT = 15.0  # seconds from a connection's or a request's first byte to the end of its headers
KEEP_ALIVE = 75  # seconds; above the balancer's idle timeout of 60, so that the balancer closes first
GRACE = 20  # seconds that running requests get to finish after SIGTERM; stopTimeout must be above it

MAXIMUM_CONNECTIONS = 800  # with those to AWS fewer than the 1,024 files that a process may usually have open

_TOO_LARGE = b"431 Request Header Fields Too Large"
_TOO_SLOW = b"408 Request Timeout"
_TOO_MANY = b"503 Service Unavailable\r\nretry-after: 2"

_Waiting = dict["BoundedUvicornProtocol", None]
_waiting: WeakKeyDictionary[AbstractEventLoop, _Waiting] = WeakKeyDictionary()


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
    """Closes connections whose headers do not end, and those that wait when there are too many.

    The parser itself would collect headers without a limit.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._timer: TimerHandle | None = None
        self._in_headers = False
        self._header_bytes = 0
        # Connections without a request that is being served, the one that waits longest first.
        self._idle = _waiting.setdefault(self.loop, {})

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as its parent
        super().connection_made(OneWrite(transport, self.loop))  # type: ignore[arg-type]
        self._timer = self.loop.call_later(HEADER_TIMEOUT, self._refuse, _TOO_SLOW)
        if len(self.connections) > MAXIMUM_CONNECTIONS:
            self._make_room()
        if not self.transport.is_closing():
            self._idle[self] = None

    def _make_room(self) -> None:
        """Close the connection that waits longest; this new one, if all are busy."""
        longest = next(iter(self._idle), None)
        if longest is None:
            self._refuse(_TOO_MANY)
            self._leave()
        else:
            longest.transport.close()
            longest._leave()

    def _leave(self) -> None:
        """Not counted any longer: the loop reports the end of a connection later."""
        self._idle.pop(self, None)
        self.connections.discard(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._idle.pop(self, None)
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
        self._idle.pop(self, None)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._idle[self] = None

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
