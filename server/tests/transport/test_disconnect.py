"""Clients that hang up while their request is served, in the revision in which that is a cancellation and before."""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from athena_tables import run, transition
from conftest import HOST, PING, Running, token
from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from stub import serving

from quilt_mcp_server.quilt import publishing
from quilt_mcp_server.transport.concurrency import RESERVE

OLD, NEW, BATCH = "2025-11-25", "2026-07-28", "2025-03-26"
VERSIONS = pytest.mark.parametrize("version", [OLD, NEW])
WITHIN = 2.0  # seconds in which nothing more is asked of AWS


def request(tool: str, arguments: dict[str, Any], version: str, sub: str = "alice") -> bytes:
    """A call as a client of the revision sends it, headers and body."""
    params: dict[str, Any] = {"name": tool, "arguments": arguments}
    if version == NEW:
        params["_meta"] = {PROTOCOL_VERSION_META_KEY: NEW, CLIENT_CAPABILITIES_META_KEY: {}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    named = ["Mcp-Method: tools/call", f"Mcp-Name: {tool}"] if version == NEW else []
    return post(body, version, *named, sub=sub)


def post(body: str, version: str, *headers: str, sub: str = "alice") -> bytes:
    lines = [
        "POST /mcp HTTP/1.1",
        f"Host: {HOST}",
        f"Authorization: Bearer {token(sub=sub)}",
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        f"MCP-Protocol-Version: {version}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@contextmanager
def asking(server: Running, data: bytes) -> Iterator[socket.socket]:
    """A client that has sent a request, until it hangs up at the end of the block."""
    with socket.create_connection(("127.0.0.1", server.http.base_url.port or 0), timeout=20) as raw:
        raw.sendall(data)
        yield raw


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


class EndlessBucket:
    """S3 with a listing that never ends."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "HEAD"])])

    async def answer(self, asked: Request) -> Response:
        self.asked.append(time.monotonic())
        await asyncio.sleep(0.05)
        token = len(self.asked)
        page = (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated>'
            f"<Contents><Key>.quilt/named_packages/a/b/{1000000000 + token}</Key><Size>64</Size></Contents>"
            f"<NextContinuationToken>{token}</NextContinuationToken></ListBucketResult>"
        )
        return Response(page, media_type="application/xml")


@VERSIONS
def test_a_read_stops(serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    bucket = EndlessBucket()
    with serving(bucket.app) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        server = serve()
        arguments = {"registry": "quilt-example", "package_name": "a/b"}
        with asking(server, request("package_versions", arguments, version)):
            until(lambda: len(bucket.asked) > 3)
        gone = time.monotonic()
        time.sleep(WITHIN + 0.5)
        assert [asked for asked in bucket.asked if asked > gone + WITHIN] == []
        assert len(bucket.asked) < 20


def test_a_batch_stops_as_a_whole(serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its messages are served several at a time, and those that have not begun are not begun."""
    bucket = EndlessBucket()
    with serving(bucket.app) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        server = serve()
        wanted = {"name": "package_versions", "arguments": {"registry": "quilt-example", "package_name": "a/b"}}
        quick = {"jsonrpc": "2.0", "id": 99, "method": "ping"}
        batch = [{"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": wanted} for n in range(8)]
        # Those that end first must not take the others along, nor leave them behind.
        with asking(server, post(json.dumps([quick, *batch, quick]), BATCH)):
            until(lambda: len(bucket.asked) > 12)
        gone = time.monotonic()
        time.sleep(WITHIN + 0.5)
        assert [asked for asked in bucket.asked if asked > gone + WITHIN] == []
        assert len(bucket.asked) < 60
        assert server.post(PING).status_code == 200


@VERSIONS
def test_a_query_is_stopped_if_that_is_a_cancellation(server: Running, athena: Any, aws_url: str, version: str) -> None:
    transition(aws_url, progression="manual", times=1000)
    try:
        with asking(server, request("athena_query_execute", run("select id from orders", wait_seconds=35), version)):
            until(lambda: executions(athena))
        time.sleep(WITHIN)
        assert states(athena) == (["CANCELLED"] if version == NEW else ["QUEUED"])
    finally:
        transition(aws_url, progression="immediate")


def test_a_query_that_athena_begins_for_a_client_that_is_gone_is_stopped(
    server: Running, athena: Any, aws_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moto.athena.responses import AthenaResponse

    begin, begun = AthenaResponse.start_query_execution, []

    def slowly(self: Any) -> Any:
        begun.append(time.monotonic())
        time.sleep(1)
        return begin(self)

    monkeypatch.setattr(AthenaResponse, "start_query_execution", slowly)
    transition(aws_url, progression="manual", times=1000)
    try:
        with asking(server, request("athena_query_execute", run("select id from orders", wait_seconds=35), NEW)):
            until(lambda: begun)
        until(lambda: states(athena) == ["CANCELLED"])
    finally:
        transition(aws_url, progression="immediate")


def test_a_query_that_cannot_be_stopped_is_said(
    server: Running, athena: Any, aws_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from moto.athena.exceptions import InvalidArgumentException
    from moto.athena.responses import AthenaResponse

    def refused(_self: Any) -> Any:
        raise InvalidArgumentException("not now")

    monkeypatch.setattr(AthenaResponse, "stop_query_execution", refused)
    transition(aws_url, progression="manual", times=1000)
    try:
        with asking(server, request("athena_query_execute", run("select id from orders", wait_seconds=35), NEW)):
            until(lambda: executions(athena))
        until(lambda: [line for line in caplog.messages if "nobody waits for was not stopped" in line])
    finally:
        transition(aws_url, progression="immediate")


def executions(athena: Any) -> list[str]:
    found: list[str] = athena.list_query_executions(WorkGroup="quilt")["QueryExecutionIds"]
    return found


def states(athena: Any) -> list[str]:
    return [
        athena.get_query_execution(QueryExecutionId=each)["QueryExecution"]["Status"]["State"]
        for each in executions(athena)
    ]


class Steps:
    """The steps of a publication, each of which takes a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: list[str] = []
        self.done: list[str] = []
        for name in ("_send_manifest", "point_latest", "record_time"):
            monkeypatch.setattr(publishing, name, self.slow(name, getattr(publishing, name)))

    def slow(self, name: str, step: Any) -> Any:
        async def slowly(*args: Any) -> Any:
            self.begun.append(name)
            await asyncio.sleep(0.5)
            result = await step(*args)
            self.done.append(name)
            return result

        return slowly


@pytest.mark.parametrize(
    ("version", "left_at", "done"),
    [
        (NEW, "_send_manifest", []),
        (NEW, "point_latest", ["_send_manifest", "point_latest", "record_time"]),
        (NEW, "record_time", ["_send_manifest", "point_latest", "record_time"]),
        (OLD, "_send_manifest", ["_send_manifest", "point_latest", "record_time"]),
        (OLD, "point_latest", ["_send_manifest", "point_latest", "record_time"]),
    ],
)
def test_a_publication_is_whole_or_not_there(
    server: Running, s3: Any, monkeypatch: pytest.MonkeyPatch, version: str, left_at: str, done: list[str]
) -> None:
    s3.put_object(Bucket="quilt-example", Key="a.csv", Body=b"a")
    steps = Steps(monkeypatch)
    arguments = {
        "registry": "quilt-example",
        "package_name": "a/b",
        "entries": [{"logical_key": "a.csv", "s3_uri": "s3://quilt-example/a.csv"}],
    }
    with asking(server, request("package_create", arguments, version)):
        until(lambda: left_at in steps.begun)
    time.sleep(2.0)
    assert steps.done == done
    listed = s3.list_objects_v2(Bucket="quilt-example", Prefix=".quilt/named_packages/").get("KeyCount", 0)
    assert listed == (2 if done else 0)


@VERSIONS
def test_five_who_hang_up_do_not_keep_a_sixth_waiting(
    serve: Callable[..., Running], athena: Any, aws_url: str, version: str
) -> None:
    server = serve(QUILT_MCP_MAX_USER_REQUESTS="5", QUILT_MCP_ATHENA_WORKGROUP="quilt")
    transition(aws_url, progression="manual", times=1000)
    try:
        with ExitStack() as clients:
            wanted = run("select id from orders", wait_seconds=35)
            for _ in range(5):
                clients.enter_context(asking(server, request("athena_query_execute", wanted, version)))
            until(lambda: len(executions(athena)) == 5)
            assert server.post(call("whoami")).status_code == 503
        until(lambda: server.post(call("whoami")).status_code == 200, WITHIN)
    finally:
        transition(aws_url, progression="immediate")


def call(tool: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {}}}


def test_those_who_do_not_hang_up_hold_their_own_share_alone(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a balancer that keeps the connection when its client has gone."""
    bucket = EndlessBucket()
    with serving(bucket.app) as url, ExitStack() as clients:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        server = serve(QUILT_MCP_MAX_USER_REQUESTS="5", QUILT_MCP_MAX_REQUESTS="6")
        wanted = {"registry": "quilt-example", "package_name": "a/b"}
        for _ in range(5):
            clients.enter_context(asking(server, request("package_versions", wanted, OLD)))
        until(lambda: server.post(call("whoami")).status_code == 503)
        refused = server.post(call("whoami"))
        assert refused.headers["retry-after"] == "2"
        assert "5 of your requests are being served" in refused.text
        assert server.post(PING).status_code == 200
        cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
        assert server.post(cancelled).status_code == 202
        bob = f"Bearer {token(sub='bob')}"
        assert server.post(call("whoami"), Authorization=bob).status_code == 200
        assert server.post(call("whoami"), Authorization="").status_code == 401
        assert server.http.get("/healthz").status_code == 200
        # The sixth place of all is bob's now, and carol finds none.
        clients.enter_context(asking(server, request("package_versions", wanted, OLD, sub="bob")))
        carol = f"Bearer {token(sub='carol')}"
        until(lambda: server.post(call("whoami"), Authorization=carol).status_code == 503)
        assert server.post(PING, Authorization=carol).status_code == 200
        assert server.post(call("whoami"), Authorization="").status_code == 401


def test_slow_bodies_are_of_a_user_s_share_too(serve: Callable[..., Running]) -> None:
    server = serve(QUILT_MCP_MAX_USER_REQUESTS="2")
    head = request("whoami", {}, OLD).partition(b"\r\n\r\n")[0] + b"\r\n\r\n{"
    with ExitStack() as clients:
        for _ in range(2 + RESERVE):
            clients.enter_context(asking(server, head))
        until(lambda: server.post(PING).status_code == 503)
        bob = f"Bearer {token(sub='bob')}"
        assert server.post(call("whoami"), Authorization=bob).status_code == 200
        assert server.post(PING, Authorization="").status_code == 401
    until(lambda: server.post(PING).status_code == 200)
