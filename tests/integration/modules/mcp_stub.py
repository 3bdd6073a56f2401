"""A small MCP server that checks tokens as the MCP server does, and fails on request."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import jwt
import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox import tls
from sandbox.seed.sales_prod import HOST

KEY = "a-key-of-the-stub-that-is-long-enough-for-hs256"
KID = "frontend-enhanced"


@dataclass
class Stub:
    """The running stub. Change `key`, `issuer`, `audience`, `answer` or `authenticate` to make it fail."""

    port: int
    ca_file: str
    key: str = KEY
    issuer: str = "quilt-frontend"
    audience: str = "quilt-mcp-server"
    authenticate: bool = True
    answer: tuple[int, str] | None = None  # status and text for every request, as another listener rule would
    hosts: list[str] = field(default_factory=list)  # the Host headers that arrived
    # Takes the headers of each request as it arrives, and its query under "?".
    received: Callable[[dict[str, str]], None] = lambda _: None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/mcp"


@contextlib.contextmanager
def running(folder: Path | None, client_ca: str = "") -> Iterator[Stub]:
    """Serve on a free loopback port until the block ends; without a folder for certificates as a task does, in HTTP.

    client_ca: the PEM file of the CA of the clients, which have to show a certificate of it.
    """
    files = tls.write(folder, [HOST]) if folder else None
    listener = socket.create_server(("127.0.0.1", 0))
    stub = Stub(port=listener.getsockname()[1], ca_file=str(files.ca) if files else "")
    secured = {"ssl_certfile": str(files.cert), "ssl_keyfile": str(files.key)} if files else {}
    mutual = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": client_ca} if client_ca else {}
    config = uvicorn.Config(_front(stub, _mcp_application()), log_level="error", lifespan="on", **secured, **mutual)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield stub
    finally:
        server.should_exit = True
        thread.join(10)


def _mcp_application() -> ASGIApp:
    server = MCPServer("stub")

    @server.tool()
    def bucket_objects_list(bucket: str) -> str:
        if bucket == "secret-bucket":
            raise ValueError(f"access to {bucket} denied")
        return f"objects of {bucket}"

    @server.tool()
    def whoami() -> str:
        return "somebody"

    return server.streamable_http_app(
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )


def _front(stub: Stub, inner: ASGIApp) -> ASGIApp:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        if scope["path"] == "/healthz":  # the load balancer's question, not a client's
            await JSONResponse({"status": "ok"})(scope, receive, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        stub.hosts.append(headers.get("host", ""))
        stub.received({**headers, "?": scope["query_string"].decode()})
        if stub.answer:
            status, text = stub.answer
            await PlainTextResponse(text, status)(scope, receive, send)
        elif scope["path"] == "/mcp/healthz":
            await JSONResponse({"status": "ok"})(scope, receive, send)
        elif stub.authenticate and not _accepted(headers.get("authorization", ""), stub):
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            await JSONResponse({"error": "invalid_token"}, 401, challenge)(scope, receive, send)
        else:
            await inner(scope, receive, send)

    return application


def _accepted(authorization: str, stub: Stub) -> bool:
    try:
        jwt.decode(
            authorization.removeprefix("Bearer "),
            stub.key,
            algorithms=["HS256"],
            audience=stub.audience,
            issuer=stub.issuer,
            options={"require": ["exp", "iat", "sub"]},
        )
    except jwt.PyJWTError:
        return False
    return True
