"""The official SDK's client over real HTTP, in protocol revisions with and without a handshake."""

import json
from typing import Any

import httpx2
import pytest
from conftest import HOST, Running, token
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

LEGACY, MODERN = "legacy", "2026-07-28"
ERAS = pytest.mark.parametrize("era", [LEGACY, MODERN, "auto"])
EVERY_TOOL = {
    "whoami",
    "bucket_list",
    "bucket_objects_list",
    "bucket_object_text",
    "packages_list",
    "package_browse",
}


def client(server: Running, era: str, bearer: str | None = None) -> Client:
    headers = {"Host": HOST, "Authorization": f"Bearer {bearer or token()}"}
    transport = streamable_http_client(f"{server.url}/mcp", http_client=httpx2.AsyncClient(headers=headers))
    return Client(transport, mode=era)


@ERAS
async def test_lists_and_calls_tools(server: Running, s3: Any, era: str) -> None:
    s3.put_object(Bucket="quilt-example", Key="hello.txt", Body=b"hello")
    async with client(server, era) as mcp:
        listed = await mcp.list_tools()
        assert {tool.name for tool in listed.tools} >= EVERY_TOOL
        result = await mcp.call_tool("bucket_object_text", {"s3_uri": "s3://quilt-example/hello.txt"})
    assert result.structured_content is not None
    assert result.structured_content["text"] == "hello"
    assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]


@ERAS
async def test_a_tool_error_is_a_result_not_a_failure_of_the_protocol(server: Running, era: str) -> None:
    async with client(server, era) as mcp:
        result = await mcp.call_tool("bucket_objects_list", {"bucket": "quilt-secret"})
    assert result.is_error


async def test_every_tool_is_described_for_a_model(server: Running) -> None:
    async with client(server, MODERN) as mcp:
        tools = (await mcp.list_tools()).tools
    for tool in tools:
        assert tool.title and tool.description and tool.output_schema, tool.name
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is not None
        for name, schema in tool.input_schema["properties"].items():
            limits = {"maxLength", "maximum", "enum", "maxItems", "maxProperties"}
            types = [schema, *schema.get("anyOf", ())]
            assert any(limits & set(part) or part.get("type") == "boolean" for part in types), (tool.name, name)


def test_the_tool_list_is_the_same_each_time(server: Running) -> None:
    first, second = (server.rpc("tools/list", mcp_protocol_version="2025-11-25") for _ in range(2))
    assert first == second
    assert (
        server.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": 5}}).json()["error"][
            "code"
        ]
        == -32602
    )


def test_no_session_is_made(server: Running) -> None:
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    response = server.post({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
    assert response.json()["result"]["protocolVersion"] == "2025-11-25"
    assert response.headers["content-type"] == "application/json"
    assert "mcp-session-id" not in response.headers


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_every_handshake_revision(server: Running, version: str) -> None:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    assert server.rpc("initialize", params)["protocolVersion"] == version
    assert server.rpc("tools/list", mcp_protocol_version=version)["tools"]


def test_plain_json_is_accepted_by_a_frontend_that_takes_nothing_else(server: Running) -> None:
    response = server.post({"jsonrpc": "2.0", "id": 7, "method": "tools/list"}, Accept="application/json")
    assert response.json()["id"] == 7


@pytest.mark.parametrize("body", [[], "x", 5, None, {"jsonrpc": "2.0"}, {"id": 1, "method": "ping"}, [{}] * 3])
def test_what_is_not_a_request_is_refused(server: Running, body: Any) -> None:
    assert 400 <= server.post(body).status_code < 500


def test_arguments_are_checked_and_named(server: Running) -> None:
    wrong = server.fail("bucket_objects_list", {"bucket": "quilt-example", "max_keys": 5000})
    assert wrong.startswith("bucket_objects_list: max_keys: ")
    assert "pydantic" not in wrong
    assert "bucket: Field required" in server.fail("bucket_objects_list")
    misspelled = server.fail("bucket_objects_list", {"bucket": "quilt-example", "prefx": "a"})
    assert "'prefx'" in misspelled and "prefix" in misspelled
