"""A request of a protocol revision with handshake, and its answer, without a session's machinery.

The SDK builds a session of these revisions for each request, four streams and three tasks, and takes it down again:
nearly half of what a cheap request costs. A server without sessions needs only the kernel inside, `serve_one`, which
the SDK itself uses in this way for the revision without handshake.
"""

from typing import Any

from mcp.server.connection import Connection
from mcp.server.lowlevel import Server
from mcp.server.runner import serve_one
from mcp.server.streamable_http import check_accept_headers
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp.shared.message import ServerMessageMetadata
from mcp_types import (
    DEFAULT_NEGOTIATED_VERSION,
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCNotification,
    JSONRPCRequest,
    jsonrpc_message_adapter,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from pydantic import ValidationError
from pydantic_core import from_json, to_json
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..telemetry import mcp_methods
from ..telemetry.logs import record
from .json_exchange import JsonExchange

_VERSION = MCP_PROTOCOL_VERSION_HEADER.encode("ascii")
_NO_MESSAGE = "the body is not a JSON-RPC 2.0 message: an object with jsonrpc, id, method and params, an object"
_NO_ID = "the id of a request is a string or a whole number; a notification has none"


class StatelessTransport:
    """Serves requests of the revisions with handshake, and of clients that name none; leaves the others to `modern`."""

    def __init__(self, server: Server[Any], security: TransportSecuritySettings, modern: ASGIApp) -> None:
        self._server = server
        self._security = TransportSecurityMiddleware(security)
        self._modern = modern

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        version = next((value.decode("latin-1") for name, value in scope["headers"] if name == _VERSION), None)
        if version is None or version in HANDSHAKE_PROTOCOL_VERSIONS:
            await (await self._answer(Request(scope, receive)))(scope, receive, send)
        else:
            await self._modern(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if (refusal := await self._security.validate_request(request, is_post=True)) is not None:
            return refusal
        if not check_accept_headers(request)[0]:
            return _fault(406, INVALID_REQUEST, "Not Acceptable: Client must accept application/json")
        try:
            body = from_json(await request.body())
            message = jsonrpc_message_adapter.validate_python(body, by_name=False)
        except ValidationError:
            # The validator's own report echoes the input.
            return _fault(400, INVALID_PARAMS, _NO_MESSAGE)
        except ValueError as error:
            return _fault(400, PARSE_ERROR, f"Parse error: {error}")
        if not isinstance(message, JSONRPCRequest):
            # A notification, or an answer to a question that this server never asks.
            if isinstance(message, JSONRPCNotification):
                if "id" in body:
                    return _fault(400, INVALID_REQUEST, _NO_ID)
                record().method = mcp_methods.for_logs(message.method)
            return Response(status_code=202, media_type="application/json")
        return await self._result(message, request)

    async def _result(self, message: JSONRPCRequest, request: Request) -> Response:
        version = request.headers.get(MCP_PROTOCOL_VERSION_HEADER, DEFAULT_NEGOTIATED_VERSION)
        context = JsonExchange(message.id, ServerMessageMetadata(request_context=request, can_send_request=False))
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": message.id}
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
        return Response(to_json(answer), media_type="application/json")


def _fault(status: int, code: int, message: str) -> Response:
    answer = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    return Response(to_json(answer), status, media_type="application/json")


def _error(error: ErrorData) -> dict[str, Any]:
    return error.model_dump(mode="json", by_alias=True, exclude_unset=True)
