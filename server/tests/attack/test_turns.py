"""Twenty of the worst requests at once, with a quarter of a processor: /healthz answers within a second."""

import asyncio
import gzip
import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import token
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from stub import serving

from .processes import Process, process

BEFORE, AFTER = "a" * 64, "b" * 64
MANY = 300_000  # entries
LINE = (
    '{{"logical_key":"data/{n:07}.bin","physical_keys":["s3://quilt-example/crc.bin?versionId={n:032}"],'
    '"size":8000000,"hash":{{"type":"CRC64NVME","value":"{n:064x}"}},"meta":{{}}}}\n'
)
WITHIN = 1.0  # seconds
_GROUP = Path("/sys/fs/cgroup/cpu/quilt-mcp-attack")


class Bucket:
    """S3 with two large versions of a package, a gzip bomb and an object that must be hashed."""

    def __init__(self) -> None:
        self.app = Starlette(routes=[Route("/{bucket}/{key:path}", self.answer, methods=["GET", "HEAD"])])
        self.block = "".join(LINE.format(n=n) for n in range(1000)).encode()
        self.bomb = gzip.compress(b"a" * 1024**2) * 64
        self.object = bytes(8_000_000)

    async def answer(self, request: Request) -> Response:
        key = request.path_params["key"]
        headers = {"ETag": '"e"', "Last-Modified": "Sun, 22 Nov 2026 12:00:00 GMT"}
        if key.startswith(".quilt/named_packages/"):
            return Response(AFTER, headers=headers)
        if key.startswith(".quilt/workflows/"):
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        if key.startswith(".quilt/packages/"):
            return StreamingResponse(self.manifest(key[-64:]), headers=headers)
        body = self.bomb if key.endswith(".gz") else self.object
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        if wanted:
            first, last = int(wanted[1]), min(int(wanted[2]), len(body) - 1)
            if first > last:
                return Response("<Error><Code>InvalidRange</Code></Error>", 416)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            return Response(body[first : last + 1], 206, headers)
        return Response(body, headers=headers)

    async def manifest(self, version: str) -> AsyncIterator[bytes]:
        yield b'{"version":"v0"}\n'
        for number in range(0, MANY, 1000):
            yield self.block.replace(b"data/", f"data/{number:07}/".encode())
            await asyncio.sleep(0)


@contextmanager
def quarter(pid: int) -> Iterator[bool]:
    """A quarter of a processor for a process, where this machine lets a test limit one."""
    try:
        _GROUP.mkdir()
        for name, microseconds in (("period", 100_000), ("quota", 25_000)):
            next(_GROUP.glob(f"cpu.cfs_{name}_*")).write_text(str(microseconds))
        (_GROUP / "cgroup.procs").write_text(str(pid))
    except (OSError, StopIteration):
        yield False
        return
    try:
        yield True
    finally:
        parent = _GROUP.parent / "cgroup.procs"
        for each in (_GROUP / "cgroup.procs").read_text().split():
            parent.write_text(each)
        _GROUP.rmdir()


@pytest.fixture(scope="module")
def limited() -> Iterator[Process]:
    with serving(Bucket().app) as url, process(AWS_ENDPOINT_URL=url, QUILT_MCP_TOOL_TIMEOUT="10") as server:
        server.call("package_browse", {"registry": "quilt-example", "package_name": "a/b", "limit": 10})
        with quarter(server.pid):
            yield server


PACKAGE = {"registry": "quilt-example", "package_name": "a/b"}
WORST: dict[str, tuple[str, dict[str, Any]]] = {
    "diff": ("package_diff", PACKAGE | {"before": BEFORE, "after": AFTER}),
    "search": ("package_entries_search", PACKAGE | {"pattern": "*a*b*c*d*e*f*g*h*", "top_hash": AFTER}),
    "update": ("package_update", PACKAGE | {"remove": [f"z{n}" for n in range(1000)]}),
    "validate": ("package_validate", PACKAGE | {"read_objects": True, "top_hash": AFTER}),
    "unpack": (
        "bucket_object_text",
        {"s3_uri": "s3://quilt-example/bomb.gz", "offset": 60 * 1024**2, "max_bytes": 262_144},
    ),
}


@pytest.mark.parametrize("kinds", [*([kind] for kind in WORST), list(WORST)], ids=lambda kinds: "+".join(kinds))
def test_health_is_answered_next_to_twenty_of_the_worst_requests(limited: Process, kinds: list[str]) -> None:
    stop, answered = threading.Event(), list[float]()

    def look() -> None:
        while not stop.is_set():
            begin = time.monotonic()
            assert limited.http.get("/healthz").status_code == 200
            answered.append(time.monotonic() - begin)
            stop.wait(0.05)

    def ask(number: int) -> int:
        tool, arguments = WORST[kinds[number % len(kinds)]]
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        return limited.post(body, Authorization=f"Bearer {token(sub=f'user{number}')}").status_code

    with ThreadPoolExecutor(21) as threads:
        looking = threads.submit(look)
        try:
            statuses = set(threads.map(ask, range(20)))
        finally:
            stop.set()
        looking.result()
    assert statuses == {200}
    assert len(answered) > 5 and max(answered) < WITHIN, sorted(answered)[-5:]
