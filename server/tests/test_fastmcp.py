"""FastMCP's proxy with the configuration that docs/claude-desktop.md shows, over real stdio.

FastMCP has many requirements of its own, so it lives in an environment of its own, made here on first use.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Running, token
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

SERVER = Path(__file__).parents[1]
REQUIREMENTS = SERVER / "tests/fastmcp/requirements.txt"
ENVIRONMENT = SERVER / ".cache/fastmcp"
PAGE = SERVER.parent / "docs/claude-desktop.md"


@pytest.fixture(scope="module")
def fastmcp() -> Path:
    """The program, installed from the locked requirements."""
    bin_ = ENVIRONMENT / ("Scripts" if sys.platform == "win32" else "bin")
    lock = ENVIRONMENT / "requirements.txt"
    if not lock.exists() or lock.read_bytes() != REQUIREMENTS.read_bytes():
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
        install = [str(bin_ / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*install, "--require-hashes", "-r", str(REQUIREMENTS)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"FastMCP cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
        shutil.copy(REQUIREMENTS, lock)
    return bin_ / "fastmcp"


def documented(name: str) -> Any:
    """A JSON block of the page, by the name behind its language."""
    blocks = re.findall(rf"^```json {name}$(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, name
    return json.loads(blocks[0])["mcpServers"]["quilt"]


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_the_documented_configuration_works(
    s3: Any, serve: Callable[..., Running], fastmcp: Path, tmp_path: Path, era: str
) -> None:
    s3.put_object(Bucket="quilt-example", Key="hello.txt", Body=b"hello")
    upstream = serve(QUILT_MCP_ALLOWED_HOSTS="127.0.0.1")
    remote = documented("fastmcp-config")
    remote["url"] = f"{upstream.url}/mcp"
    remote["headers"]["Authorization"] = remote["headers"]["Authorization"].replace("YOUR-TOKEN", token())
    settings = tmp_path / "quilt.json"
    settings.write_text(json.dumps({"mcpServers": {"quilt": remote}}))
    entry = documented("fastmcp-entry")
    arguments = [argument.replace("/path/to/quilt.json", str(settings)) for argument in entry["args"]]
    assert entry["command"] == "fastmcp" and str(settings) in arguments
    command = StdioServerParameters(command=str(fastmcp), args=arguments, env=entry["env"])
    with (tmp_path / "stderr").open("w") as errors:
        async with Client(stdio_client(command, errlog=errors), mode=era) as mcp:
            tools = {tool.name for tool in (await mcp.list_tools()).tools}
            read = await mcp.call_tool("bucket_object_text", {"s3_uri": "s3://quilt-example/hello.txt"})
            refused = await mcp.call_tool("bucket_objects_list", {"bucket": "quilt-secret"})
    assert {"whoami", "bucket_list"} <= tools
    assert read.structured_content is not None and read.structured_content["text"] == "hello"
    assert refused.is_error
