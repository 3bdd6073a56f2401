"""What frameworks for agents make of the server's tools. Runs in an environment of its own; prints JSON.

Usage: agents_in_python.py <consumer> <URL> <bearer token>
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

# A call with every optional argument in the way of a client that has no value for it.
CALLED = "bucket_objects_list"
ARGUMENTS: dict[str, Any] = {
    "bucket": "quilt-example", "prefix": None, "recursive": None, "max_keys": None, "cursor": None,
}  # fmt: skip

Found = dict[str, Any]


async def google_genai(url: str, headers: dict[str, str]) -> Found:
    """Function declarations of the Gemini API, and of the Agent Platform."""
    from google.genai import _mcp_utils
    from mcp import ClientSession

    async with _session(url, headers) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        listed = (await session.list_tools()).tools
        gemini = _mcp_utils.mcp_to_gemini_tools(listed)
        platform = _mcp_utils.mcp_to_gemini_tools(listed, is_agent_platform=True)
        answer = await session.call_tool(CALLED, ARGUMENTS)
    names = [_only(tool.function_declarations).name for tool in gemini]
    assert names == [_only(tool.function_declarations).name for tool in platform]
    parameters = {
        _only(tool.function_declarations).name: _only(tool.function_declarations).parameters for tool in gemini
    }
    return {
        "tools": names,
        "arguments": {name: sorted(found.properties or {}) for name, found in parameters.items()},
        "called": str(answer.content),
    }


async def openai_agents(url: str, headers: dict[str, str]) -> Found:
    """Function tools of the OpenAI Agents SDK, in strict mode where that takes a schema."""
    from agents import Agent
    from agents.mcp import MCPServerStreamableHttp
    from agents.mcp.util import MCPUtil
    from agents.run_context import RunContextWrapper
    from agents.tool_context import ToolContext

    async with MCPServerStreamableHttp({"url": url, "headers": headers}) as server:
        agent, context = Agent(name="test", mcp_servers=[server]), RunContextWrapper(None)
        tools: Any = await MCPUtil.get_all_function_tools([server], True, context, agent)
        by_name = {tool.name: tool for tool in tools}
        asked = json.dumps(ARGUMENTS)
        call = ToolContext(None, tool_name=CALLED, tool_call_id="1", tool_arguments=asked)
        answer = await by_name[CALLED].on_invoke_tool(call, asked)
    return {
        "tools": list(by_name),
        "arguments": {name: sorted(tool.params_json_schema["properties"]) for name, tool in by_name.items()},
        "strict": [name for name, tool in by_name.items() if tool.strict_json_schema],
        "called": str(answer),
    }


async def langchain(url: str, headers: dict[str, str]) -> Found:
    """LangChain's tools, by langchain-mcp-adapters."""
    from langchain_mcp_adapters.client import MultiServerMCPClient

    client = MultiServerMCPClient({"quilt": {"transport": "streamable_http", "url": url, "headers": headers}})
    tools = {tool.name: tool for tool in await client.get_tools()}
    return {
        "tools": list(tools),
        "arguments": {name: sorted(tool.args) for name, tool in tools.items()},
        "called": str(await tools[CALLED].ainvoke(ARGUMENTS)),
    }


async def mcp_use(url: str, headers: dict[str, str]) -> Found:
    """The tools of each adapter of mcp-use; LangChain's has a pydantic model for each."""
    from mcp_use import MCPClient
    from mcp_use.agents.adapters import AnthropicMCPAdapter, GoogleMCPAdapter, OpenAIMCPAdapter
    from mcp_use.agents.adapters.langchain_adapter import LangChainAdapter

    client = MCPClient.from_dict({"mcpServers": {"quilt": {"url": url, "headers": headers}}})
    try:
        await client.create_all_sessions()
        made = {tool.name: tool for tool in await LangChainAdapter().create_tools(client)}
        for adapter in (AnthropicMCPAdapter(), OpenAIMCPAdapter(), GoogleMCPAdapter()):
            assert len(await adapter.create_tools(client)) == len(made), type(adapter).__name__
        answer = await made[CALLED].ainvoke(ARGUMENTS)
    finally:
        await client.close_all_sessions()
    arguments = {
        name: sorted(tool.args_schema.model_json_schema().get("properties", {})) for name, tool in made.items()
    }
    return {"tools": list(made), "arguments": arguments, "called": str(answer)}


@asynccontextmanager
async def _session(url: str, headers: dict[str, str]) -> AsyncIterator[tuple[Any, Any]]:
    from mcp.client import streamable_http

    # Of another version of the SDK than the server's.
    sdk: Any = streamable_http
    async with sdk.streamablehttp_client(url, headers=headers) as (read, write, _):
        yield read, write


def _only(items: Any) -> Any:
    (item,) = items
    return item


CONSUMERS: dict[str, Callable[[str, dict[str, str]], Awaitable[Found]]] = {
    "google-genai": google_genai,
    "openai-agents": openai_agents,
    "langchain-mcp-adapters": langchain,
    "mcp-use": mcp_use,
}


async def main() -> None:
    """Run one of them."""
    consumer, url, token = sys.argv[1:]
    print(json.dumps(await CONSUMERS[consumer](url, {"Authorization": f"Bearer {token}"})))


if __name__ == "__main__":
    asyncio.run(main())
