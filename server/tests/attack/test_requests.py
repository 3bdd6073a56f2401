"""HTTP requests of an attacker: hosts, origins, tokens and bodies that two readers could understand differently."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import HOST, Running, token

from quilt_mcp_server.transport import uvicorn_protocol

WHOAMI = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami", "arguments": {}}}
).encode()
KIND = b"Content-Type: application/json\r\nAccept: application/json\r\n"


@contextmanager
def connection(server: Running) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.http.base_url.port or 0), timeout=20) as raw:
        yield raw


def exchange(server: Running, data: bytes) -> bytes:
    """Everything that comes back until the server closes the connection."""
    with connection(server) as raw:
        raw.sendall(data)
        return everything(raw)


def everything(raw: socket.socket) -> bytes:
    found = b""
    try:
        while chunk := raw.recv(65536):
            found += chunk
    except ConnectionResetError:
        pass
    return found


def post(*headers: str, body: bytes = WHOAMI, target: str = "/mcp", length: bool = True, close: bool = True) -> bytes:
    lines = [f"POST {target} HTTP/1.1", *headers, *([f"Content-Length: {len(body)}"] if length else ())]
    lines += ["Connection: close"] if close else []
    return "\r\n".join(lines).encode("latin-1") + b"\r\n" + KIND + b"\r\n" + body


def bearer(sub: str) -> str:
    return f"Authorization: Bearer {token(sub=sub)}"


def statuses(answer: bytes) -> list[int]:
    return [int(part[1:4]) for part in answer.split(b"HTTP/1.1")[1:]]


@pytest.mark.parametrize(
    "headers",
    [
        ("Host: evil.example",),
        (f"Host: {HOST}", "Host: evil.example"),
        ("Host: evil.example", f"Host: {HOST}"),
        (f"Host: {HOST}@evil.example",),
        (f"Host: {HOST}.",),
        (f"Host: {HOST}:443:evil",),
        ("Host: evil.example", f"X-Forwarded-Host: {HOST}", f"Forwarded: host={HOST}", f"X-Host: {HOST}"),
        ("Host: ",),
        (),
    ],
)
def test_host_attacks(server: Running, headers: tuple[str, ...]) -> None:
    answer = exchange(server, post(*headers, bearer("alice")))
    assert b'"subject"' not in answer
    assert statuses(answer) in ([400], [421]), answer


def test_the_request_line_does_not_stand_for_the_host(server: Running) -> None:
    answer = exchange(server, post("Host: evil.example", bearer("alice"), target=f"http://{HOST}/mcp"))
    assert b'"subject"' not in answer


@pytest.mark.parametrize(
    "origins",
    [
        ("https://evil.example", "https://catalog.example.com"),
        ("https://catalog.example.com", "https://evil.example"),
        ("https://catalog.example.com, https://evil.example",),
        ("https://catalog.example.com.evil.example",),
        ("https://catalog.example.com@evil.example",),
        ("https://catalog.example.com:8443",),
        ("http://catalog.example.com",),
        ("https://catalog.example.com/",),
        ("file://",),
    ],
)
def test_origin_attacks(server: Running, origins: tuple[str, ...]) -> None:
    answer = exchange(server, post(f"Host: {HOST}", bearer("alice"), *(f"Origin: {origin}" for origin in origins)))
    assert b'"subject"' not in answer
    assert statuses(answer) == [403 if len(origins) == 1 else 400], answer
    assert b"evil" not in answer.lower().partition(b"\r\n\r\n")[0]


def test_requests_on_one_connection_are_their_own_tokens(server: Running) -> None:
    """Pipelined: the second request's task begins inside the first one's, and so does its context."""
    one, two = (post(f"Host: {HOST}", bearer(sub), close=False) for sub in ("alice", "bob"))
    none = post(f"Host: {HOST}")
    with connection(server) as raw:
        raw.sendall(one + two + none)
        answer = everything(raw)
    assert statuses(answer) == [200, 200, 401]
    first, second, third = answer.split(b"HTTP/1.1")[1:]
    assert b'"subject":"alice"' in first and b"bob" not in first
    assert b'"subject":"bob"' in second and b"alice" not in second
    assert b"alice" not in third and b"bob" not in third


@pytest.mark.parametrize(
    "framing",
    [
        ("Transfer-Encoding: chunked", f"Content-Length: {len(WHOAMI)}"),
        (f"Content-Length: {len(WHOAMI)}", f"Content-Length: {len(WHOAMI) + 1}"),
        ("Content-Length: +5",),
        ("Content-Length: -1",),
        ("Content-Length: 0x10",),
        ("Content-Length: 5, 5",),
        ("Transfer-Encoding: gzip, chunked, identity",),
        ("Transfer-Encoding : chunked",),
        (" Content-Length: 5",),
        ("X: a\r\n\tb", "Content-Length: 5"),
        ("X: a\0b", "Content-Length: 5"),
        ("X: a\nAuthorization: Bearer b", "Content-Length: 5"),
    ],
)
def test_a_second_request_is_not_smuggled_in_a_body(server: Running, framing: tuple[str, ...]) -> None:
    hidden = post(f"Host: {HOST}", bearer("mallory"))
    lines = ["POST /mcp HTTP/1.1", f"Host: {HOST}", bearer("alice"), *framing]
    answer = exchange(server, "\r\n".join(lines).encode() + b"\r\n" + KIND + b"\r\n" + WHOAMI + hidden)
    assert statuses(answer) == [400], answer


@pytest.mark.parametrize(
    "value", ["Bearer  ", "bearer\t{}", "Bearer {} {}", "Bearer {},Bearer {}", "Basic {}", "{}", "Bearer\xa0{}"]
)
def test_one_form_of_the_authorization_header(server: Running, value: str) -> None:
    raw = value.replace("{}", token())
    answer = exchange(server, post(f"Host: {HOST}", f"Authorization: {raw}"))
    assert statuses(answer) == [401], answer


def test_an_oversized_token_over_http(server: Running) -> None:
    raw = token(padding="x" * 20_000)
    answer = exchange(server, post(f"Host: {HOST}", f"Authorization: Bearer {raw}"))
    assert statuses(answer) == [401]
    assert b"longer than 8192 bytes" in answer


@pytest.mark.parametrize("endless", [b"GET /", b"GET /mcp HTTP/1.1\r\nX: ", b"GET /mcp HTTP/1.1\r\n"])
def test_endless_headers_end(server: Running, endless: bytes) -> None:
    with connection(server) as raw:
        raw.sendall(endless)
        more = b"x" * 1024 if not endless.endswith(b"\r\n") else b"x: y\r\n" * 170
        sent = 0
        try:
            while sent < 10 * 1024**2:
                raw.sendall(more)
                sent += len(more)
        except (ConnectionResetError, BrokenPipeError):
            pass
        assert sent < 10 * 1024**2, "nobody stopped it"
        assert everything(raw)[:12] in (b"HTTP/1.1 431", b"")


@pytest.mark.parametrize("begun", [b"", b"POST /mcp HTTP/1.1\r\nHost: ", b"\r\n"])
def test_slow_headers_are_given_up(server: Running, begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_protocol, "HEADER_TIMEOUT", 0.3)
    with connection(server) as raw:
        raw.sendall(begun)
        assert everything(raw).startswith(b"HTTP/1.1 408")


def test_a_connection_that_is_kept_open_may_be_idle(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a balancer keeps it: closing it early would fail the balancer's next request."""
    monkeypatch.setattr(uvicorn_protocol, "HEADER_TIMEOUT", 0.3)
    asked = post(f"Host: {HOST}", bearer("alice"), close=False)
    refused = post(f"Host: {HOST}", body=b" " * 200_000, close=False)
    with connection(server) as raw:
        for request, status in ((asked, b" 200"), (refused, b" 401"), (asked, b" 200")):
            raw.sendall(request)
            answer = raw.recv(65536)
            while not answer.endswith(b"}"):
                answer += raw.recv(65536)
            assert answer.startswith(b"HTTP/1.1" + status), answer
            time.sleep(0.7)


def test_a_body_after_the_answer_ends(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a token the answer comes before the body, which must not continue without an end either."""
    monkeypatch.setattr(uvicorn_protocol, "HEADER_TIMEOUT", 0.5)
    begin = time.monotonic()
    with connection(server) as raw:
        raw.sendall(post(f"Host: {HOST}", "Transfer-Encoding: chunked", body=b"", length=False, close=False))
        try:
            while time.monotonic() - begin < 10:
                raw.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
                time.sleep(0.01)
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert time.monotonic() - begin < 5
