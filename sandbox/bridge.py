"""A stdio MCP server that passes everything on to the deployed one: what Claude Desktop starts.

The deployed server is stateless and answers JSON, so a bridge is one POST for each line. The token is minted afresh
for each request; a laptop may sleep for longer than any token lives.
"""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TextIO

import httpx2

WORKERS = 8
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


def serve(url: str, ca_file: str, token: Callable[[], str], lines: TextIO, out: TextIO) -> None:
    """Pass JSON-RPC messages on until the input ends. Standard output carries messages only."""
    lock = Lock()
    session = {"MCP-Protocol-Version": ""}

    def answer(message: dict[str, Any]) -> None:
        headers = {**HEADERS, "Authorization": f"Bearer {token()}", **{k: v for k, v in session.items() if v}}
        try:
            response = http.post(url, json=message, headers=headers)
            reply = _reply(message, response)
        except httpx2.HTTPError as error:
            reply = _failure(message, f"{url} cannot be reached: {error}")
        if reply is None:
            return
        if message.get("method") == "initialize" and "result" in reply:
            # Later requests must name the revision that was agreed on.
            session["MCP-Protocol-Version"] = reply["result"].get("protocolVersion", "")
        with lock:
            out.write(json.dumps(reply) + "\n")
            out.flush()

    context = ssl.create_default_context(cafile=ca_file)
    with (
        httpx2.Client(verify=context, trust_env=False, timeout=120) as http,
        ThreadPoolExecutor(WORKERS) as pool,
    ):
        for line in lines:
            if not line.strip():
                continue
            message = json.loads(line)
            if message.get("method") == "initialize":
                answer(message)  # what follows needs its outcome
            else:
                pool.submit(answer, message)


def _reply(message: dict[str, Any], response: httpx2.Response) -> dict[str, Any] | None:
    if response.status_code == 202 or "id" not in message:
        return None
    try:
        body: dict[str, Any] = response.json()
    except ValueError:
        return _failure(message, f"the server answered {response.status_code}: {response.text[:200]}")
    if "jsonrpc" not in body:
        return _failure(message, f"the server answered {response.status_code}: {json.dumps(body)[:200]}")
    return body


def _failure(message: dict[str, Any], text: str) -> dict[str, Any] | None:
    print(f"quilt bridge: {text}", file=sys.stderr)
    if "id" not in message:
        return None
    return {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32000, "message": text}}
