"""A real MCP client of the official SDK, through the load balancer's route, as a user of the sandbox."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import sys
from pathlib import Path

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

BUCKET = "quilt-example"


def state() -> dict[str, str]:
    found: dict[str, str] = json.loads((Path(os.environ["SANDBOX_HOME"]) / "state.json").read_text())
    return found


def token() -> str:
    command = [sys.executable, "-m", "sandbox", "token", "--sub", "molecule", "--bucket", BUCKET]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


async def ask(url: str, ca_file: str, mode: str) -> None:
    context = ssl.create_default_context(cafile=ca_file)
    headers = {"Authorization": f"Bearer {token()}"}
    async with (
        httpx2.AsyncClient(verify=context, headers=headers, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert {"whoami", "bucket_list", "bucket_objects_list", "packages_list", "package_browse"} <= tools, tools
        listing = await client.call_tool("bucket_objects_list", {"bucket": BUCKET})
        assert not listing.is_error, listing
        packages = await client.call_tool("packages_list", {"bucket": BUCKET})
        assert not packages.is_error, packages
        assert packages.structured_content, packages
        refused = await client.call_tool("bucket_objects_list", {"bucket": "quilt-sales-raw"})
        assert refused.is_error, refused


def main() -> None:
    found = state()
    for mode in ("legacy", "auto"):
        asyncio.run(ask(found["mcp_url"], found["ca_file"], mode))


if __name__ == "__main__":
    main()
