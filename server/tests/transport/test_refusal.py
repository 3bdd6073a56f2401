"""Every refusal over HTTP says its reason as a JSON-RPC error, which is what clients show."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from attack.test_requests import KIND, connection, everything
from conftest import HOST, Running, token
from protocol.test_server import client

from quilt_mcp_server.transport import request_body
from quilt_mcp_server.transport.concurrency import RESERVE
from quilt_mcp_server.transport.refusal import MAXIMUM_ID, READ_FOR_ID, id_in

PING = b'{"jsonrpc":"2.0","id":"seven","method":"ping"}'


def raw(
    server: Running, body: bytes, *headers: str, method: str = "POST", length: int | None = None
) -> tuple[int, Any]:
    """Headers and the beginning of a body in one packet, and the status and the body of the answer."""
    lines = [f"{method} /mcp HTTP/1.1", *headers, f"Content-Length: {len(body) if length is None else length}"]
    with connection(server) as sock:
        sock.sendall("\r\n".join([*lines, "Connection: close"]).encode() + b"\r\n" + KIND + b"\r\n" + body)
        head, _, answer = everything(sock).partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower(), head
    return int(head.split()[1]), json.loads(answer)


GOOD = f"Bearer {token()}"
REFUSED = [
    (401, ["Authorization: Bearer a.b.c"], "the token is malformed"),
    (401, [], "Authorization: Bearer <token>"),
    (401, [f"Authorization: Bearer {token(exp=int(time.time()) - 90)}"], "expired"),
    (400, [f"Authorization: {GOOD}", f"Authorization: {GOOD}"], "more than one Authorization"),
    (403, [f"Authorization: {GOOD}", "Origin: https://evil.example"], "QUILT_MCP_ALLOWED_ORIGINS"),
    (406, [f"Authorization: {GOOD}", "Accept: text/html"], "must accept application/json"),
]


@pytest.mark.parametrize(("status", "headers", "said"), REFUSED)
def test_a_refusal_has_the_id_that_was_received(server: Running, status: int, headers: list[str], said: str) -> None:
    if status == 406:
        response = server.http.post("/mcp", content=PING, headers=dict(line.split(": ", 1) for line in headers) | {
            "Host": HOST, "Content-Type": "application/json",
        })  # fmt: skip
        found, answer = response.status_code, response.json()
    else:
        found, answer = raw(server, PING, f"Host: {HOST}", *headers)
    assert (found, answer["jsonrpc"], answer["id"]) == (status, "2.0", "seven")
    assert type(answer["error"]["code"]) is int and said in answer["error"]["message"]


def test_another_host_and_two_hosts_are_named(server: Running) -> None:
    assert raw(server, PING, "Host: evil.example")[1]["error"]["message"].startswith("Misdirected Request")
    status, answer = raw(server, PING, f"Host: {HOST}", f"Host: {HOST}")
    assert (status, answer["id"]) == (400, "seven") and "host header" in answer["error"]["message"]


def test_a_body_that_did_not_come_is_not_waited_for(server: Running) -> None:
    begin = time.monotonic()
    status, answer = raw(server, PING[:20], f"Host: {HOST}", length=5000)
    assert (status, answer["id"]) == (401, None)
    assert time.monotonic() - begin < 2


def test_a_client_that_waits_for_100_is_not_asked_to_go_on(server: Running) -> None:
    status, _ = raw(server, b"", f"Host: {HOST}", "Expect: 100-continue", length=500)
    assert status == 401


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_a_bad_token_comes_before_a_wrong_method(server: Running, method: str) -> None:
    """A client that falls back to SSE sends a GET, and shows what that was answered."""
    for authorization in ("Bearer a.b.c", ""):
        headers = {"Host": HOST} | ({"Authorization": authorization} if authorization else {})
        response = server.http.request(method, "/mcp", headers=headers)
        assert response.status_code == 401 and "www-authenticate" in response.headers
        assert response.json()["error"]["message"].startswith("Unauthorized")
    response = server.http.request(method, "/mcp", headers={"Host": HOST, "Authorization": GOOD})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert "POST only" in response.json()["error"]["message"] and response.json()["id"] is None


def test_what_is_too_large_has_its_id(server: Running) -> None:
    body = PING[:-1] + b',"params":{"x":"' + b"y" * request_body.MAXIMUM_BODY + b'"}}'
    response = server.http.post("/mcp", content=body, headers={"Host": HOST, "Authorization": GOOD} | JSON)
    assert (response.status_code, response.json()["id"]) == (413, "seven")
    assert "larger than" in response.json()["error"]["message"]


JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def test_an_overloaded_server_says_when_to_try_again(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_body, "MAXIMUM_WEIGHT", 10)
    response = server.http.post("/mcp", content=PING, headers={"Host": HOST, "Authorization": GOOD} | JSON)
    assert (response.status_code, response.headers["retry-after"], response.json()["id"]) == (503, "2", "seven")
    assert response.json()["error"]["code"] == -32603


def test_a_full_server_says_so(serve: Callable[..., Running]) -> None:
    server = serve(QUILT_MCP_MAX_USER_REQUESTS="1")
    head = f"POST /mcp HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: {GOOD}\r\nContent-Length: 99\r\n".encode()
    with ExitStack() as held:
        for _ in range(1 + RESERVE):
            held.enter_context(connection(server)).sendall(head + KIND + b"\r\n{")
        time.sleep(0.3)
        status, answer = raw(server, PING, f"Host: {HOST}", f"Authorization: {GOOD}")
    assert (status, answer["id"]) == (503, "seven") and "of your requests are under way" in answer["error"]["message"]


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
def test_a_wrong_kind_of_content_is_415(server: Running, version: str) -> None:
    headers = {"Host": HOST, "Authorization": GOOD, "Content-Type": "text/plain", "MCP-Protocol-Version": version}
    response = server.http.post("/mcp", content=PING, headers=headers)
    assert (response.status_code, response.json()["id"]) == (415, "seven")
    assert "Content-Type: application/json" in response.json()["error"]["message"]


def test_an_unknown_tool_is_an_error_of_the_protocol(server: Running) -> None:
    for version in ("2025-11-25", ""):
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "nothing", "arguments": {}}}
        answer = server.post(body, MCP_Protocol_Version=version).json()
        assert answer["error"]["code"] == -32602 and "'nothing'" in answer["error"]["message"]


@pytest.mark.parametrize("method", ["tools/list", "prompts/list", "resources/list", "resources/templates/list"])
def test_a_made_up_cursor_is_none(server: Running, method: str) -> None:
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"cursor": "bWFkZSB1cA"}}
    answer = server.post(body).json()
    assert answer["error"]["code"] == -32602 and "cursor" in answer["error"]["message"]
    for nothing in (None, ""):
        assert "result" in server.post(body | {"params": {"cursor": nothing}}).json()


def test_a_notification_gets_nothing_to_read(server: Running) -> None:
    for version in ("", "2025-11-25", "2026-07-28"):
        body = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        response = server.post(body, MCP_Protocol_Version=version)
        assert (response.status_code, response.content) == (202, b"")
        assert "content-type" not in response.headers


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_a_client_shows_the_reason(server: Running, era: str) -> None:
    with pytest.raises(Exception) as raised:
        async with client(server, era, token(exp=int(time.time()) - 90)) as mcp:
            await mcp.list_tools()
    assert "expired" in _text(raised.value)


def _text(error: BaseException) -> str:
    inside = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return " ".join([str(error), *map(_text, inside)])


@pytest.mark.parametrize(
    ("body", "identity"),
    [
        (b'{"jsonrpc":"2.0","id":12,"method":"ping"}', 12),
        (b'{"jsonrpc":"2.0","id":12,"method":"to', 12),
        (b'{"id":"a","jsonrpc":"2.0"', "a"),
        (b'{"jsonrpc":"2.0","id":1', None),
        (b'{"jsonrpc":"2.0","id":12', None),
        (b'{"jsonrpc":"2.0","id":"ab', None),
        (b'{"jsonrpc":"2.0","method":"ping","id":12}', 12),
        (b'{"jsonrpc":"2.0","method":"ping","id":12}\n', 12),
        (b'{"params":{"id":5},"method":"x"}', None),
        (b'{"id":true,"method":"x"}', None),
        (b'{"id":1.5,"method":"x"}', None),
        (b'{"id":null,"method":"x"}', None),
        (b'[{"id":1,"method":"x"}]', None),
        (b"", None),
        (b"\xff{", None),
        (b'{"id":"' + b"x" * (MAXIMUM_ID + 1) + b'","method":"x"}', None),
        (b'{"a":"' + b"x" * READ_FOR_ID + b'","id":1}', None),
    ],
)
def test_the_id_of_a_part(body: bytes, identity: Any) -> None:
    assert id_in(body) == identity
