"""A request of a protocol revision with handshake, and its answer, without a session's machinery.

The SDK builds a session of these revisions for each request, four streams and three tasks, and takes it down again:
nearly half of what a cheap request costs. A server without sessions needs only the kernel inside, `serve_one`, which
the SDK itself uses in this way for the revision without handshake.
"""

import asyncio
import time
from dataclasses import replace
from typing import Any

from mcp.server.connection import Connection
from mcp.server.lowlevel import Server
from mcp.server.runner import serve_one
from mcp.server.streamable_http import check_accept_headers
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp.shared.message import ServerMessageMetadata
from mcp_types import (
    DEFAULT_NEGOTIATED_VERSION,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
    ErrorData,
    JSONRPCNotification,
    JSONRPCRequest,
    jsonrpc_message_adapter,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError
from pydantic_core import from_json, to_json
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..telemetry import mcp_methods
from ..telemetry.logs import current_record, record
from .json_exchange import JsonExchange
from .refusal import id_in, id_of, refusal

MAXIMUM_BATCH = 32  # messages
BATCH_SECONDS = 50.0  # of all requests of a batch; below the balancer's idle timeout
_AT_ONCE = 4  # requests of a batch
_BATCH_VERSION = "2025-03-26"  # the one revision with batches, and of a request that names none
_VERSION = MCP_PROTOCOL_VERSION_HEADER.encode("ascii")
_ACCEPT = b"accept"
_SHOWN = 64  # characters of a version that nobody knows
_NO_MESSAGE = "the body is not a JSON-RPC 2.0 message: an object with jsonrpc, id, method and params, an object"
_NO_ID = "the id of a request is a string or a whole number; a notification has none"

Message = dict[str, Any]


class StatelessTransport:
    """Serves requests of the revisions with handshake, and of clients that name none; leaves the others to `modern`."""

    def __init__(self, server: Server[Any], modern: ASGIApp) -> None:
        self._server = server
        self._modern = modern

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        versions = [value.decode("latin-1").strip() for name, value in scope["headers"] if name == _VERSION]
        if not any(name == _ACCEPT for name, _ in scope["headers"]):
            # RFC 9110, 12.5.1: who does not say what it takes, takes anything.
            scope = {**scope, "headers": [*scope["headers"], (_ACCEPT, b"*/*")]}
        request = Request(scope, receive)
        refused = _version_fault(versions) or _form_fault(request)
        if refused is not None:
            response = refusal(**refused, request_id=id_in(await request.body()))
        elif not versions or versions[0] in HANDSHAKE_PROTOCOL_VERSIONS:
            response = await self._answer(request, versions[0] if versions else DEFAULT_NEGOTIATED_VERSION)
        else:
            await self._modern(scope, receive, send)
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request, version: str) -> Response:
        try:
            body = from_json(await request.body())
        except ValueError as error:
            return refusal(400, f"Parse error: {error}", code=PARSE_ERROR)
        if isinstance(body, list) and body:
            return await self._batch(body, request, version)
        status, answer = await self._message(body, request, version)
        if answer is None:
            return Response(status_code=status)
        return Response(to_json(answer), status, media_type="application/json")

    async def _batch(self, batch: list[Any], request: Request, version: str) -> Response:
        """The answers to several messages, in their order; 202 if none of them wants one."""
        if version != _BATCH_VERSION:
            return refusal(400, f"Bad Request: {version} has no batches; send each message in a request of its own")
        if len(batch) > MAXIMUM_BATCH:
            return refusal(413, f"Content Too Large: a batch has at most {MAXIMUM_BATCH} messages", reason="too_large")
        turn, deadline = asyncio.Semaphore(_AT_ONCE), time.monotonic() + BATCH_SECONDS
        whole = record()

        async def answer(item: Any) -> tuple[int, bytes | None]:
            async with turn:
                began = time.monotonic()
                # A record of its own, and a line in the log.
                part = replace(whole, parts=[])
                current_record.set(part)
                try:
                    if began >= deadline:
                        raise TimeoutError
                    async with asyncio.timeout(deadline - began):
                        status, found = await self._part(item, request, version)
                except TimeoutError:
                    part.outcome = "timeout"
                    status, found = _fault(item, INTERNAL_ERROR, f"the batch took longer than {BATCH_SECONDS:.0f} s")
                sent = None if found is None else to_json(found)
                part.duration_ms, part.bytes = (time.monotonic() - began) * 1000, len(sent or b"")
                whole.parts.append(part)
                return status, sent

        found = await asyncio.gather(*map(answer, batch))
        whole.method = "batch"
        answers = [sent for _, sent in found if sent is not None]
        if not answers:
            return Response(status_code=202)
        status = 400 if all(status == 400 for status, _ in found) else 200
        return Response(b"[" + b",".join(answers) + b"]", status, media_type="application/json")

    async def _part(self, item: Any, request: Request, version: str) -> tuple[int, Message | None]:
        if isinstance(item, dict) and item.get("method") == "initialize":
            return _fault(item, INVALID_REQUEST, "initialize is not a part of a batch; send it alone")
        return await self._message(item, request, version)

    async def _message(self, body: Any, request: Request, version: str) -> tuple[int, Message | None]:
        """The status of a message alone, and its answer, if it gets one."""
        try:
            message = jsonrpc_message_adapter.validate_python(body, by_name=False)
        except ValidationError:
            # The validator's own report echoes the input.
            return _fault(body, INVALID_PARAMS, _NO_MESSAGE)
        if isinstance(message, JSONRPCRequest):
            return 200, await self._result(message, request, version)
        # A notification, or an answer to a question that this server never asks.
        if isinstance(message, JSONRPCNotification):
            if "id" in body:
                return _fault(body, INVALID_REQUEST, _NO_ID)
            record().method = mcp_methods.for_logs(message.method)
        return 202, None

    async def _result(self, message: JSONRPCRequest, request: Request, version: str) -> Message:
        context = JsonExchange(message.id, ServerMessageMetadata(request_context=request, can_send_request=False))
        answer: Message = {"jsonrpc": "2.0", "id": message.id}
        try:
            answer["result"] = await serve_one(
                self._server,
                context,
                message.method,
                message.params,
                connection=Connection.from_envelope(version, None, None),
                lifespan_state={},
            )
        except MCPError as error:
            answer["error"] = _error(error.error)
        except ValidationError:
            answer["error"] = {"code": INVALID_PARAMS, "message": "Invalid request parameters", "data": ""}
        return answer


