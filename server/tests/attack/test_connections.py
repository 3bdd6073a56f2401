"""Beyond a limit of connections the one that waits longest is closed, or a new one is refused."""

import asyncio
import json
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from conftest import HOST, Running, environment, running, token
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from stub import serving

from quilt_mcp_server.config import load
from quilt_mcp_server.transport.uvicorn_protocol import MAXIMUM_CONNECTIONS

from .processes import process

LIMIT = 10
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
BEGUN = b"POST /mcp HTTP/1.1\r\nHost: x\r\n"  # headers that do not end


def connect(server: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.http.base_url.port or 0), timeout=10)


def is_open(connection: socket.socket, seconds: float = 0.3) -> bool:
    connection.settimeout(seconds)
    try:
        return connection.recv(1000) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False


def asked(connection: socket.socket, data: bytes = HEALTH) -> bytes:
    connection.settimeout(10)
    connection.sendall(data)
    return connection.recv(10_000)


@pytest.fixture
def few(serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.setattr("quilt_mcp_server.transport.uvicorn_protocol.MAXIMUM_CONNECTIONS", LIMIT)
    found = serve()
    time.sleep(0.1)
    return found


@pytest.mark.parametrize("sent", [b"", BEGUN], ids=["nothing sent", "headers that do not end"])
def test_the_connection_that_waits_longest_is_closed(few: Running, sent: bytes) -> None:
    with ExitStack() as stack:
        opened = [stack.enter_context(connect(few)) for _ in range(LIMIT)]
        for each in opened:
            each.sendall(sent)
        time.sleep(0.2)
        new = [stack.enter_context(connect(few)) for _ in range(3)]
        assert [asked(each)[:15] for each in new] == [b"HTTP/1.1 200 OK"] * 3
        assert [is_open(each) for each in opened] == [False] * 3 + [True] * (LIMIT - 3)


def test_who_has_asked_just_now_waits_shortest(few: Running) -> None:
    with ExitStack() as stack:
        opened = [stack.enter_context(connect(few)) for _ in range(LIMIT)]
        time.sleep(0.2)
        assert b"200 OK" in asked(opened[0])
        stack.enter_context(connect(few))
        time.sleep(0.2)
        assert not is_open(opened[1])
        assert b"200 OK" in asked(opened[0])


class SlowBucket:
    """S3 that does not answer."""

    def __init__(self) -> None:
        self.asked = 0
        self.app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "HEAD"])])

    async def answer(self, request: Request) -> Response:
        self.asked += 1
        await asyncio.sleep(20)
        return Response("")


@contextmanager
def busy(server: Running, bucket: SlowBucket, count: int) -> Iterator[list[socket.socket]]:
    params = {"name": "bucket_objects_list", "arguments": {"bucket": "quilt-example"}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    head = (
        f"POST /mcp HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token()}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json, text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with ExitStack() as stack:
        opened = [stack.enter_context(connect(server)) for _ in range(count)]
        for each in opened:
            each.sendall((head + body).encode())
        deadline = time.monotonic() + 10
        while bucket.asked < count:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield opened


def test_those_that_are_served_are_not_closed(few: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = SlowBucket()
    with serving(bucket.app) as url, ExitStack() as stack:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        server = stack.enter_context(running(load(environment(QUILT_MCP_TOOL_TIMEOUT="5"))))
        with busy(server, bucket, LIMIT) as served:
            with connect(server) as refused:
                refused.settimeout(5)
                answer = refused.recv(1000)
                assert answer.startswith(b"HTTP/1.1 503 ") and b"retry-after: 2\r\n" in answer
                assert not is_open(refused)
            assert all(is_open(each, 0.01) for each in served)
            # They are answered.
            served[0].settimeout(10)
            assert served[0].recv(1000).startswith(b"HTTP/1.1 200 ")
            time.sleep(0.2)
            with connect(server) as new:
                assert b"200 OK" in asked(new)


def test_health_next_to_more_idle_connections_than_there_may_be() -> None:
    many = MAXIMUM_CONNECTIONS + 400
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, many + 500)), hard))
    slowest, stop = 0.0, threading.Event()
    with process() as server, ExitStack() as stack:

        def look() -> None:
            nonlocal slowest
            while not stop.is_set():
                begin = time.monotonic()
                with connect(server) as fresh:
                    assert b"200 OK" in asked(fresh)
                slowest = max(slowest, time.monotonic() - begin)
                stop.wait(0.05)

        looking = threading.Thread(target=look)
        looking.start()
        try:
            for _ in range(many):
                stack.enter_context(connect(server)).sendall(BEGUN)
            time.sleep(1)
        finally:
            stop.set()
            looking.join()
        assert 0 < slowest < 1
        assert server.open_files() < MAXIMUM_CONNECTIONS + 100
