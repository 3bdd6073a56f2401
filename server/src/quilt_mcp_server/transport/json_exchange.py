"""What a tool sees of the exchange of one request for one JSON answer."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import NoBackChannelError
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import RequestId

log = logging.getLogger(__name__)

_TRANSPORT = TransportContext(kind="streamable-http", can_send_request=False)


@dataclass
class JsonExchange:
    """The SDK's `DispatchContext` of one request: a JSON response carries no messages to the client."""

    request_id: RequestId
    message_metadata: ServerMessageMetadata
    transport: TransportContext = _TRANSPORT
    cancel_requested: anyio.Event = field(default_factory=anyio.Event)
    can_send_request: bool = field(default=False, init=False)

    async def send_raw_request(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> dict[str, Any]:
        raise NoBackChannelError(method)

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        log.debug("dropped %s", method)

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        log.debug("dropped progress")