def _version_fault(versions: list[str]) -> dict[str, Any] | None:
    """Why a request with these protocol versions in its headers is refused."""
    if len(versions) > 1:
        return {"status": 400, "message": "Bad Request: the request has more than one MCP-Protocol-Version header"}
    if not versions or versions[0] in (*HANDSHAKE_PROTOCOL_VERSIONS, *MODERN_PROTOCOL_VERSIONS):
        return None
    known = ", ".join((*HANDSHAKE_PROTOCOL_VERSIONS, *MODERN_PROTOCOL_VERSIONS))
    return {
        "status": 400,
        "message": f"Unsupported protocol version in the MCP-Protocol-Version header; this server knows {known}",
        "code": UNSUPPORTED_PROTOCOL_VERSION,
        # Of the revisions in which a version is not negotiated, as server/discover has them.
        "data": {"supported": list(MODERN_PROTOCOL_VERSIONS), "requested": versions[0][:_SHOWN]},
    }


def _form_fault(request: Request) -> dict[str, Any] | None:
    """Why a request with these headers about its form is refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return {"status": 415, "message": "Unsupported Media Type: send the header `Content-Type: application/json`"}
    if not check_accept_headers(request)[0]:
        return {"status": 406, "message": "Not Acceptable: Client must accept application/json"}
    return None


def _fault(body: Any, code: int, message: str) -> tuple[int, Message]:
    """A message that is not served: the status of it alone, and its answer."""
    return 400, {"jsonrpc": "2.0", "id": id_of(body), "error": {"code": code, "message": message}}


def _error(error: ErrorData) -> dict[str, Any]:
    return error.model_dump(mode="json", by_alias=True, exclude_unset=True)
