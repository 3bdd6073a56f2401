"""A real MCP client of the official SDK, through the load balancer's route, as a user of the sandbox.

Both protocol eras are asked. Every expectation that does not hold is printed; exit code 1 then.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from sandbox.cli.mcp_client import connect

BUCKET, FOREIGN_BUCKET = "quilt-example", "quilt-sales-raw"
TOOLS = {
    *("whoami", "bucket_list", "bucket_objects_list"),
    *("bucket_object_text", "packages_list", "package_browse"),
}


def token() -> str:
    command = [sys.executable, "-m", "sandbox", "token", "--sub", "molecule", "--bucket", BUCKET]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


async def ask(url: str, ca_file: str, mode: str) -> dict[str, Any]:
    """What the server answers to a few questions, by their names."""
    async with connect(url, ca_file, token(), mode) as client:
        return {
            "tools": {tool.name for tool in (await client.list_tools()).tools},
            "objects": await client.call_tool("bucket_objects_list", {"bucket": BUCKET}),
            "packages": await client.call_tool("packages_list", {"registry": f"s3://{BUCKET}"}),
            "foreign bucket": await client.call_tool("bucket_objects_list", {"bucket": FOREIGN_BUCKET}),
            "me": await client.call_tool("whoami", {}),
        }


def complaints(answers: dict[str, Any]) -> Iterator[str]:
    if missing := TOOLS - answers["tools"]:
        yield f"tools/list lacks {missing}"
    for name in ("objects", "packages", "me"):
        if answers[name].is_error:
            yield f"{name}: {answers[name].content}"
    objects = answers["objects"].structured_content or {}
    if "hello/README.md" not in {found["key"] for found in objects.get("objects", [])}:
        yield f"objects: wanted hello/README.md among them; found {objects}"
    if "examples/hello" not in json.dumps(answers["packages"].structured_content):
        yield f"packages: wanted examples/hello; found {answers['packages'].structured_content}"
    if not answers["foreign bucket"].is_error:
        yield f"a bucket that the token does not name was read: {answers['foreign bucket'].content}"
    if (answers["me"].structured_content or {}).get("subject") != "molecule":
        yield f"whoami: {answers['me'].structured_content}"


def main() -> int:
    state = json.loads((Path(os.environ["SANDBOX_HOME"]) / "state.json").read_text())
    found = [
        f"{mode}: {complaint}"
        for mode in ("legacy", "2026-07-28")
        for complaint in complaints(asyncio.run(ask(state["mcp_url"], state["ca_file"], mode)))
    ]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
