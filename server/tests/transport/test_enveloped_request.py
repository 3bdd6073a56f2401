"""A request of the revision 2026-07-28 gets the answer that the SDK's own entry gives it."""

import base64
import json
from typing import Any

import httpx
import pytest
from conftest import ORIGIN

from transport.sdk_answers import both, request

VERSION = "2026-07-28"
PREFIX = "io.modelcontextprotocol/"
META: dict[str, Any] = {
    f"{PREFIX}protocolVersion": VERSION,
    f"{PREFIX}clientInfo": {"name": "client", "version": "1"},
    f"{PREFIX}clientCapabilities": {},
}
WITHOUT_INFO = {name: value for name, value in META.items() if not name.endswith("clientInfo")}


def enveloped(method: str, params: dict[str, Any] | None = None, meta: Any = META, **changes: Any) -> bytes:
    return request(method, (params or {}) | ({} if meta is None else {"_meta": meta}), **changes)


def headers_of(body: bytes, **changes: str) -> dict[str, str]:
    """The headers that repeat the body, with changes; an empty one is left out."""
    try:
        message = json.loads(body)
        params = message.get("params") or {}
        name = str(params.get("name") or params.get("uri") or "")
        method = message["method"]
    except (ValueError, AttributeError, KeyError):
        method = name = ""
    found = {"MCP-Protocol-Version": VERSION, "Mcp-Method": method, "Mcp-Name": name}
    return found | {header.replace("_", "-"): value for header, value in changes.items()}


def shown(answer: httpx.Response) -> tuple[int, str | None, Any]:
    return answer.status_code, answer.headers.get("content-type"), answer.content and answer.json()


CALL = {"name": "whoami", "arguments": {}}
URL = {"name": "catalog_url", "arguments": {"registry": "s3://quilt-example"}}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (enveloped("server/discover"), 200),
        (enveloped("tools/list"), 200),
        (enveloped("tools/list", {"cursor": "unknown"}), None),
        (enveloped("prompts/list"), 200),
        (enveloped("resources/list"), 200),
        (enveloped("resources/templates/list"), 200),
        (enveloped("tools/call", CALL), 200),
        (enveloped("tools/call", CALL, request_id="text"), 200),
        (enveloped("tools/call", CALL, META | {"progressToken": 7}), 200),
        (enveloped("tools/call", CALL, WITHOUT_INFO), 200),
        (enveloped("tools/call", {"name": "whoami"}), 200),
        (enveloped("tools/call", {"name": "whoami", "arguments": {"x": 1}}), 200),
        (enveloped("tools/call", {"name": "whoami", "arguments": []}), 400),
        (enveloped("tools/call", URL), 200),
        (enveloped("tools/call", {"name": "nothing", "arguments": {}}), None),
        (enveloped("tools/call", {"arguments": {}}), 400),
        (enveloped("tools/call", {"name": 7, "arguments": {}}), 400),
        (enveloped("resources/read", {"uri": "auth://nothing"}), None),
        (enveloped("prompts/get", {"name": "nothing"}), 400),
        # Methods that this revision does not have, or nobody has.
        (enveloped("ping"), 404),
        (enveloped("initialize"), 404),
        (enveloped("no/such/method"), 404),
        (enveloped("subscriptions/listen", {"notifications": {}}), 404),
        # The envelope.
        (request("tools/list"), 400),
        (request("tools/list", {}), 400),
        (enveloped("tools/list", meta=[]), 400),
        (enveloped("tools/list", meta={}), 400),
        (enveloped("tools/list", meta={f"{PREFIX}protocolVersion": VERSION}), 400),
        (enveloped("tools/list", meta=META | {f"{PREFIX}protocolVersion": None}), 400),
        (enveloped("tools/list", meta=META | {f"{PREFIX}protocolVersion": 7}), 400),
        (enveloped("tools/list", meta=META | {f"{PREFIX}protocolVersion": "2025-11-25"}), 400),
        (enveloped("tools/list", meta=META | {f"{PREFIX}clientCapabilities": 7}), 400),
        (enveloped("tools/list", meta=META | {f"{PREFIX}clientInfo": {"name": 7}}), 400),
        (enveloped("tools/call", CALL, META | {f"{PREFIX}clientInfo": None}), 200),
        # Notifications.
        (request("notifications/cancelled", {"requestId": 1}, None), 202),
        (request("notifications/unknown", request_id=None), 202),
        (b'{"jsonrpc": "1.0", "method": "notifications/x"}', 400),
        (b"{}", 400),
        # What is no message.
        (b'{"jsonrpc": "2.0", "id": null, "method": "tools/list"}', 400),
        (b'{"jsonrpc": "2.0", "id": 1.5, "method": "tools/list"}', 400),
        (b'{"jsonrpc": "2.0", "id": true, "method": "tools/list"}', 400),
        (b'{"jsonrpc": "2.0", "id": 1, "result": {}}', 400),
        (request("tools/list", [1]), 400),
        (b"[]", 400),
        (b"null", 400),
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
    ],
)
async def test_answers(body: bytes, status: int | None) -> None:
    theirs, own = await both(body, headers_of(body))
    assert shown(own) == shown(theirs)
    assert status in (None, own.status_code)


