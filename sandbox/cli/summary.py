"""How to use what was deployed: the end of `make demo`. Every line works as printed, from the project's folder."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

USER = "you@example.com"


def _short(path: str) -> str:
    """Relative to the current directory, if that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(path) else path


def render(state: dict[str, Any]) -> str:
    """The text for a sandbox in which the server is deployed; `state` is what `status --json` prints."""
    python = _short(sys.executable)
    sandbox = f"{shlex.quote(python)} -m sandbox"
    if "SANDBOX_HOME" in os.environ:
        sandbox = f"SANDBOX_HOME={shlex.quote(os.environ['SANDBOX_HOME'])} {sandbox}"
    bucket = state["buckets"][-1]
    token = f"{sandbox} token --sub {USER} --bucket {bucket}"
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    curl = (
        f"curl -sS --noproxy '*' --cacert {shlex.quote(_short(state['ca_file']))} {state['mcp_url']} \\\n"
        f'      -H "Authorization: Bearer $({token})" \\\n'
        "      -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \\\n"
        f"      -d '{request}'"
    )
    return f"""
The Quilt MCP server is deployed and answered through the load balancer.

  URL      {state["mcp_url"]}
  Token    {token}
           signed with the secret {state["jwt_secret"]}; valid for an hour, --ttl SECONDS changes that

  curl
    {curl}

  MCP client (official SDK)
    {sandbox} mcp tools
    {sandbox} mcp call bucket_objects_list bucket={bucket}

  Claude Desktop: paste this into claude_desktop_config.json and restart it
{_indent(json.dumps(claude_desktop(state), indent=2), 4)}

  What runs where    {sandbox} status
  AWS calls made     {sandbox} calls
  Stop, clean up     make demo-down
"""


def claude_desktop(state: dict[str, Any]) -> dict[str, Any]:
    """The entry for Claude Desktop, which starts MCP servers as processes: quilt-mcp-proxy."""
    root = Path(__file__).resolve().parents[2]
    buckets = [part for bucket in state["buckets"] for part in ("--bucket", bucket)]
    token = shlex.join([sys.executable, "-m", "sandbox", "token", "--sub", USER, *buckets])
    options = ["--url", state["mcp_url"], "--ca-file", state["ca_file"], "--token-command", token]
    # The proxy needs nothing that is not in this environment; the token command is the sandbox.
    paths = os.pathsep.join(map(str, (root / "server/proxy/src", root)))
    return {
        "mcpServers": {
            "quilt": {
                "command": sys.executable,
                "args": ["-m", "quilt_mcp_proxy", *options],
                "env": {"PYTHONPATH": paths, "SANDBOX_HOME": state["home"]},
            }
        }
    }


def _indent(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())
