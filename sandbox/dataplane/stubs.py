"""The stack's other services, as targets of the load balancer: each answers every request with its name."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox.network import Address, AddressBook


class ForeignServices:
    """One small HTTP server per foreign target group, published at the address that is registered in it."""

    def __init__(self, addresses: AddressBook, targets: Mapping[str, Address]) -> None:
        """`targets`: target group -> private address of its only target."""
        self._addresses = addresses
        self._targets = targets
        self._servers: list[ThreadingHTTPServer] = []

    def start(self) -> None:
        for name, private in self._targets.items():
            server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(f"{name}: a stub of the sandbox\n".encode()))
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, name=name, daemon=True).start()
            self._servers.append(server)
            self._addresses.publish(private, ("127.0.0.1", server.server_port))

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers.clear()


def _handler(text: bytes) -> type[BaseHTTPRequestHandler]:
    class Stub(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body are two writes; without these the second waits for the client's acknowledgment.
        disable_nagle_algorithm = True
        wbufsize = -1

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Stub
