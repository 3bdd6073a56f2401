"""Manifests whose lines are as large as lines may be, and far larger as objects, while the next line does not come."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from stub import serving

from quilt_mcp_server.quilt.manifest import MAXIMUM_LINE

from .processes import process

AT_ONCE = 12
GROWTH = 224  # MiB; measured 80 to 140. Kept as objects the lines would take 24 MiB each
META = b'"user_meta":{"a":[' + b"{}," * ((MAXIMUM_LINE - 1000) // 3) + b"0]}"
HEADER = b'{"version":"v0",' + META + b"}\n"
ENTRY = b'{"logical_key":"a","physical_keys":["s3://quilt-example/a"],"size":1,"hash":null,"meta":{' + META + b"}}\n"


class Stalling:
    """S3 whose manifests stop after two lines until they are let go."""

    def __init__(self) -> None:
        self.stalled = 0
        self.go_on = threading.Event()
        self.app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "HEAD"])])

    async def answer(self, request: Request) -> Response:
        if "/.quilt/named_packages/" in request.url.path:
            return Response("a" * 64, headers={"ETag": '"e"'})
        return StreamingResponse(self.lines(), headers={"ETag": '"e"'})

    async def lines(self) -> AsyncIterator[bytes]:
        yield HEADER
        yield ENTRY
        self.stalled += 1
        await asyncio.to_thread(self.go_on.wait)


@pytest.mark.parametrize(
    ("tool", "streams", "more"),
    [
        ("package_browse", 1, {}),
        ("package_entries_search", 1, {"pattern": "*"}),
        ("package_validate", 1, {}),
        ("package_diff", 2, {"before": "b" * 64}),
    ],
)
def test_large_lines_are_not_kept(tool: str, streams: int, more: dict[str, str]) -> None:
    bucket = Stalling()
    with serving(bucket.app) as url, process(AWS_ENDPOINT_URL=url) as server:
        server.call("whoami")
        before = server.peak()
        asked = {"registry": "quilt-example", "package_name": "a/b"} | more
        callers = [threading.Thread(target=server.call, args=(tool, asked)) for _ in range(AT_ONCE)]
        for caller in callers:
            caller.start()
        until = time.monotonic() + 20
        while bucket.stalled < AT_ONCE * streams and time.monotonic() < until:
            time.sleep(0.05)
        # Behind what the server has to do with these lines.
        assert server.http.get("/healthz").status_code == 200
        bucket.go_on.set()
        for caller in callers:
            caller.join()
        assert bucket.stalled >= AT_ONCE * streams
        assert server.peak() - before < GROWTH
