"""A request of a revision with handshake gets the answer that the SDK's own transport gives it."""

import asyncio
import json
import logging
import time
from typing import Any

import pytest
from conftest import ORIGIN, environment
from mcp.server.transport_security import TransportSecuritySettings

from quilt_mcp_server.auth.middleware import FixedPrincipalMiddleware
from quilt_mcp_server.auth.principal import LOCAL_USER
from quilt_mcp_server.config import load
from quilt_mcp_server.protocol.server import QuiltServer
from quilt_mcp_server.tools.catalog import CatalogTools
from quilt_mcp_server.tools.identity import IdentityTools
from quilt_mcp_server.transport import stateless_transport
from quilt_mcp_server.transport.access_log import AccessLogMiddleware
from quilt_mcp_server.transport.enveloped_request import EnvelopedTransport
from quilt_mcp_server.transport.stateless_transport import StatelessTransport
from transport.sdk_answers import WHO, both, initialize, request


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
    # The SDK gives an empty body a type, which clients then try to read.
    assert own.headers.get("content-type") == (theirs.headers["content-type"] if own.content else None)


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
        ({"Content-Type": ""}, 415),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/json-seq"}, 415),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
        ({"Host": "evil.example.com"}, 421),
        ({"Origin": "https://evil.example.com"}, 403),
        ({"Origin": ORIGIN}, 200),
        ({"Mcp-Session-Id": "somebody-elses"}, 200),
    ],
)
async def test_headers(headers: dict[str, str], status: int) -> None:
    """A refusal has the SDK's status, but for the kind of content, and a form that clients show."""
    theirs, own = await both(request("ping", request_id=5), headers)
    assert own.status_code == status
    assert status in (theirs.status_code, 415)
    assert own.json()["id"] == 5
    assert bool(own.json().get("error", {}).get("message")) == (status != 200)


async def test_a_revision_without_handshake_wants_an_envelope() -> None:
    theirs, own = await both(request("tools/list"), {"MCP-Protocol-Version": "2026-07-28"})
    assert (own.status_code, own.json()) == (theirs.status_code, theirs.json()) and own.status_code == 400


@pytest.mark.parametrize("version", [None, "2025-11-25", "2026-07-28"])
async def test_who_names_nothing_takes_anything(version: str | None) -> None:
    """A missing Accept is no refusal. (httpx sends one of its own, so that this asks the application.)"""
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": WHO,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = request("tools/list", {"_meta": meta} if version == "2026-07-28" else {})
    headers = {"Content-Type": "application/json", "Mcp-Method": "tools/list"}
    sent = headers | ({"MCP-Protocol-Version": version} if version else {})
    status, answer = await asked(body, sent)
    assert (status, len(answer["result"]["tools"])) == (200, 3)


async def asked(body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    """The answer to exactly these headers; of an empty one None."""
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return await asked_with(body, pairs)


async def asked_with(body: bytes, headers: list[tuple[bytes, bytes]]) -> tuple[int, Any]:
    """The same with a list of headers, which may have one twice."""
    server = QuiltServer(45)
    config = load(environment(QUILT_MCP_CATALOG_URL="https://demo.quiltdata.com"))
    for group in (IdentityTools(config), CatalogTools(config)):
        server.add_group(group)
    off = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    server.streamable_http_app(stateless_http=True, json_response=True, transport_security=off)
    sessions = server.session_manager
    app = FixedPrincipalMiddleware(StatelessTransport(sessions.app, EnvelopedTransport(sessions.app)), LOCAL_USER)
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/mcp", "query_string": b"", "headers": headers}
    async with sessions.run():
        await app(scope, receive, send)
    answer = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], json.loads(answer) if answer else None


KIND = (b"content-type", b"application/json")
VERSION = b"mcp-protocol-version"


@pytest.mark.parametrize(
    ("versions", "code", "said"),
    [
        ([b"2025-11-25", b"2025-11-25"], -32600, "more than one MCP-Protocol-Version"),
        ([b"2025-06-18", b"2026-07-28"], -32600, "more than one MCP-Protocol-Version"),
        ([b"2025-11-25, 2025-11-25"], -32022, "knows 2024-11-05"),
        ([b"1999-01-01"], -32022, "knows 2024-11-05"),
        ([b"2099-01-01"], -32022, "2026-07-28"),
        ([b""], -32022, "knows 2024-11-05"),
        ([b"x" * 5000], -32022, "knows 2024-11-05"),
    ],
)
@pytest.mark.parametrize("method", ["ping", "initialize", "tools/list"])
async def test_a_version_that_is_none_is_the_reason(versions: list[bytes], code: int, said: str, method: str) -> None:
    body = initialize("2025-11-25") if method == "initialize" else request(method)
    status, answer = await asked_with(body, [KIND, *((VERSION, version) for version in versions)])
    assert (status, answer["id"], answer["error"]["code"]) == (400, 1, code)
    assert said in answer["error"]["message"] and len(json.dumps(answer)) < 800


