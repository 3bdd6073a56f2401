"""An MCP client, of the official SDK: calls the deployed server through the load balancer."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


@asynccontextmanager
async def connect(url: str, ca_file: str, token: str, mode: str = "auto") -> AsyncIterator[Client]:
    """A connected client.

    `mode` is the SDK's: "legacy" has a handshake (revisions up to 2025-11-25), "2026-07-28" has none, "auto" tries.
    """
    context = ssl.create_default_context(cafile=ca_file)
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        # The machine's proxies and CA bundles do not apply to loopback.
        httpx2.AsyncClient(verify=context, headers=headers, trust_env=False, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client


async def tools(url: str, ca_file: str, token: str) -> str:
    """The tools, a line each."""
    async with connect(url, ca_file, token) as client:
        found = (await client.list_tools()).tools
    width = max((len(tool.name) for tool in found), default=0)
    return "\n".join(
        f"{tool.name:<{width}}  {(tool.title or tool.description or '').splitlines()[0]}" for tool in found
    )


async def call(url: str, ca_file: str, token: str, tool: str, arguments: dict[str, Any]) -> tuple[str, bool]:
    """What a tool answers, and whether that is an error."""
    async with connect(url, ca_file, token) as client:
        result = await client.call_tool(tool, arguments)
    if result.structured_content is not None:
        return json.dumps(result.structured_content, indent=2), bool(result.is_error)
    return "\n".join(getattr(part, "text", str(part)) for part in result.content), bool(result.is_error)


def argument(text: str) -> tuple[str, Any]:
    """`name=value` as a pair; a value that is JSON is taken as such. Raises ValueError without a name."""
    name, separator, value = text.partition("=")
    if not name or not separator:
        raise ValueError(f"wanted an argument as name=value; found {text!r}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
