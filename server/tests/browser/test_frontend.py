"""The web frontend: a page of another origin in headless Chromium calls the server; a page of a foreign one cannot."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from conftest import KEY, environment, token
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from stub import serving

from browser.chromium import origin, program, visit
from quilt_mcp_server.app import build
from quilt_mcp_server.config import load

pytestmark = pytest.mark.skipif(program() is None, reason="Chromium is not installed (Debian: apt install chromium)")


@dataclass
class Recorded:
    """An application, and the method, origin and status of each request that reached it."""

    app: ASGIApp
    seen: list[tuple[str, str, int]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                origin_ = dict(scope["headers"]).get(b"origin", b"").decode()
                self.seen.append((scope["method"], origin_, message["status"]))
            await send(message)

        await self.app(scope, receive, noting)


@dataclass
class Visit:
    """What a page could see, and what the server saw of it."""

    report: dict[str, Any]
    seen: list[tuple[str, str, int]]
    origin: str


def visited(s3: Any, allowed: bool) -> Iterator[Visit]:
    s3.put_object(Bucket="quilt-example", Key="hello.txt", Body="grüezi\n".encode())
    with origin() as (page, reports):
        origins = page if allowed else "https://catalog.example.com"
        config = load(environment(QUILT_MCP_ALLOWED_HOSTS="127.0.0.1", QUILT_MCP_ALLOWED_ORIGINS=origins))
        recorded = Recorded(build(config))
        with serving(recorded) as server:
            settings = {"endpoint": f"{server}/mcp", "token": token(), "bad": token(KEY[::-1])}
            yield Visit(visit(page, reports, settings), recorded.seen, page)


@pytest.fixture
def frontend(s3: Any) -> Iterator[Visit]:
    yield from visited(s3, allowed=True)


@pytest.fixture
def foreign(s3: Any) -> Iterator[Visit]:
    yield from visited(s3, allowed=False)


def test_the_frontend_calls_the_server(frontend: Visit) -> None:
    report = frontend.report
    assert report["initialize"]["body"]["result"]["protocolVersion"] == "2025-11-25"
    assert {"whoami", "bucket_list"} <= {tool["name"] for tool in report["list"]["body"]["result"]["tools"]}
    assert report["read"]["body"]["result"]["structuredContent"]["text"] == "grüezi\n"
    assert report["modern"]["body"]["result"]["structuredContent"]["subject"] == "alice"
    for name in ("initialize", "list", "read", "modern"):
        assert report[name]["status"] == 200
        assert report[name]["request"], "a script can read the request id, for the operator"
    # Refusals can be read as well, so that the frontend can get another token.
    assert report["missing"]["status"] == report["wrong"]["status"] == 401
    assert report["missing"]["challenge"] == 'Bearer realm="quilt-mcp-server"'
    assert 'error="invalid_token"' in report["wrong"]["challenge"]
    assert ("OPTIONS", frontend.origin, 200) in frontend.seen, "the browser asked first"
    assert all(origin_ == frontend.origin for _, origin_, _ in frontend.seen)


def test_a_foreign_origin_is_refused(foreign: Visit) -> None:
    report = foreign.report
    for name in ("initialize", "list", "read", "modern", "missing", "wrong"):
        assert report[name].get("refused"), (name, report[name])
    # Nothing but the question got through, and what browsers send without asking was refused.
    assert {(method, status) for method, _, status in foreign.seen} == {("OPTIONS", 400), ("POST", 403)}
