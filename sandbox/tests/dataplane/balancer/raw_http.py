"""Requests as bytes over TLS, for what no client library sends."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class RawAnswer:
    """The statuses that came, 100 among them, the last answer's headers and its body; `closed` by the balancer."""

    statuses: list[int]
    headers: dict[str, str]
    body: bytes
    closed: bool

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def send(port: int, ca: Path, request: bytes, seconds: float = 0.5) -> RawAnswer:
    """Send the bytes and read until the balancer closes, or is silent for so long."""
    context = ssl.create_default_context(cafile=ca)
    received, closed = b"", False
    with context.wrap_socket(socket.create_connection(("localhost", port)), server_hostname="localhost") as connection:
        connection.settimeout(seconds)
        connection.sendall(request)
        with contextlib.suppress(TimeoutError):
            while chunk := connection.recv(65536):
                received += chunk
            closed = True
    return _read(received, closed)


def _read(received: bytes, closed: bool) -> RawAnswer:
    statuses: list[int] = []
    while True:
        head, _, rest = received.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        statuses.append(int(line.split(" ")[1]))
        if statuses[-1] >= 200:
            headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
            return RawAnswer(statuses, headers, rest, closed)
        received = rest
