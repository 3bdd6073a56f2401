"""A target for the load balancer's tests: a small HTTP server whose path selects its behavior, and a client."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Connections that break off are what some tests are about."""


class Upstream:
    """Answers /healthz with `health`, and everything else by its path. `seen` are the requests but health checks."""

    def __init__(self, name: str = "upstream") -> None:
        self.name = name
        self.health = 200
        self.checks = 0
        self.seen: list[str] = []
        self.release = threading.Event()
        self._server = _QuietServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self._server.server_port)

    def use_tls(self, cert: Path, key: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def stop(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


def _handler(server: Upstream) -> type[BaseHTTPRequestHandler]:
    class Bound(Handler):
        upstream = server

    return Bound


class Handler(BaseHTTPRequestHandler):
    """`/name?...` is answered by the method `_name`, unknown names are echoed."""

    upstream: Upstream
    protocol_version = "HTTP/1.1"

    def handle_request(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/healthz":
            self.upstream.checks += 1
            return self._send(self.upstream.health, b"")
        self.upstream.seen.append(self.path)
        action = getattr(self, "_" + url.path.strip("/").replace("/", "_"), self._echo)
        action({key: values[0] for key, values in parse_qs(url.query).items()})
        return None

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_request

    def _echo(self, _: dict[str, str]) -> None:
        body = self._body()
        seen = {
            "name": self.upstream.name,
            "method": self.command,
            "path": self.path,
            "header_list": [[name.lower(), value] for name, value in self.headers.items()],
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode("latin-1"),
        }
        self._send(200, json.dumps(seen).encode(), ("X-Two", "1"), ("X-Two", "2"))

    def _status(self, query: dict[str, str]) -> None:
        self._send(int(query["code"]), b"")

    def _wait(self, _: dict[str, str]) -> None:
        self.upstream.release.wait(5)
        self._send(200, self.upstream.name.encode())

    def _hangup(self, _: dict[str, str]) -> None:
        self.close_connection = True

    def _not_http(self, _: dict[str, str]) -> None:
        self.wfile.write(b"this is not HTTP\r\n\r\n")
        self.close_connection = True

    def _half(self, _: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")
        self.wfile.flush()
        self.close_connection = True

    def _stream(self, _: dict[str, str]) -> None:
        """Two chunks, the second one only after `release`."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n")
        self.wfile.flush()
        self.upstream.release.wait(5)
        self.wfile.write(b"6\r\nsecond\r\n0\r\n\r\n")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _send(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Keep-Alive", "timeout=5")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def connect(port: int, ca: Path) -> http.client.HTTPSConnection:
    """A TLS connection that trusts the sandbox's CA and nothing else."""
    return http.client.HTTPSConnection("localhost", port, context=ssl.create_default_context(cafile=ca), timeout=10)


def wait_until(condition: Any, seconds: float = 5) -> None:
    """Poll until `condition()` is true; fail when it does not become so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{condition} did not become true within {seconds} s"
        time.sleep(0.01)
