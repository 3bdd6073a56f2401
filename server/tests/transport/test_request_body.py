"""Bodies that are too large, too long or too slow. What they cost: tests/attack."""

import socket
from typing import Any

import pytest
from conftest import HOST, Running, token


def test_a_request_is_at_most_a_mebibyte(server: Running) -> None:
    big = {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": {"x": "y" * 1024 * 1024}}}
    assert server.post(big).status_code == 413
    almost = {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": {"x": "y" * (1024 * 1024 - 200)}}}
    assert server.post(almost).status_code == 200


def test_an_endless_body_ends(server: Running) -> None:
    def chunks() -> Any:
        for _ in range(64):
            yield b" " * 65536

    headers = {"Host": HOST, "Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
    assert server.http.post("/mcp", content=chunks(), headers=headers).status_code == 413


def test_a_slow_body_is_given_up(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quilt_mcp_server.transport.request_body.BODY_TIMEOUT", 0.2)
    with socket.create_connection(("127.0.0.1", server.http.base_url.port or 0), timeout=10) as raw:
        raw.sendall(
            f"POST /mcp HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token()}\r\n"
            "Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
        )
        assert b" 408 " in raw.recv(100)
