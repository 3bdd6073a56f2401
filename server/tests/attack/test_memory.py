"""What is too large to hold: a manifest with a million entries, bombs, lines without an end. Memory stays bounded."""

import asyncio
import gzip
import re
import threading
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from stub import serving

from .processes import Process, process

LARGE, LEFT, RIGHT, ENDLESS, PACKED = (letter * 64 for letter in "abcde")
ENTRIES = {LARGE: 1_000_000, LEFT: 200_000, RIGHT: 200_000}
BLOCK = 1000  # lines that are made at once
GROWTH = 32  # MiB that a call may add to what the server has at work
HEADER = b'{"version":"v0","user_meta":{"by":"attack"}}\n'
LINE = (
    '{{"logical_key":"data/{n:07}.bin","physical_keys":["s3://quilt-example/objects/{n:07}.bin?versionId={n:032}"],'
    '"size":{size},"hash":{{"type":"SHA256","value":"{n:064x}"}},"meta":{{}}}}\n'
)
WIDTH = len(LINE.format(n=0, size=1))


def block(first: int, size: int) -> bytes:
    return "".join(LINE.format(n=n, size=size) for n in range(first, first + BLOCK)).encode()


class Bucket:
    """S3 with a package of a million entries, made as they are asked for, two versions to compare, and hostile ones."""

    def __init__(self) -> None:
        self.sent = 0  # bytes
        self.app = Starlette(routes=[Route("/{bucket}/{key:path}", self.answer, methods=["GET", "HEAD"])])

    async def answer(self, request: Request) -> Response:
        key = request.path_params["key"]
        if key.startswith(".quilt/named_packages/"):
            return Response(LARGE, headers={"ETag": '"e"'})
        version = key.rpartition("/")[2]
        start = int((re.findall(r"bytes=(\d+)-", request.headers.get("range", "")) or ["0"])[0])
        headers = {"ETag": '"e"', "Last-Modified": "Sun, 22 Nov 2026 12:00:00 GMT"}
        if version in ENTRIES:
            total = len(HEADER) + ENTRIES[version] * WIDTH
            headers |= {"Content-Length": str(total - start), "Content-Range": f"bytes {start}-{total - 1}/{total}"}
            return StreamingResponse(self.count(self.manifest(version, start)), 206 if start else 200, headers)
        return StreamingResponse(self.count(self.endless(version)), headers=headers)

    async def manifest(self, version: str, start: int) -> AsyncIterator[bytes]:
        if start < len(HEADER):
            yield HEADER[start:]
        first, skip = divmod(max(0, start - len(HEADER)), WIDTH)
        first, skip = first - first % BLOCK, skip + first % BLOCK * WIDTH
        for number in range(first, ENTRIES[version], BLOCK):
            # Every tenth block is another one in the second version.
            yield block(number, 2 if version == RIGHT and number % (10 * BLOCK) == 0 else 1)[skip:]
            skip = 0

    async def endless(self, kind: str) -> AsyncIterator[bytes]:
        line = b"x" * 65536 if kind == ENDLESS else gzip.compress(b'{"logical_key":"x"}\n' * 50_000)
        for _ in range(16_000):
            yield line

    async def count(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self.sent += len(chunk)
            yield chunk
            # Lets Starlette see that the reader has gone.
            await asyncio.sleep(0)


@pytest.fixture(scope="module")
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture(scope="module")
def large(bucket: Bucket) -> Iterator[Process]:
    with serving(bucket.app) as url, process(AWS_ENDPOINT_URL=url) as server:
        server.call("package_browse", {"registry": "quilt-example", "package_name": "a/b", "limit": 1000})
        yield server


def ask(server: Process, tool: str, **arguments: Any) -> dict[str, Any]:
    return server.call(tool, {"registry": "quilt-example", "package_name": "a/b"} | arguments)


def test_a_page_reads_no_more_than_it_needs(large: Process, bucket: Bucket) -> None:
    before = bucket.sent
    page = ask(large, "package_browse", limit=10)
    assert [entry["logical_key"] for entry in page["entries"]] == [f"data/{n:07}.bin" for n in range(10)]
    assert page["meta"] == {"by": "attack"}
    second = ask(large, "package_browse", limit=10, cursor=page["next_cursor"])
    assert second["entries"][0]["logical_key"] == "data/0000010.bin"
    # What sockets and the chunk ahead hold, of 280 MB.
    assert bucket.sent - before < 24 * 1024**2


def test_a_million_entries_are_searched_while_others_are_served(large: Process) -> None:
    before, slowest, over = large.peak(), 0.0, threading.Event()

    def look() -> None:
        nonlocal slowest
        while not over.is_set():
            begin = time.monotonic()
            assert large.http.get("/healthz").status_code == 200
            slowest = max(slowest, time.monotonic() - begin)
            over.wait(0.05)

    watcher = threading.Thread(target=look)
    watcher.start()
    found: list[str] = []
    cursor, pages = None, 0
    try:
        while pages == 0 or cursor:
            page = ask(large, "package_entries_search", pattern="*/*99999.bin", cursor=cursor)
            found += [entry["logical_key"] for entry in page["entries"]]
            cursor, pages = page["next_cursor"], pages + 1
    finally:
        over.set()
        watcher.join()
    assert found == [f"data/{n:02}99999.bin" for n in range(10)]
    assert large.peak() - before < GROWTH
    assert slowest < 2, "the search kept others waiting"


def test_two_large_versions_are_compared(large: Process) -> None:
    before = large.peak()
    found = ask(large, "package_diff", before=LEFT, after=RIGHT, limit=3)
    assert (found["modified"], found["unchanged"], found["added"], found["removed"]) == (20_000, 180_000, 0, 0)
    assert large.peak() - before < GROWTH


@pytest.mark.parametrize("version", [ENDLESS, PACKED])
def test_a_manifest_without_lines_is_given_up(large: Process, bucket: Bucket, version: str) -> None:
    """A line without an end; and gzip, which HTTP's readers like to unpack, in place of lines."""
    before, sent = large.peak(), bucket.sent
    asked = {"registry": "quilt-example", "package_name": "a/b", "top_hash": version}
    assert "damaged" in large.fail("package_browse", asked)
    assert large.peak() - before < GROWTH
    assert bucket.sent - sent < 32 * 1024**2


@pytest.mark.parametrize("how", ["key", "encoding"])
def test_a_decompression_bomb(s3: Any, aws_url: str, how: str) -> None:
    """10 GiB in 10 MiB, of which at most 64 MiB are unpacked, a little at a time."""
    member = gzip.compress(b"a" * 64 * 1024**2)
    key = "bomb.gz" if how != "encoding" else "bomb.csv"
    more = {} if how == "key" else {"ContentEncoding": "gzip"}
    s3.put_object(Bucket="quilt-example", Key=key, Body=member * 160, **more)
    uri = f"s3://quilt-example/{key}"
    s3.put_object(Bucket="quilt-example", Key="small.gz", Body=gzip.compress(b"a"))
    with process() as server:
        server.call("bucket_object_text", {"s3_uri": "s3://quilt-example/small.gz", "max_bytes": 262_144})
        before = server.peak()
        far = {"s3_uri": uri, "max_bytes": 262_144, "offset": 60 * 1024**2}
        assert len(server.call("bucket_object_text", far)["text"]) == 262_144
        assert "only the first" in server.fail("bucket_object_text", far | {"offset": 70 * 1024**2})
        raw = server.call("bucket_object_fetch", {"s3_uri": uri, "max_bytes": 4096})
        assert raw["size"] == len(member) * 160
        assert server.peak() - before < GROWTH


def test_a_bomb_in_a_bomb_is_unpacked_once(s3: Any) -> None:
    inner = zlib.compress(b"a" * 1024**2)
    s3.put_object(Bucket="quilt-example", Key="b.gz", Body=gzip.compress(inner), ContentEncoding="deflate")
    with process() as server:
        part = server.call("bucket_object_text", {"s3_uri": "s3://quilt-example/b.gz", "encoding": "latin-1"})
        assert part["text"].encode("latin-1") == inner
