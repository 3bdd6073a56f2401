"""Bodies that take far more memory than they have bytes, many at once, that wait for a slow AWS."""

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from conftest import HOST, Running, token
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from stub import serving

from quilt_mcp_server.telemetry.logs import access_log
from quilt_mcp_server.transport.request_body import MAXIMUM_BODY, MAXIMUM_CONTAINERS

from .processes import Process, process

AT_ONCE = 32
GROWTH = 192  # MiB that bodies may add: 128 of objects, and what they are made of and copied to


class SlowBucket:
    """S3 that answers when it is asked to."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers = threading.Event()
        self.app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "PUT", "HEAD", "POST"])])

    async def answer(self, _: Request) -> Response:
        self.asked += 1
        await asyncio.to_thread(self.answers.wait)
        return Response("<Error><Code>NoSuchKey</Code></Error>", 404)


@pytest.fixture(scope="module")
def bucket() -> SlowBucket:
    return SlowBucket()


@pytest.fixture(scope="module")
def slow(bucket: SlowBucket) -> Iterator[Process]:
    with serving(bucket.app) as url, process(AWS_ENDPOINT_URL=url) as server:
        bucket.answers.set()
        assert send(server, package("1")).status_code == 200
        yield server
        bucket.answers.set()


@pytest.fixture(scope="module")
def at_work(slow: Process) -> float:
    """What the server takes before any of these bodies, MiB."""
    return slow.peak()


def package(metadata: str) -> bytes:
    """A call that waits for S3 with its metadata in memory."""
    arguments = (
        '{"registry":"quilt-example","package_name":"a/b","entries":[{"s3_uri":"s3://quilt-example/x"}],'
        f'"metadata":{{"a":{metadata}}}}}'
    )
    call = f'{{"name":"package_create","arguments":{arguments}}}'
    return f'{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{call}}}'.encode()


def send(server: Running, body: bytes, **headers: str) -> httpx.Response:
    base = {"Host": HOST, "Accept": "application/json", "Content-Type": "application/json"}
    base |= {"Authorization": f"Bearer {token()}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.post(f"{server.url}/mcp", content=body, headers=base, timeout=60, trust_env=False)


def filled(piece: str) -> bytes:
    """A body full of a piece, as large as any."""
    return package("[" + piece * ((MAXIMUM_BODY - 400) // len(piece)) + "0]")


SPARSE = "{}," * (MAXIMUM_CONTAINERS - 100)
BODIES = {
    "lists in lists": package("[" + "[[]]," * ((MAXIMUM_CONTAINERS - 100) // 2) + "0]"),
    "few objects in a small body": package(f"[{SPARSE}0]"),
    "objects and numbers": package(f"[{SPARSE}" + "1.5," * 180_000 + "0]"),
    "numbers": filled("1e9,"),
    "strings": package(json.dumps([chr(256 + n % 9000) + chr(300 + n // 9000) for n in range(60_000)])),
    "one string": filled("0,").replace(b"0,", b"00").replace(b"[0", b'"0').replace(b"0]", b'0"'),
}


@pytest.mark.parametrize("kind", BODIES)
def test_many_bodies_at_once_stay_within_the_memory(
    slow: Process, at_work: float, bucket: SlowBucket, kind: str
) -> None:
    found: list[httpx.Response] = []
    body = BODIES[kind]
    assert len(body) <= MAXIMUM_BODY
    bucket.answers.clear()
    bucket.asked = 0
    threads = [threading.Thread(target=lambda: found.append(send(slow, body))) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    # All were refused or wait for S3: nothing is going to be read any more.
    until = time.monotonic() + 30
    while len(found) + bucket.asked < AT_ONCE and time.monotonic() < until:
        time.sleep(0.02)
    waiting = bucket.asked
    assert slow.http.get("/healthz").status_code == 200
    bucket.answers.set()
    for thread in threads:
        thread.join()
    assert slow.peak() - at_work < GROWTH
    assert waiting > 0
    refused = [answer for answer in found if answer.status_code != 200]
    assert all((answer.status_code, answer.headers["retry-after"]) == (503, "2") for answer in refused)
    assert len(refused) + waiting == AT_ONCE
    # What was held is given back.
    assert send(slow, body).status_code == 200


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
def test_a_body_of_nothing_but_objects_is_refused(server: Running, version: str) -> None:
    answer = send(server, filled("{},"), MCP_Protocol_Version=version)
    assert answer.status_code == 413
    assert f"more than {MAXIMUM_CONTAINERS} objects" in answer.json()["error"]["message"]
    # No deeper than a reader can go, and no wider than it may be.
    assert send(server, b"[" * 90_000, MCP_Protocol_Version=version).status_code == 400


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
def test_a_client_that_leaves_in_its_body_is_no_crash(
    server: Running, caplog: pytest.LogCaptureFixture, version: str
) -> None:
    caplog.set_level(logging.INFO, access_log.name)
    before = len(caplog.records)
    with socket.create_connection(("127.0.0.1", server.http.base_url.port or 0)) as raw:
        raw.sendall(
            f"POST /mcp HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token()}\r\n"
            f"Content-Type: application/json\r\nAccept: application/json\r\nMCP-Protocol-Version: {version}\r\n"
            "Mcp-Method: ping\r\nContent-Length: 100\r\n\r\n{".encode()
        )
    until = time.monotonic() + 10
    while len(caplog.records) == before and time.monotonic() < until:
        time.sleep(0.02)
    server.rpc("ping")
    left, ping = caplog.records[before:]
    assert (left.__dict__["fields"]["outcome"], left.__dict__["fields"]["status"]) == ("disconnected", 0)
    assert not left.exc_info and ping.__dict__["fields"]["method"] == "ping"
