"""Forwards JSON-RPC messages to a server over HTTP, many requests at once, and returns its responses."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2

from .token_source import TokenError, TokenSource

FAILED = -32000  # JSON-RPC: the first code that is free for an implementation
PARSE_ERROR, INVALID_REQUEST = -32700, -32600
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"

_ADVICE = {
    401: "it wants a valid token; check --token-file or --token-command",
    403: "it does not let this token in",
    404: "there is no MCP server at this path; check --url",
    421: "it does not serve this host name; check --url",
    502: "no task of the server answers the load balancer; try again in a minute",
    503: "it is overloaded or being replaced; try again in a few seconds",
    504: "it took too long; ask for less at once",
}
_REFUSALS = (401, 403, 421, 503)  # that the server answers with an error of JSON-RPC

Message = dict[str, Any]


class RefusedError(Exception):
    """The server did not answer with MCP; the message is a sentence for the user."""


class Bridge:
    """Sends the client's messages to the server and returns the server's responses, many requests at once."""

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

        A closed request is how the revision 2026-07-28 cancels. A server of an earlier one gets the notification too.
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
            reason = f"the answer of {self._url} could not be forwarded ({type(error).__name__})"
        if reason and expects_answer:
            self._emit(failure(message["id"], FAILED, reason))
        elif reason:
            report(reason)

    async def _post(self, message: Message) -> bool:
        """Send a message and forward the responses; whether its result or error was among them."""
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
        # Errors of JSON-RPC are forwarded as they are, unless only this side can say what to do.
        if not isinstance(answer, dict) or "jsonrpc" not in answer or response.status_code in _REFUSALS:
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
    report(text)
    return {"jsonrpc": "2.0", "id": identity, "error": {"code": code, "message": text}}


def refusal(url: str, response: httpx2.Response, answer: object) -> str:
    """A sentence for an HTTP answer that is not MCP."""
    status = response.status_code
    error = _mapping(answer).get("error")
    said = str(_mapping(error).get("message") or _mapping(answer).get("error_description") or error or "")[:300]
    said = said.removeprefix(f"{response.reason_phrase}: ")
    advice = _ADVICE.get(status, "")
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


def report(text: str) -> None:
    """Write a line for people to standard error."""
    print(f"quilt-mcp-proxy: {text}", file=sys.stderr, flush=True)
