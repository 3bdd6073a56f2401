"""A request of a revision with handshake gets the answer that the SDK's own transport gives it."""

import pytest
from conftest import ORIGIN

from transport.sdk_answers import both, initialize, request


@pytest.mark.parametrize(
    "version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "1999-01-01"]
)
async def test_every_version_is_negotiated_alike(version: str) -> None:
    theirs, own = await both(initialize(version), {})
    assert (own.status_code, own.json()) == (theirs.status_code, theirs.json())
    assert "result" in own.json()


@pytest.mark.parametrize("version", ["", "2025-03-26", "2025-11-25"])
@pytest.mark.parametrize(
    "body",
    [
        request("ping"),
        request("ping", request_id="a string"),
        request("tools/list"),
        request("tools/list", {"cursor": "unknown"}),
        request("prompts/list"),
        request("resources/list"),
        request("tools/call", {"name": "whoami", "arguments": {}}),
        request("tools/call", {"name": "whoami", "arguments": {}, "_meta": {"progressToken": 7}}),
        request("tools/call", {"name": "whoami", "arguments": {"x": 1}}),
        request("tools/call", {"name": "catalog_url", "arguments": {"registry": "s3://quilt-example"}}),
        request("tools/call", {"name": "nothing", "arguments": {}}),
        request("tools/call", {"arguments": {}}),
        request("tools/call"),
        request("resources/read", {"uri": "auth://nothing"}),
        request("no/such/method"),
        request("server/discover"),
        request("notifications/initialized", request_id=None),
        request("notifications/unknown", request_id=None),
        b'{"jsonrpc": "2.0", "id": 1, "result": {}}',
        b"",
        b"{",
        b"\xff",
    ],
)
async def test_answers(body: bytes, version: str) -> None:
    theirs, own = await both(body, {"MCP-Protocol-Version": version})
    assert (own.status_code, own.content and own.json()) == (theirs.status_code, theirs.content and theirs.json())
    assert own.headers["content-type"] == theirs.headers["content-type"]


@pytest.mark.parametrize("body", [b"null", b"[]", b"7", b"{}", request("ping", [1]), request("ping", jsonrpc="1.0")])
async def test_what_is_no_message_is_answered_without_an_echo(body: bytes) -> None:
    theirs, own = await both(body, {})
    assert own.status_code == theirs.status_code == 400
    assert own.json()["error"]["code"] == theirs.json()["error"]["code"]
    assert "JSON-RPC 2.0" in own.json()["error"]["message"] and "input" not in own.text


@pytest.mark.parametrize("request_id", ["null", "1.5", "true", "[]", "{}"])
async def test_a_request_whose_id_is_none_is_answered(request_id: str) -> None:
    """The one difference: the SDK takes it for a notification, and its sender waits for an answer that never comes."""
    theirs, own = await both(f'{{"jsonrpc": "2.0", "id": {request_id}, "method": "ping"}}'.encode(), {})
    assert (theirs.status_code, theirs.content) == (202, b"")
    assert (own.status_code, own.json()["id"], own.json()["error"]["code"]) == (400, None, -32600)
    assert "string or a whole number" in own.json()["error"]["message"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Accept": ""}, 200),
        ({"Accept": "*/*"}, 200),
        ({"Accept": "application/json"}, 200),
        ({"Accept": "text/event-stream"}, 406),
        ({"Accept": "text/html"}, 406),
        ({"Content-Type": ""}, 400),
        ({"Content-Type": "text/plain"}, 400),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
        ({"Host": "evil.example.com"}, 421),
        ({"Origin": "https://evil.example.com"}, 403),
        ({"Origin": ORIGIN}, 200),
        ({"Mcp-Session-Id": "somebody-elses"}, 200),
    ],
)
async def test_headers(headers: dict[str, str], status: int) -> None:
    theirs, own = await both(request("ping"), headers)
    assert (own.status_code, own.content) == (theirs.status_code, theirs.content)
    assert own.status_code == status
