"""The HTTP surface: routes, methods, hosts, origins."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from conftest import HOST, ORIGIN, PING, Running, token


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_both_forms_of_the_endpoint_answer_without_a_redirect(server: Running, path: str) -> None:
    response = server.post(PING, path)
    assert (response.status_code, response.json()["result"]) == (200, {})


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"])
def test_other_methods_are_405_at_once(server: Running, path: str, method: str) -> None:
    response = server.http.request(method, path, headers={"Host": HOST, "Authorization": f"Bearer {token()}"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/", "/healthz/", "/mcpx", "/mcp/x", "/MCP", "/mcp//", "/mcp/../healthz"])
def test_nothing_else_is_there(server: Running, path: str) -> None:
    with socket.create_connection(("127.0.0.1", server.http.base_url.port or 0)) as raw:
        raw.sendall(f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        assert raw.recv(20).split()[1] in (b"404", b"405")


@pytest.mark.parametrize(
    ("host", "status"), [(HOST, 200), (f"{HOST}:443", 200), ("evil.example", 421), (f"{HOST}.evil.example", 421)]
)
def test_only_the_public_host_is_served(server: Running, host: str, status: int) -> None:
    assert server.post(PING, Host=host).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [(ORIGIN, 200), (f"https://{HOST}", 200), ("https://evil.example", 403), ("null", 403), (f"http://{HOST}", 403)],
)
def test_only_known_origins_may_call(server: Running, origin: str, status: int) -> None:
    response = server.post(PING, Origin=origin)
    assert response.status_code == status
    assert response.headers.get("access-control-allow-origin") == (origin if status == 200 else None)


def preflight(server: Running, origin: str, headers: str = "authorization,content-type,mcp-protocol-version") -> Any:
    return server.http.options(
        "/mcp",
        headers={
            "Host": HOST,
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": headers,
        },
    )


def test_preflight_needs_no_token(server: Running) -> None:
    response = preflight(server, ORIGIN)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in response.headers["access-control-allow-methods"]
    allowed = response.headers["access-control-allow-headers"].lower()
    assert {"authorization", "mcp-method", "mcp-name"} <= {name.strip() for name in allowed.split(",")}
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", ORIGIN + ".evil.example", ORIGIN + ":8443", "app://desktop"]
)
def test_preflight_of_a_foreign_origin_is_refused(server: Running, origin: str) -> None:
    response = preflight(server, origin)
    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers


def test_refusals_can_be_read_by_the_frontend(server: Running) -> None:
    response = server.post(PING, Origin=ORIGIN, Authorization="")
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "www-authenticate" in response.headers["access-control-expose-headers"].lower()


def test_initialize_needs_a_token(server: Running) -> None:
    """Decided in README.md (Clients): also of a frontend that sends none, which can read why."""
    params = {"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    response = server.post(body, Origin=ORIGIN, Authorization="")
    assert response.status_code == 401 and response.headers["access-control-allow-origin"] == ORIGIN
    assert "Authorization: Bearer <token>" in response.json()["error"]["message"]


def test_without_authentication_everyone_on_this_machine_is_the_user(serve: Callable[..., Running]) -> None:
    server = serve(QUILT_MCP_AUTH="none", QUILT_MCP_JWT_KEYS="", QUILT_MCP_ALLOWED_HOSTS="")
    who = server.call("whoami", Host=f"localhost:{server.http.base_url.port}", Authorization="")
    assert (who["subject"], who["buckets"]) == ("local", ["*"])
    assert server.post(PING, Host="rebound.example", Authorization="").status_code == 421