LIST, CALLED = enveloped("tools/list"), enveloped("tools/call", CALL)


@pytest.mark.parametrize(
    ("body", "changes", "status"),
    [
        (LIST, {"Accept": "application/json"}, 200),
        (LIST, {"Accept": "*/*"}, 200),
        (LIST, {"Origin": ORIGIN}, 200),
        (LIST, {"Mcp_Method": ""}, 400),
        (LIST, {"Mcp_Method": "tools/call"}, 400),
        (LIST, {"Mcp_Method": "Tools/List"}, 400),
        (LIST, {"Mcp_Name": "whoami"}, 200),
        (CALLED, {"Mcp_Name": ""}, 400),
        (CALLED, {"Mcp_Name": "catalog_url"}, 400),
        (CALLED, {"Mcp_Name": f"=?base64?{base64.b64encode(b'whoami').decode()}?="}, 200),
        (CALLED, {"Mcp_Name": "=?base64?%%%?="}, 400),
        (CALLED, {"Mcp_Param_Anything": "x"}, 200),
        (enveloped("resources/read", {"uri": "auth://status"}), {"Mcp_Name": "auth://other"}, 400),
    ],
)
async def test_headers(body: bytes, changes: dict[str, str], status: int) -> None:
    theirs, own = await both(body, headers_of(body, **changes))
    assert shown(own) == shown(theirs)
    assert own.status_code == status


@pytest.mark.parametrize(
    ("body", "changes", "status"),
    [
        (LIST, {"Accept": "text/event-stream"}, 406),
        (enveloped("subscriptions/listen", {}), {"Accept": "application/json"}, 406),
        (LIST, {"Host": "evil.example.com"}, 421),
        (LIST, {"Origin": "https://evil.example.com"}, 403),
        (LIST, {"MCP_Protocol_Version": "1999-01-01"}, 400),
    ],
)
async def test_refusals_have_the_sdk_s_status_and_a_reason(body: bytes, changes: dict[str, str], status: int) -> None:
    theirs, own = await both(body, headers_of(body, **changes))
    assert own.status_code == theirs.status_code == status
    assert own.json()["error"]["message"]


@pytest.mark.parametrize("header", [("Mcp-Method", "tools/list"), ("Mcp-Name", "x")])
async def test_headers_that_are_there_twice(header: tuple[str, str]) -> None:
    theirs, own = await both(LIST, headers_of(LIST, Mcp_Name="x"), header)
    assert shown(own) == shown(theirs)
    assert own.status_code == 400 and "more than once" in own.json()["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "changes", "status"),
    [
        ({}, {}, 200),
        (None, {}, 200),
        ({"free": "x"}, {}, 200),
        ({"free": "x"}, {"Mcp_Param_Free": "y"}, 200),
        ({"region": "a"}, {"Mcp_Param_Region": "a"}, 200),
        ({"region": "a"}, {}, 400),
        ({"region": "a"}, {"Mcp_Param_Region": "b"}, 400),
        ({}, {"Mcp_Param_Region": "b"}, 400),
        ({"region": None}, {"Mcp_Param_Region": "b"}, 400),
        ({"region": "é"}, {"Mcp_Param_Region": f"=?base64?{base64.b64encode('é'.encode()).decode()}?="}, 200),
        ({"region": "a"}, {"Mcp_Param_Region": "=?base64?%%%?="}, 400),
        ({"number": 42}, {"Mcp_Param_Number": "42"}, 200),
        ({"number": 42}, {"Mcp_Param_Number": "42.0"}, 200),
        ({"number": 42}, {"Mcp_Param_Number": "43"}, 400),
        ({"number": 42, "region": "a"}, {"Mcp_Param_Number": "42"}, 400),
    ],
)
async def test_headers_that_repeat_arguments(arguments: Any, changes: dict[str, str], status: int) -> None:
    params = {"name": "mirror"} | ({} if arguments is None else {"arguments": arguments})
    body = enveloped("tools/call", params)
    theirs, own = await both(body, headers_of(body, **changes))
    assert shown(own) == shown(theirs)
    assert own.status_code == status


async def test_a_header_that_repeats_an_argument_twice() -> None:
    body = enveloped("tools/call", {"name": "mirror", "arguments": {"region": "a"}})
    header = ("Mcp-Param-Region", "a")
    theirs, own = await both(body, headers_of(body, Mcp_Param_Region="a"), header)
    assert shown(own) == shown(theirs) and own.status_code == 400