BATCH = [
    {"jsonrpc": "2.0", "id": 1, "method": "ping"},
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": "two", "method": "tools/call", "params": {"name": "whoami"}},
    {"jsonrpc": "2.0", "id": 3, "method": "no/such/method"},
    {"jsonrpc": "2.0", "id": 4, "method": "initialize", "params": {}},
    {"id": 5, "method": "ping"},
    7,
]


@pytest.mark.parametrize("version", [None, "2025-03-26"])
async def test_a_batch_is_answered_in_its_order(version: str | None) -> None:
    """Under 2025-03-26, which a request without a version is of."""
    headers = {"Content-Type": "application/json"} | ({"MCP-Protocol-Version": version} if version else {})
    status, answers = await asked(json.dumps(BATCH).encode(), headers)
    assert status == 200
    assert [answer["id"] for answer in answers] == [1, "two", 3, 4, 5, None]
    assert answers[0]["result"] == {} and answers[1]["result"]["structuredContent"]["subject"] == "local"
    assert [answer["error"]["code"] for answer in answers[2:]] == [-32601, -32600, -32602, -32602]


async def test_a_batch_of_notifications_is_accepted() -> None:
    assert await asked(json.dumps([BATCH[1]] * 3).encode(), {"Content-Type": "application/json"}) == (202, None)


async def test_a_batch_has_a_limit_of_messages_and_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"Content-Type": "application/json"}
    status, answer = await asked(json.dumps([BATCH[0]] * (stateless_transport.MAXIMUM_BATCH + 1)).encode(), headers)
    assert (status, answer["id"]) == (413, None) and "at most 32 messages" in answer["error"]["message"]
    monkeypatch.setattr(stateless_transport, "BATCH_SECONDS", 0.2)
    running = 0

    async def slow(*_: Any, **__: Any) -> dict[str, Any]:
        nonlocal running
        running += 1
        await asyncio.sleep(5)
        return {}

    monkeypatch.setattr(stateless_transport, "serve_one", slow)
    begin = time.monotonic()
    status, answers = await asked(json.dumps([BATCH[0]] * 10).encode(), headers)
    assert time.monotonic() - begin < 2 and running == 4
    assert len(answers) == 10 and all("took longer" in answer["error"]["message"] for answer in answers)


@pytest.mark.parametrize("version", ["2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28"])
async def test_other_revisions_have_no_batches(version: str) -> None:
    headers = {"Content-Type": "application/json", "MCP-Protocol-Version": version}
    status, answer = await asked(json.dumps(BATCH).encode(), headers)
    assert (status, answer["id"], answer["error"]["code"]) == (400, None, -32600)


@pytest.mark.parametrize("version", ["2025-11-25", "2025-03-26"])
@pytest.mark.parametrize("arguments", ["{}", '{"registry": "x"}', "", 5, []])
async def test_arguments_that_are_no_object_are_named(version: str, arguments: Any) -> None:
    headers = {"Content-Type": "application/json", "MCP-Protocol-Version": version}
    _, answer = await asked(request("tools/call", {"name": "whoami", "arguments": arguments}), headers)
    assert answer["error"]["code"] == -32602
    assert "arguments" in answer["error"]["message"] and "dict" in answer["error"]["message"]


async def test_each_message_of_a_batch_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    app = AccessLogMiddleware(_answer_batch, metrics=True)
    scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": []}
    with caplog.at_level(logging.INFO, "quilt_mcp_server.access"):
        await app(scope, _nothing, _nothing)
    lines = [entry.__dict__["fields"] for entry in caplog.records]
    assert [(line["method"], line.get("tool")) for line in lines] == [
        ("ping", None),
        ("tools/call", "whoami"),
        ("batch", None),
    ]
    assert ["_aws" in line for line in lines] == [False, True, False]
    assert len({line["request_id"] for line in lines}) == 1


async def _nothing(*_: Any) -> Any:
    pass


async def _answer_batch(*_: Any) -> None:
    await asked(json.dumps([BATCH[0], BATCH[2]]).encode(), {"Content-Type": "application/json"})
