"""The HTTP surface: routes, methods, hosts, origins, tokens, sizes."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from conftest import HOST, KEY, ORIGIN, Running, token
from starlette.requests import Request

from quilt_mcp_server.health import MAXIMUM_WAITING, Readiness

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_both_forms_of_the_endpoint_answer_without_a_redirect(server: Running, path: str) -> None:
    response = server.post(PING, path)
    assert (response.status_code, response.json()["result"]) == (200, {})


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"])
def test_other_methods_are_405_at_once(server: Running, path: str, method: str) -> None:
    response = server.http.request(method, path, headers={"Host": HOST, "Authorization": f"Bearer {token()}"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/healthz", "/mcp/healthz"])
@pytest.mark.parametrize("host", ["10.0.1.17:8000", "localhost", "anything.example"])
def test_health_needs_neither_token_nor_host(server: Running, path: str, host: str) -> None:
    response = server.http.get(path, headers={"Host": host})
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


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


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ORIGIN + ".evil.example", ORIGIN.upper()])
def test_preflight_of_a_foreign_origin_is_refused(server: Running, origin: str) -> None:
    response = preflight(server, origin)
    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers


def test_refusals_can_be_read_by_the_frontend(server: Running) -> None:
    response = server.post(PING, Origin=ORIGIN, Authorization="")
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "www-authenticate" in response.headers["access-control-expose-headers"].lower()


def test_a_missing_token_is_told_the_scheme_but_no_error(server: Running) -> None:
    for authorization in ("", "Basic YTpi", "Bearer", "Token abc"):
        response = server.post(PING, Authorization=authorization)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == 'Bearer realm="quilt-mcp-server"'


def test_a_bad_token_is_told_why(server: Running) -> None:
    response = server.post(PING, Authorization=f"Bearer {token(exp=int(time.time()) - 60)}")
    assert response.status_code == 401
    challenge = response.headers["www-authenticate"]
    assert 'error="invalid_token"' in challenge
    assert "expired" in challenge


def test_two_authorization_headers_are_refused(server: Running) -> None:
    good, other = f"Bearer {token()}", f"Bearer {token(sub='bob')}"
    for pair in ((good, other), (good, good), ("Basic YTpi", good)):
        headers = [("Host", HOST), ("Accept", "application/json"), *(("Authorization", value) for value in pair)]
        response = server.http.post("/mcp", json=PING, headers=headers)
        assert response.status_code == 400
        assert 'error="invalid_request"' in response.headers["www-authenticate"]


def test_a_token_in_the_query_is_none(server: Running) -> None:
    for name in ("access_token", "token", "authorization"):
        assert server.post(PING, f"/mcp?{name}={token()}", Authorization="").status_code == 401


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


def test_readiness_asks_sts_and_details_are_for_the_authorised(server: Running) -> None:
    assert server.http.get("/readyz").json() == {"status": "ok"}
    told = server.http.get("/readyz", headers={"Authorization": f"Bearer {token()}"}).json()
    assert told["checks"] == {"keys": "ok", "sts": "ok"}
    assert server.http.get("/readyz", headers={"Authorization": f"Bearer {token(KEY[::-1])}"}).json() == {
        "status": "ok"
    }


def test_readiness_is_503_when_sts_cannot_be_reached(serve: Callable[..., Running], monkeypatch: Any) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    response = serve().http.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "not ready"})


async def test_few_wait_for_readiness_and_it_is_asked_once() -> None:
    asked, answer = 0, asyncio.Event()

    async def check() -> None:
        nonlocal asked
        asked += 1
        await answer.wait()

    request = Request({"type": "http", "headers": []})
    readiness = Readiness(None, check)
    tasks = [asyncio.create_task(readiness.answer(request)) for _ in range(100)]
    done, waiting = await asyncio.wait(tasks, timeout=0.2)
    assert len(waiting) == MAXIMUM_WAITING
    assert {task.result().status_code for task in done} == {503}
    answer.set()
    assert {(await task).status_code for task in waiting} == {200}
    assert (await readiness.answer(request)).status_code == 200 and asked == 1


def test_without_authentication_everyone_on_this_machine_is_the_user(serve: Callable[..., Running]) -> None:
    server = serve(QUILT_MCP_AUTH="none", QUILT_MCP_JWT_KEYS="", QUILT_MCP_ALLOWED_HOSTS="")
    who = server.call("whoami", Host=f"localhost:{server.http.base_url.port}", Authorization="")
    assert (who["subject"], who["buckets"]) == ("local", ["*"])
    assert server.post(PING, Host="rebound.example", Authorization="").status_code == 421
