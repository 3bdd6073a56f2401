"""A request of the revision 2026-07-28, which has no handshake: it names its revision and its client itself.

The SDK's own entry does the same. It walks through the schema of the tool in every call, twice, and copies each answer
before it is written; both together cost more than a cheap call. Every check is the SDK's, in the SDK's order. What form
a request has, and which host and revision it names, was checked before.
"""

from collections.abc import Mapping
from typing import Any

from mcp.server.connection import Connection
from mcp.server.lowlevel import Server
from mcp.server.runner import modern_error_data, serve_one
from mcp.server.streamable_http import check_accept_headers
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    MCP_PARAM_HEADER_PREFIX,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundLadderRejection,
    InboundModernRoute,
    classify_inbound_request,
    find_duplicated_routing_header,
    unsupported_protocol_version_rejection,
    validate_mcp_param_headers,
    x_mcp_header_map,
)
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import (
    HEADER_MISMATCH,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCNotification,
    JSONRPCRequest,
    RequestId,
)
from pydantic import ValidationError
from pydantic_core import from_json, to_json
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..telemetry import mcp_methods
from ..telemetry.logs import record
from .json_exchange import JsonExchange
from .refusal import refusal

_PARAM_HEADER = MCP_PARAM_HEADER_PREFIX.lower()
_NO_MESSAGE = ErrorData(code=INVALID_REQUEST, message="Body must be a single JSON-RPC request or notification object")
_STREAM = "subscriptions/listen"  # its answer would be a stream


class EnvelopedTransport:
    """Serves requests of the revision without handshake, and refuses those of unknown ones."""

    def __init__(self, server: Server[Any]) -> None:
        self._server = server
        self._mirroring: dict[str, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._answer(Request(scope, receive)))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            body = from_json(await request.body())
        except ValueError:
            return _error(None, ErrorData(code=PARSE_ERROR, message="Parse error"))
        if isinstance(body, dict) and "id" not in body:
            return _notified(body, request)
        try:
            message = JSONRPCRequest.model_validate(body)
        except ValidationError:
            return _error(None, _NO_MESSAGE)
        if message.method == _STREAM and not check_accept_headers(request)[1]:
            said = f"Not Acceptable: the answer to {_STREAM} would be a stream; accept text/event-stream"
            return refusal(406, said, request_id=message.id)
        route = self._route(body, message, request)
        if isinstance(route, InboundLadderRejection):
            return _rejected(message.id, route)
        return await self._result(message, route, request)

    def _route(
        self, body: Mapping[str, Any], message: JSONRPCRequest, request: Request
    ) -> InboundModernRoute | InboundLadderRejection:
        """The revision and the client that the request names, or why it is refused: headers that contradict it."""
        if (twice := find_duplicated_routing_header(request.headers.items())) is not None:
            return InboundLadderRejection(code=HEADER_MISMATCH, message=f"{twice} header appears more than once")
        route = classify_inbound_request(body, headers=dict(request.headers))
        if isinstance(route, InboundLadderRejection):
            return route
        return self._mirrored(message, request) or route

    def _mirrored(self, message: JSONRPCRequest, request: Request) -> InboundLadderRejection | None:
        """Why the headers that repeat arguments of a tool are refused."""
        params = message.params or {}
        name, arguments = params.get("name"), params.get("arguments")
        lookup = self._server.get_tool_input_schema
        if message.method != "tools/call" or lookup is None or not isinstance(name, str):
            return None
        if not (arguments is None or isinstance(arguments, Mapping)) or (schema := lookup(name)) is None:
            return None
        if name not in self._mirroring:  # Names of this server's tools alone, as they have a schema.
            self._mirroring[name] = bool(x_mcp_header_map(schema))
        if not self._mirroring[name]:
            return None
        if not arguments and not any(header.startswith(_PARAM_HEADER) for header in request.headers):
            return None
        return validate_mcp_param_headers(schema, arguments or {}, request.headers)

    async def _result(self, message: JSONRPCRequest, route: InboundModernRoute, request: Request) -> Response:
        context = JsonExchange(
            message.id,
            ServerMessageMetadata(request_context=request),
            TransportContext(kind="streamable-http", can_send_request=False, headers=request.headers),
        )
        try:
            result = await serve_one(
                self._server,
                context,
                message.method,
                message.params,
                connection=Connection.from_envelope(
                    route.protocol_version, route.client_info, route.client_capabilities
                ),
                lifespan_state={},
            )
        except Exception as error:
            # What is no fault of the caller's becomes a fixed sentence, and is logged.
            return _error(message.id, modern_error_data(error))
        answer = {"jsonrpc": "2.0", "id": message.id, "result": result}
        return Response(to_json(answer), media_type="application/json")


def _notified(body: dict[str, Any], request: Request) -> Response:
    """Accepted and dropped: a client cancels by closing its request."""
    try:
        method = JSONRPCNotification.model_validate(body).method
    except ValidationError:
        return _error(None, _NO_MESSAGE)
    version = request.headers.get(MCP_PROTOCOL_VERSION_HEADER, "")
    if (rejection := unsupported_protocol_version_rejection(version)) is not None:
        return _rejected(None, rejection)
    record().method = mcp_methods.for_logs(method)
    return Response(status_code=202)


def _rejected(request_id: RequestId | None, why: InboundLadderRejection) -> Response:
    return _error(request_id, ErrorData(code=why.code, message=why.message, data=why.data))


def _error(request_id: RequestId | None, error: ErrorData) -> Response:
    answer = {"jsonrpc": "2.0", "id": request_id, "error": error.model_dump(mode="json", exclude_none=True)}
    status = ERROR_CODE_HTTP_STATUS.get(error.code, 200)
    return Response(to_json(answer), status, media_type="application/json")
