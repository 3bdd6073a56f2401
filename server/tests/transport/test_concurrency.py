"""How many requests are served at once."""

import socket
import time
from collections.abc import Callable

import pytest
from conftest import HOST, ORIGIN, PING, Running, token


def test_overload_is_503_with_retry_after_and_health_stays(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(QUILT_MCP_MAX_REQUESTS="1")
    with socket.create_connection(("127.0.0.1", server.http.base_url.port or 0)) as raw:
        raw.sendall(
            f"POST /mcp HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token()}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
        )
        time.sleep(0.2)
        response = server.post(PING, Origin=ORIGIN)
        assert (response.status_code, response.headers["retry-after"]) == (503, "2")
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert server.http.get("/healthz").status_code == 200
    time.sleep(0.2)
    assert server.post(PING).status_code == 200
