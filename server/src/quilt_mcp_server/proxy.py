"""A stdio MCP server that passes every message on to a deployed one: `quilt-mcp-proxy`, for Claude Desktop.

It needs httpx2 (and, for the protocol revision 2026-07-28, mcp), nothing else of this package's requirements.
Standard output carries messages only; what is to be said to people goes to standard error.
"""

import argparse
import asyncio
import contextlib
import json
import os
import ssl
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import httpx2

from .bearer import TokenError, TokenSource, from_command, from_file

CONNECTIONS = 32  # requests at once; the next ones wait
ANSWER_TIMEOUT = 120  # seconds; the server gives up a tool call long before
LOOPBACK = ("127.0.0.1", "localhost", "::1")
FAILED = -32000  # JSON-RPC: the first code that is free for an implementation
PARSE_ERROR, INVALID_REQUEST = -32700, -32600
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"

Message = dict[str, Any]


class UsageError(Exception):
    """The command line is wrong; the message says how."""


class RefusedError(Exception):
    """The server did not answer with MCP; the message is a sentence for the user."""


class Bridge:
    """Sends what the client says to the server and hands back what the server answers, many requests at once."""

    def __init__(
        self, url: str, http: httpx2.AsyncClient, tokens: TokenSource | None, emit: Callable[[Message], None]
    ) -> None:
        self._url = url
        self._http = http
        self._tokens = tokens
        self._emit = emit
        self._running: dict[str, asyncio.Task[None]] = {}
        self._background: set[asyncio.Task[None]] = set()
        # What the server said at `initialize`; a stateless server gives no session.
        self._session: dict[str, str] = {}
        self._parameters: dict[str, dict[tuple[str, ...], str]] = {}

    async def run(self, lines: AsyncIterator[bytes]) -> None:
        """Pass messages on until the input ends, then finish what is running."""
        async for line in lines:
            if line.strip():
                await self._accept(line)
        while self._background:
            await asyncio.wait(self._background)

    async def _accept(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            self._emit(failure(None, PARSE_ERROR, "this line is not JSON; send one JSON-RPC message on each line"))
            return
        if not isinstance(message, dict):
            self._emit(failure(None, INVALID_REQUEST, "this line is not a JSON-RPC message; batches are not supported"))
            return
        if message.get("method") == "notifications/cancelled" and self._cancel(message):
            return
        task = asyncio.create_task(self._forward(message))
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        if "method" in message and "id" in message:
            key = json.dumps(message["id"])
            self._running[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        if message.get("method") == "initialize":
            # What follows must name the revision that is agreed on here.
            await asyncio.wait([task])

    def _cancel(self, message: Message) -> bool:
        """Close the request that is cancelled, and say whether that is all there is to do.

        A closed request is how the revision 2026-07-28 cancels; a server of an earlier one is told so as well.
        """
        task = self._running.get(json.dumps(_mapping(message.get("params")).get("requestId")))
        if task is not None:
            task.cancel()
        return "mcp-protocol-version" not in self._session

    def _forget(self, key: str, task: asyncio.Task[None]) -> None:
        if self._running.get(key) is task:
            del self._running[key]

    async def _forward(self, message: Message) -> None:
        expects_answer = "method" in message and "id" in message
        reason = ""
        try:
            if not await self._post(message) and expects_answer:
                reason = f"{self._url} ended its answer before the result of this request"
        except (RefusedError, TokenError) as error:
            reason = str(error)
        except httpx2.HTTPError as error:
            reason = unreachable(self._url, error)
        except Exception as error:
            # Whatever it is, a client that waits must get an answer.
            reason = f"the answer of {self._url} could not be handed on ({type(error).__name__})"
        if reason and expects_answer:
            self._emit(failure(message["id"], FAILED, reason))
        elif reason:
            tell(reason)

    async def _post(self, message: Message) -> bool:
        """Send a message and hand on what comes back; whether its result or error was among that."""
        token = await self._tokens.current() if self._tokens is not None else None
        async with self._send(message, token) as response:
            if response.status_code != 401 or self._tokens is None or token is None:
                return await self._receive(message, response)
        async with self._send(message, await self._tokens.after_refusal(token)) as response:
            return await self._receive(message, response)

    def _send(self, message: Message, token: str | None) -> contextlib.AbstractAsyncContextManager[httpx2.Response]:
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if message.get("method") != "initialize":
            headers |= self._session
        headers |= self._routing_headers(message)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self._http.stream("POST", self._url, content=encoded(message), headers=headers)

    def _routing_headers(self, message: Message) -> dict[str, str]:
        """The headers that repeat parts of a message of the revision 2026-07-28, which names itself in each message."""
        params = _mapping(message.get("params"))
        version = _mapping(params.get("_meta")).get(VERSION_KEY)
        if not isinstance(version, str) or "method" not in message:
            return {}
        # Imported here: it takes longer than all else, and many clients speak an earlier revision.
        from mcp.shared.inbound import NAME_BEARING_METHODS, encode_header_value, mcp_param_headers

        method = str(message["method"])
        headers = {
            "mcp-protocol-version": encode_header_value(version),
            "mcp-method": encode_header_value(method),
        }
        name = params.get(NAME_BEARING_METHODS.get(method, ""))
        if isinstance(name, str):
            headers["mcp-name"] = encode_header_value(name)
        if method == "tools/call" and name in self._parameters:
            headers |= mcp_param_headers(self._parameters[name], _mapping(params.get("arguments")))
        return headers

    async def _receive(self, message: Message, response: httpx2.Response) -> bool:
        if response.status_code == 202:
            return False
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/event-stream" and response.is_success:
            return await self._stream(message, response)
        body = await response.aread()
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or "jsonrpc" not in answer:
            raise RefusedError(refusal(self._url, response, answer))
        if "id" not in message or "method" not in message:
            return False
        if answer.get("id") is None:
            # Refused before the server had read the id.
            answer["id"] = message["id"]
        self._hand_on(message, answer)
        return True

    async def _stream(self, message: Message, response: httpx2.Response) -> bool:
        async for event in httpx2.EventSource(response):
            if event.event != "message" or not event.data:
                continue
            answer = json.loads(event.data)
            self._hand_on(message, answer)
            if "method" not in answer and answer.get("id") == message.get("id"):
                return True
        return False

    def _hand_on(self, message: Message, answer: Message) -> None:
        result = _mapping(answer.get("result"))
        if message.get("method") == "initialize" and isinstance(result.get("protocolVersion"), str):
            self._session["mcp-protocol-version"] = result["protocolVersion"]
        if message.get("method") == "tools/list" and "x-mcp-header" in json.dumps(result):
            self._learn_parameters(result)
        self._emit(answer)

    def _learn_parameters(self, result: Message) -> None:
        """Remember which arguments of the listed tools are to be repeated in headers."""
        from mcp.shared.inbound import find_invalid_x_mcp_header, x_mcp_header_map

        for tool in result.get("tools", ()):
            schema = tool.get("inputSchema")
            if find_invalid_x_mcp_header(schema) is None:
                self._parameters[tool["name"]] = x_mcp_header_map(schema)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def encoded(message: Message) -> bytes:
    """A message as one line, ASCII only, without its end."""
    return json.dumps(message, separators=(",", ":")).encode()


def failure(identity: object, code: int, text: str) -> Message:
    """A JSON-RPC error; people see it on standard error as well."""
    tell(text)
    return {"jsonrpc": "2.0", "id": identity, "error": {"code": code, "message": text}}


def refusal(url: str, response: httpx2.Response, answer: object) -> str:
    """A sentence for an HTTP answer that is not MCP."""
    status = response.status_code
    said = str(_mapping(answer).get("error_description") or _mapping(answer).get("error") or "")[:300]
    advice = {
        401: "it wants a valid token; check --token-file or --token-command",
        403: "it does not let this token in",
        404: "there is no MCP server at this path; check --url",
        421: "it does not serve this host name; check --url",
        502: "no task of the server answers the load balancer; try again in a minute",
        503: "it is overloaded or being replaced; try again in a few seconds",
        504: "it took too long; ask for less at once",
    }.get(status, "")
    if response.is_redirect:
        advice = f"it redirects to {response.headers.get('location', '')[:200]!r}; check --url"
    if response.is_success:
        advice = "that is not an answer of an MCP server; check --url"
    return f"{url} answered {status}" + "".join(f": {text}" for text in (said, advice) if text)


def unreachable(url: str, error: httpx2.HTTPError) -> str:
    """A sentence for a request that got no answer."""
    if isinstance(error, httpx2.TimeoutException):
        return f"{url} gave no answer in time ({type(error).__name__}); try again"
    advice = "; name its CA with --ca-file" if "CERTIFICATE_VERIFY_FAILED" in str(error) else ""
    return f"{url} cannot be reached: {str(error) or type(error).__name__}{advice}"


def tell(text: str) -> None:
    """Say something to people."""
    print(f"quilt-mcp-proxy: {text}", file=sys.stderr, flush=True)


async def standard_input() -> AsyncIterator[bytes]:
    """The lines of standard input; a thread reads, because pipes cannot be awaited on every system."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            for line in sys.stdin.buffer:
                loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, b"")

    threading.Thread(target=read, daemon=True).start()
    while line := await queue.get():
        yield line


def client(url: str, ca_file: Path | None) -> httpx2.AsyncClient:
    """The HTTP client. Redirects are not followed: they would carry the token elsewhere."""
    verify: ssl.SSLContext | bool = True
    if ca_file is not None:
        try:
            verify = ssl.create_default_context(cafile=str(ca_file))
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"--ca-file {ca_file} cannot be used: {error.strerror or error}") from error
    return httpx2.AsyncClient(
        verify=verify,
        # Loopback never goes through a proxy.
        trust_env=urlsplit(url).hostname not in LOOPBACK,
        timeout=httpx2.Timeout(ANSWER_TIMEOUT, connect=15, pool=None),
        limits=httpx2.Limits(max_connections=CONNECTIONS),
    )


def checked_url(url: str) -> str:
    """The URL if it may be called.

    Raises:
        UsageError: if it is none, or would send the token over the network in the clear.
    """
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        known = False
    if not known:
        raise UsageError(f"--url must be like https://demo.quiltdata.com/mcp; found {url!r}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise UsageError(f"--url must be https://, only this machine may be asked over http://; found {url!r}")
    return url


async def bridge(options: argparse.Namespace, out: BinaryIO) -> None:
    """Serve until standard input ends."""

    def emit(message: Message) -> None:
        try:
            out.write(encoded(message) + b"\n")
            out.flush()
        except BrokenPipeError:
            # The client has gone. Python flushes once more at its end, so that must lead somewhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())

    tokens = None
    if options.token_file is not None:
        tokens = TokenSource(from_file(options.token_file))
    elif options.token_command is not None:
        tokens = TokenSource(from_command(options.token_command))
    url = checked_url(options.url)
    async with client(url, options.ca_file) as http:
        await Bridge(url, http, tokens, emit).run(standard_input())


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(
        prog="quilt-mcp-proxy",
        description="Speaks MCP over standard input and output and passes everything on to a server over HTTPS.",
    )
    found.add_argument("--url", default=os.environ.get("QUILT_MCP_URL"), help="the server's /mcp; or QUILT_MCP_URL")
    found.add_argument("--ca-file", type=Path, metavar="PEM", help="the CA that signed the server's certificate")
    token = found.add_mutually_exclusive_group()
    token.add_argument("--token-file", type=Path, metavar="FILE", help="holds the bearer token; read when one is due")
    token.add_argument("--token-command", metavar="COMMAND", help="prints the bearer token; run when one is due")
    return found


def main(arguments: Iterable[str] | None = None) -> int:
    """Exit codes: 0 when the input has ended, 2 for a wrong command line."""
    found = parser()
    options = found.parse_args(list(arguments) if arguments is not None else None)
    if not options.url:
        found.error(
            "--url (or QUILT_MCP_URL) is missing: the address of the server, like https://demo.quiltdata.com/mcp"
        )
    # Whatever else is printed must not reach the client.
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    try:
        asyncio.run(bridge(options, out))
    except UsageError as error:
        found.error(str(error))
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
