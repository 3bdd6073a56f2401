"""Documents that every web page may read, next to an application that has its own rules."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from quilt_mcp_server.transport.public_documents import PublicDocumentsMiddleware


async def public(_: Request) -> PlainTextResponse:
    return PlainTextResponse("public")


async def other(_: Request) -> PlainTextResponse:
    return PlainTextResponse("other")


@pytest.fixture
def http() -> httpx.AsyncClient:
    app = Starlette(
        routes=[Route("/other", other), Route("/public", other, methods=["POST"])],
        middleware=[Middleware(PublicDocumentsMiddleware, [Route("/public", public)])],
    )
    app.router.redirect_slashes = False
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")


async def test_any_origin_reads_a_document(http: httpx.AsyncClient) -> None:
    found = await http.get("/public", headers={"Origin": "https://anything.example"})
    assert (found.text, found.headers["access-control-allow-origin"]) == ("public", "*")
    assert "access-control-allow-credentials" not in found.headers
    asked = {
        "Origin": "null",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "mcp-protocol-version",
    }
    preflight = await http.options("/public", headers=asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "*")
    assert "mcp-protocol-version" in preflight.headers["access-control-allow-headers"]


async def test_everything_else_is_the_application_s(http: httpx.AsyncClient) -> None:
    found = await http.get("/other", headers={"Origin": "https://anything.example"})
    assert (found.text, found.headers.get("access-control-allow-origin")) == ("other", None)
    assert (await http.get("/public/")).status_code == 404
    assert (await http.post("/public")).status_code == 405
