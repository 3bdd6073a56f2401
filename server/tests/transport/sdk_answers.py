"""What the SDK's own transport answers, together with the answer of this server."""

import json
from typing import Annotated, Any

import httpx
from conftest import HOST, ORIGIN, environment
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import BaseModel, Field

from quilt_mcp_server.auth.middleware import FixedPrincipalMiddleware
from quilt_mcp_server.auth.principal import LOCAL_USER
from quilt_mcp_server.config import load
from quilt_mcp_server.protocol.server import QuiltServer
from quilt_mcp_server.protocol.tool import tool
from quilt_mcp_server.tools.catalog import CatalogTools
from quilt_mcp_server.tools.identity import IdentityTools
from quilt_mcp_server.transport.enveloped_request import EnvelopedTransport
from quilt_mcp_server.transport.host_header import HostHeaderMiddleware, Origins
from quilt_mcp_server.transport.stateless_transport import StatelessTransport

HEADERS = {"Host": HOST, "Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
WHO = {"name": "client", "version": "1"}


def request(method: str, params: Any = None, request_id: Any = 1, **changes: Any) -> bytes:
    body = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
    return json.dumps({name: value for name, value in (body | changes).items() if value is not None}).encode()


def initialize(version: str) -> bytes:
    return request("initialize", {"protocolVersion": version, "capabilities": {}, "clientInfo": WHO})


class Mirrored(BaseModel):
    region: str
    number: int


class MirroringTools:
    """A tool whose arguments are repeated in headers, as none of this server's are."""

    @tool("Mirror")
    async def mirror(
        self,
        region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})] = "",
        number: Annotated[int, Field(json_schema_extra={"x-mcp-header": "Number"})] = 0,
        free: str = "",
    ) -> Mirrored:
        """Repeat the arguments."""
        return Mirrored(region=region, number=number)


async def both(
    body: bytes, headers: dict[str, str], *repeated: tuple[str, str]
) -> tuple[httpx.Response, httpx.Response]:
    """What the SDK answers, and what this server does."""
    config = load(environment(QUILT_MCP_CATALOG_URL="https://demo.quiltdata.com"))
    server = QuiltServer(config.tool_timeout)
    for group in (IdentityTools(config), CatalogTools(config), MirroringTools()):
        server.add_group(group)
    security = TransportSecuritySettings(allowed_hosts=[HOST], allowed_origins=[ORIGIN])
    server.streamable_http_app(stateless_http=True, json_response=True, transport_security=security)
    sessions = server.session_manager
    own = StatelessTransport(sessions.app, EnvelopedTransport(sessions.app))
    sent = [(name, value) for name, value in (HEADERS | headers).items() if value] + list(repeated)
    async with sessions.run():
        found = []
        for app in (sessions.handle_request, HostHeaderMiddleware(own, [HOST], Origins([ORIGIN]))):
            transport = httpx.ASGITransport(FixedPrincipalMiddleware(app, LOCAL_USER))
            async with httpx.AsyncClient(transport=transport) as client:
                found.append(await client.post(f"https://{HOST}/mcp", content=body, headers=sent))
    return found[0], found[1]
