"""Addresses, free ports, and the socket into loopback."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from sandbox.network import AddressBook, UnixForwarder, free_port


def test_address_book_forgets_all_ports_of_an_address() -> None:
    book = AddressBook()
    book.publish(("10.0.1.5", 8000), ("127.0.0.1", 1))
    book.publish(("10.0.1.5", 9000), ("127.0.0.1", 2))
    book.publish(("10.0.1.6", 8000), ("127.0.0.1", 3))
    assert book.resolve("10.0.1.5", 9000) == ("127.0.0.1", 2)
    book.withdraw("10.0.1.5")
    assert book.resolve("10.0.1.5", 8000) is None
    assert book.used_ips() == {"10.0.1.6"}


def test_free_port_prefers_the_usual_one() -> None:
    usual = free_port()
    assert free_port(usual) == usual
    with socket.create_server(("127.0.0.1", usual)):
        assert free_port(usual) != usual


def test_unix_socket_leads_to_the_port(tmp_path: Path) -> None:
    class Echo(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body[::-1])

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    forwarder = UnixForwarder(tmp_path / "s", ("127.0.0.1", server.server_port))
    forwarder.start()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(forwarder.path))
        client.sendall(b"POST / HTTP/1.0\r\nContent-Length: 100000\r\n\r\n" + b"ab" * 50_000)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.endswith(b"ba" * 50_000)
    forwarder.stop()
    assert not forwarder.path.exists()
    server.shutdown()
    server.server_close()
