"""Odd but legal requests reach their target as HTTP means them; illegal ones get 400 from the balancer, never 502."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.testing.elbv2_stack import forward, path
from sandbox.tests.dataplane.balancer.raw_http import RawAnswer, send
from sandbox.tests.dataplane.balancer.world import HOST, World

GET, POST, CLOSE = b"GET /echo HTTP/1.1\r\n", b"POST /echo HTTP/1.1\r\n", b"Connection: close\r\n\r\n"
TO = b"Host: " + HOST.encode() + b"\r\n"
CHUNKED = POST + TO + b"Transfer-Encoding: chunked\r\n"
MANY = b"".join(b"X-%d: %d\r\n" % (number, number) for number in range(90))


@pytest.fixture(scope="module")
def target(module_world: World) -> World:
    """A balancer in front of a target that says what it saw."""
    group = module_world.group("a")
    module_world.stack.rule(1, [path("*")], Actions=[forward(group)])
    module_world.wait_for(group, "healthy")
    return module_world


def ask(world: World, request: bytes) -> RawAnswer:
    return send(world.balancer.port, world.ca, request)


# Request, and what of it the target saw: method, path, body, and headers by name with all their values.
LEGAL: dict[str, tuple[bytes, dict[str, Any]]] = {
    "a blank at the end of a value": (
        GET + TO + b"Authorization: Bearer x \r\n" + CLOSE,
        {"authorization": ["Bearer x"]},
    ),
    "tabs and blanks around a value": (GET + TO + b"X-A:\t a b\t \r\n" + CLOSE, {"x-a": ["a b"]}),
    "no blank after the colon": (GET + TO + b"X-A:a\r\n" + CLOSE, {"x-a": ["a"]}),
    "blanks around the host": (GET + b"Host:  " + HOST.encode() + b" \r\n" + CLOSE, {"host": [HOST]}),
    "a tab within a value": (GET + TO + b"X-A: a\tb\r\n" + CLOSE, {"x-a": ["a\tb"]}),
    "empty values": (GET + TO + b"X-A:\r\nX-B: \t \r\n" + CLOSE, {"x-a": [""], "x-b": [""]}),
    "a value that is not ASCII": (GET + TO + b"X-A: \xe4\xff\r\n" + CLOSE, {"x-a": ["\xe4\xff"]}),
    "names in capitals": (
        b"GET /echo HTTP/1.1\r\nHOST: " + HOST.encode() + b"\r\nX-UPPER: a\r\nCONNECTION: close\r\n\r\n",
        {"x-upper": ["a"], "host": [HOST]},
    ),
    "each character of a name": (GET + TO + b"!#$%&'*+-.^_`|~9aZ: a\r\n" + CLOSE, {"!#$%&'*+-.^_`|~9az": ["a"]}),
    "a header twice": (GET + TO + b"X-A: 1\r\nX-B: 2\r\nX-A: 3 \r\n" + CLOSE, {"x-a": ["1", "3"]}),
    "many headers": (GET + TO + MANY + CLOSE, {"x-0": ["0"], "x-89": ["89"]}),
    "an empty line before the request": (b"\r\n" + GET + TO + CLOSE, {}),
    "a target with odd characters": (
        b'GET /echo/%2F;a={b}|^`"<>?q=[1]&a=/?: HTTP/1.1\r\n' + TO + CLOSE,
        {"path": '/echo/%2F;a={b}|^`"<>?q=[1]&a=/?:'},
    ),
    "an absolute target": (
        b"GET http://" + HOST.encode() + b"/echo?a=b HTTP/1.1\r\n" + TO + CLOSE,
        {"path": "/echo?a=b", "host": [HOST]},
    ),
    "an absolute target without a path": (
        b"GET http://" + HOST.encode() + b"?a=b HTTP/1.1\r\n" + TO + CLOSE,
        {"path": "/?a=b", "host": [HOST]},
    ),
    "an absolute target of another host": (
        b"GET https://other.quiltdata.com:8443/echo HTTP/1.1\r\n" + TO + CLOSE,
        {"path": "/echo", "host": ["other.quiltdata.com:8443"]},
    ),
    "a request about the server": (b"OPTIONS * HTTP/1.1\r\n" + TO + CLOSE, {"method": "OPTIONS", "path": "*"}),
    "a body": (POST + TO + b"Content-Length: 3\r\n" + CLOSE + b"one", {"body": "one", "method": "POST"}),
    "a body with a blank after its length": (POST + TO + b"Content-Length: 3 \r\n" + CLOSE + b"one", {"body": "one"}),
    "a body of a GET": (GET + TO + b"Content-Length: 3\r\n" + CLOSE + b"one", {"body": "one"}),
    "no body, and its length": (POST + TO + b"Content-Length: 0\r\n" + CLOSE, {"body": "", "content-length": ["0"]}),
    "chunks": (CHUNKED + CLOSE + b"3\r\none\r\nA\r\n0123456789\r\n00\r\n\r\n", {"body": "one0123456789"}),
    "chunks with extensions": (CHUNKED + CLOSE + b'3;a=b;c="d"\r\none\r\n0;e\r\n\r\n', {"body": "one"}),
    "chunks with trailers": (
        CHUNKED + b"Trailer: X-T\r\n" + CLOSE + b"3\r\none\r\n0\r\nX-T: t\r\n\r\n",
        {"body": "one", "x-t": []},
    ),
    "Chunked in capitals": (
        POST + TO + b"Transfer-Encoding: Chunked \r\n" + CLOSE + b"3\r\none\r\n0\r\n\r\n",
        {"body": "one"},
    ),
    "Expect": (
        POST + TO + b"Content-Length: 3\r\nExpect: 100-continue\r\n" + CLOSE + b"one",
        {"body": "one", "expect": []},
    ),
    "Expect with a blank": (
        POST + TO + b"Content-Length: 3\r\nExpect: 100-Continue \r\n" + CLOSE + b"one",
        {"body": "one", "expect": []},
    ),
    "PATCH": (b"PATCH /echo HTTP/1.1\r\n" + TO + b"Content-Length: 1\r\n" + CLOSE + b"x", {"method": "PATCH"}),
    "HTTP/1.0": (b"GET /echo HTTP/1.0\r\n" + TO + b"\r\n", {"host": [HOST]}),
    "HTTP/1.0 with a body": (b"POST /echo HTTP/1.0\r\n" + TO + b"Content-Length: 3\r\n\r\none", {"body": "one"}),
    "HTTP/1.0 that stays": (b"GET /echo HTTP/1.0\r\n" + TO + b"Connection: keep-alive\r\n\r\n", {}),
    "a wish for another protocol": (
        GET + TO + b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
        {"upgrade": [], "http2-settings": []},
    ),
}


@pytest.mark.parametrize(("request_", "wanted"), LEGAL.values(), ids=LEGAL.keys())
def test_a_legal_request_reaches_its_target(target: World, request_: bytes, wanted: dict[str, Any]) -> None:
    answer = ask(target, request_)
    assert answer.statuses[-1] == 200, answer
    seen = answer.json
    for name, value in wanted.items():
        found = seen.get(name) if name in ("method", "path", "body") else _values(seen, name)
        assert found == value, name


def _values(seen: dict[str, Any], name: str) -> list[str]:
    return [value for header, value in seen["header_list"] if header == name]


def test_a_client_that_asks_may_go_on_before_it_sends_its_body(target: World) -> None:
    answer = ask(target, POST + TO + b"Content-Length: 3\r\nExpect: 100-continue\r\n" + CLOSE + b"one")
    assert answer.statuses == [100, 200]


def test_head_has_the_headers_and_no_body(target: World) -> None:
    answer = ask(target, b"HEAD /echo HTTP/1.1\r\n" + TO + CLOSE)
    assert (answer.statuses, answer.body, answer.headers["x-two"]) == ([200], b"", "2")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    ("request_", "closed"),
    [
        (GET + TO + CLOSE, True),
        (GET + TO + b"\r\n", False),
        (b"GET /echo HTTP/1.0\r\n" + TO + b"\r\n", True),
    ],
)
def test_the_connection_ends_when_it_is_to(target: World, request_: bytes, closed: bool) -> None:
    assert ask(target, request_).closed is closed


def test_two_requests_may_be_sent_at_once(target: World) -> None:
    before = len(target.upstreams["a"].seen)
    ask(target, b"GET /one HTTP/1.1\r\n" + TO + b"\r\n" + b"GET /two HTTP/1.1\r\n" + TO + CLOSE)
    assert target.upstreams["a"].seen[before:] == ["/one", "/two"]


ILLEGAL: dict[str, tuple[bytes, int]] = {
    "a continued line": (GET + TO + b"X-A: a\r\n b\r\n" + CLOSE, 400),
    "a blank before the first header": (GET + b" X-A: a\r\n" + TO + CLOSE, 400),
    "a blank before the colon": (GET + TO + b"X-A : a\r\n" + CLOSE, 400),
    "a blank in a name": (GET + TO + b"X A: a\r\n" + CLOSE, 400),
    "a bracket in a name": (GET + TO + b"X(A): a\r\n" + CLOSE, 400),
    "no name": (GET + TO + b": a\r\n" + CLOSE, 400),
    "no colon": (GET + TO + b"XA\r\n" + CLOSE, 400),
    "a control character in a value": (GET + TO + b"X-A: a\x01b\r\n" + CLOSE, 400),
    "a NUL in a value": (GET + TO + b"X-A: a\x00b\r\n" + CLOSE, 400),
    "a bare CR in a value": (GET + TO + b"X-A: a\rb\r\n" + CLOSE, 400),
    "no host": (GET + CLOSE, 400),
    "an empty host": (GET + b"Host:\r\n" + CLOSE, 400),
    "two hosts": (GET + TO + TO + CLOSE, 400),
    "a host with a blank": (GET + b"Host: a b\r\n" + CLOSE, 400),
    "a host with a path": (GET + b"Host: a/b\r\n" + CLOSE, 400),
    "a target with a blank": (b"GET /ec ho HTTP/1.1\r\n" + TO + CLOSE, 400),
    "no version": (b"GET /echo\r\n\r\n", 400),
    "an unknown version": (b"GET /echo HTTP/1.2\r\n" + TO + CLOSE, 400),
    "HTTP/2 in the words of HTTP/1": (b"GET /echo HTTP/2.0\r\n" + TO + CLOSE, 505),
    "not HTTP": (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
    "a length and chunks": (CHUNKED + b"Content-Length: 3\r\n" + CLOSE + b"3\r\none\r\n0\r\n\r\n", 400),
    "two lengths": (POST + TO + b"Content-Length: 3\r\nContent-Length: 4\r\n" + CLOSE + b"one", 400),
    "a negative length": (POST + TO + b"Content-Length: -3\r\n" + CLOSE, 400),
    "a length with a sign": (POST + TO + b"Content-Length: +3\r\n" + CLOSE + b"one", 400),
    "a chunk without a size": (CHUNKED + CLOSE + b"xx\r\none\r\n0\r\n\r\n", 400),
    "an encoding of the transfer that is none": (
        POST + TO + b"Transfer-Encoding: gzip, chunked\r\n" + CLOSE + b"3\r\none\r\n0\r\n\r\n",
        501,
    ),
    "chunks in HTTP/1.0": (
        b"POST /echo HTTP/1.0\r\n" + TO + b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n",
        400,
    ),
    "TRACE": (b"TRACE /echo HTTP/1.1\r\n" + TO + CLOSE, 405),
}


@pytest.mark.parametrize(("request_", "status"), ILLEGAL.values(), ids=ILLEGAL.keys())
def test_an_illegal_request_is_refused(target: World, request_: bytes, status: int) -> None:
    before = len(target.upstreams["a"].seen)
    answer = ask(target, request_)
    assert answer.statuses == [status], answer
    assert all("HTTP/1.2" not in one and one != "/ec" for one in target.upstreams["a"].seen[before:])
    assert ask(target, GET + TO + CLOSE).statuses == [200], "the balancer goes on"


def test_what_is_refused_does_not_reach_the_target(target: World) -> None:
    before = list(target.upstreams["a"].seen)
    for name in ("two hosts", "a host with a blank", "a continued line", "TRACE", "HTTP/2 in the words of HTTP/1"):
        ask(target, ILLEGAL[name][0])
    assert target.upstreams["a"].seen == before
