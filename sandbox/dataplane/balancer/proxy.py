"""One HTTP exchange through the load balancer: an ASGI application."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

import httpcore

from sandbox.dataplane.balancer import syntax
from sandbox.dataplane.balancer.log import AccessLog, Entry
from sandbox.dataplane.balancer.match import Request, first_match
from sandbox.dataplane.balancer.model import Listener, Model
from sandbox.dataplane.balancer.rewrite import location, transformed
from sandbox.dataplane.balancer.targets import Targets
from sandbox.dataplane.balancer.upstream import new_pool
from sandbox.emulator.services.elbv2.actions import Action
from sandbox.emulator.services.elbv2.rules import Rule
from sandbox.network import AddressBook

log = logging.getLogger("sandbox.balancer")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

# AWS: "The load balancer failed to establish a connection to the target before the connection timeout expired (10 s)".
_CONNECT_SECONDS = 10.0
# AWS (HTTP 400, 414): 16K per request line and per header, 64K for all headers.
_MAX_LINE = 16 * 1024
_MAX_HEADERS = 64 * 1024
# RFC 9110, 7.6.1: they belong to one connection. Whatever Connection names is added.
_HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
_LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}


class Refusal(Exception):
    """The load balancer itself answers, with this status. `reason` goes to the log, and to the client when `shown`."""

    def __init__(self, status: int, reason: str, *, shown: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.shown = shown


class ClientGone(Exception):
    """The client closed the connection before it had its answer."""


class Proxy:
    """Answers by the rules of the control plane. `port` is the loopback port, `public_host` what it stands for."""

    def __init__(
        self, model: Model, addresses: AddressBook, access_log: AccessLog, public_host: str, port: int
    ) -> None:
        self.model = model
        self.addresses = addresses
        self.access_log = access_log
        self.public_host = public_host
        self.port = port
        self.targets = Targets()
        # A target must keep idle connections for longer than the load balancer does, here as at AWS: a request that
        # meets a connection just closed by the target is a 502, because it may have been performed.
        self.pool = new_pool(keepalive_connections=100, keepalive_seconds=60.0)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await Exchange(self, scope, receive, send).run()

    async def close(self) -> None:
        await self.pool.aclose()

    def public(self, host: str) -> str:
        """The Host header that a client would send at AWS; the only place where the sandbox's address is mapped.

        A laptop has no DNS for the public host and no port 443 to spare, so localhost stands for the public host, and
        the loopback port for the listener's.
        """
        name, colon, port = host.rpartition(":")
        if not colon or not port.isdigit():
            name, port = host, ""
        if name.lower() in _LOCAL_NAMES:
            return self.public_host
        return name if port == str(self.port) else host


class Body:
    """The client's request body as it arrives. Reports when the client disconnects."""

    def __init__(self, receive: Receive) -> None:
        self.idle_timeout = 60.0
        """Seconds that the client may be silent within its body."""
        self._receive = receive
        self._read = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            try:
                async with asyncio.timeout(self.idle_timeout):
                    message = await self._receive()
            except TimeoutError:
                raise Refusal(408, "the client did not send its body before the idle timeout") from None
            if message["type"] == "http.disconnect":
                raise ClientGone
            more = message.get("more_body", False)
            if chunk := message.get("body"):
                yield chunk
        self._read.set()

    def skip(self) -> None:
        """The request has no body."""
        self._read.set()

    async def client_gone(self) -> None:
        """Return when the client closes the connection; after the body, because both come the same way."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


class Exchange:
    """One request and its answer."""

    def __init__(self, proxy: Proxy, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.proxy = proxy
        self.headers: Headers = scope["headers"]
        self.target: bytes = scope["raw_path"]
        self.version: str = scope["http_version"]
        self.body = Body(receive)
        self.send = send
        self.begun = False
        self.request = Request(
            method=scope["method"],
            host=proxy.public(self._header(b"host")),
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers),
            source_ip=scope["client"][0],
        )
        self.entry = Entry(
            time=datetime.now(UTC).isoformat(timespec="milliseconds"),
            client=f"{scope['client'][0]}:{scope['client'][1]}",
            method=self.request.method,
            host=self.request.host,
            path=f"{self.request.path}?{self.request.query}" if self.request.query else self.request.path,
            trace_id=trace_id(self._header(b"x-amzn-trace-id")),
        )

    async def run(self) -> None:
        started = time.monotonic()
        try:
            await self._answer()
        except Refusal as refusal:
            self.entry.error = refusal.reason
            # Once the response has begun, the error can only be shown by closing the connection, which returning does.
            if not self.begun:
                await self._own_page(refusal)
        except ClientGone:
            # AWS (HTTP 460): the client closed the connection; only the log has the status.
            self.entry.status = 460
            self.entry.error = "the client closed the connection"
        except Exception as error:
            log.exception("the load balancer broke on %s %s", self.entry.method, self.entry.path)
            self.entry.error = f"{type(error).__name__}: {error}"
            if not self.begun:
                await self._own_page(Refusal(500, "the sandbox's load balancer broke; see its log", shown=True))
        finally:
            self.entry.seconds = round(time.monotonic() - started, 4)
            self.proxy.access_log.add(self.entry)

    async def _answer(self) -> None:
        self._check_size()
        problem = syntax.problem(self.request.method, self.target, self.version, self.headers)
        if problem is not None:
            raise Refusal(*problem)
        if not self.request.host:
            raise Refusal(400, "the request has no Host header")
        listener = self.proxy.model.listener()
        if listener is None:
            raise Refusal(503, "the control plane has no load balancer with a listener on port 443", shown=True)
        rule = first_match(listener.rules, self.request)
        if rule is None:
            raise Refusal(503, f"listener {listener.arn} has no default rule", shown=True)
        self.entry.rule_arn, self.entry.priority = rule.arn, str(rule.priority)
        self.entry.action = ",".join(action.type for action in rule.actions)
        await self._perform(rule, listener)

    async def _perform(self, rule: Rule, listener: Listener) -> None:
        for action in rule.actions:
            if action.type == "forward":
                await self._forward(action, rule, listener)
            elif action.type == "redirect":
                config = action.data["RedirectConfig"]
                url = location(config, self.request, listener.protocol, listener.port)
                await self._own(int(config["StatusCode"][-3:]), b"", (b"location", url.encode()))
            elif action.type == "fixed-response":
                config = action.data["FixedResponseConfig"]
                kind = f"{config.get('ContentType') or 'text/plain'}; charset=utf-8"
                body = (config.get("MessageBody") or "").encode()
                await self._own(int(config["StatusCode"]), body, (b"content-type", kind.encode()))
            else:
                text = f"the sandbox's load balancer does not perform {action.type}; AWS would. Rule {rule.arn}"
                raise Refusal(501, text, shown=True)

    async def _forward(self, action: Action, rule: Rule, listener: Listener) -> None:
        arn = self.proxy.targets.group(rule.arn, action.data["ForwardConfig"])
        group = self.proxy.model.group(arn) if arn else None
        target = self.proxy.targets.target(group) if group else None
        self.entry.target_group_arn = arn
        if group is None or target is None:
            raise Refusal(503, "the target group has no registered targets" if arn else "all target groups weigh 0")
        self.entry.target = f"{target.id}:{target.port}"
        address = self.proxy.addresses.resolve(target.id, target.port)
        if address is None:
            # At AWS the attempt to connect would time out; here it fails without the wait.
            raise Refusal(504, "nothing answers at the target's address")
        relay = asyncio.ensure_future(self._relay(group.protocol.lower(), address, rule, listener))
        gone = asyncio.ensure_future(self.body.client_gone())
        try:
            await asyncio.wait({relay, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not relay.done():
                raise ClientGone
            relay.result()
        finally:
            for task in (relay, gone):
                if not task.done():
                    task.cancel()
            await asyncio.gather(relay, gone, return_exceptions=True)

    async def _relay(self, scheme: str, address: tuple[str, int], rule: Rule, listener: Listener) -> None:
        """Send the request to the target and its answer to the client, both as they come."""
        seen = transformed(rule.transforms, self.request)
        length = self._header(b"content-length")
        has_body = bool(self._header(b"transfer-encoding")) or length not in ("", "0")
        self.body.idle_timeout = listener.idle_timeout
        if not has_body:
            self.body.skip()
        request = httpcore.Request(
            self.request.method,
            httpcore.URL(
                scheme=scheme,
                host=address[0],
                port=address[1],
                target=(f"{seen.path}?{seen.query}" if seen.query else seen.path).encode("latin-1"),
            ),
            headers=self._request_headers(seen.host, listener, chunked=has_body and not length),
            content=self.body if has_body else None,
            extensions={
                "timeout": {
                    "connect": _CONNECT_SECONDS,
                    "read": listener.idle_timeout,
                    "write": listener.idle_timeout,
                    "pool": None,
                }
            },
        )
        try:
            response = await self.proxy.pool.handle_async_request(request)
            try:
                await self._begin(response.status, response_headers(response.headers))
                async for chunk in response.aiter_stream():
                    await self.send({"type": "http.response.body", "body": chunk, "more_body": True})
            finally:
                await response.aclose()
        except httpcore.TimeoutException as error:
            raise Refusal(504, f"the target took too long: {type(error).__name__}") from error
        except httpcore.LocalProtocolError as error:
            raise Refusal(400, f"the request cannot be sent on: {error}") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise Refusal(502, f"{type(error).__name__}: {error}") from error
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, status: int, headers: Headers) -> None:
        self.begun = True
        self.entry.status = self.entry.target_status = status
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    def _request_headers(self, host: str, listener: Listener, chunked: bool) -> Headers:
        """What the target sees: the client's headers, those of the connection replaced, X-Forwarded-* added."""
        dropped = _HOP_BY_HOP | connection_options(self.headers) | {b"host", b"expect"}
        forwarding = {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-port", b"x-amzn-trace-id"}
        forwarded = [value for name, value in self.headers if name == b"x-forwarded-for"]
        kept = [(name, value) for name, value in self.headers if name not in dropped | forwarding]
        added = [
            (b"x-forwarded-for", b", ".join([*forwarded, self.request.source_ip.encode()])),
            (b"x-forwarded-proto", listener.protocol.lower().encode()),
            (b"x-forwarded-port", str(listener.port).encode()),
            (b"x-amzn-trace-id", self.entry.trace_id.encode("latin-1")),
        ]
        framing = [(b"transfer-encoding", b"chunked")] if chunked else []
        return [(b"host", host.encode("latin-1")), *added, *kept, *framing]

    def _check_size(self) -> None:
        sizes = [len(name) + len(value) for name, value in self.headers]
        if len(self.entry.path) > _MAX_LINE:
            raise Refusal(414, "the URL is longer than 16K")
        if max(sizes, default=0) > _MAX_LINE or sum(sizes) > _MAX_HEADERS:
            raise Refusal(400, "a header is longer than 16K, or all of them are longer than 64K")

    def _header(self, name: bytes) -> str:
        return next((value.decode("latin-1") for key, value in self.headers if key == name), "")

    async def _own_page(self, refusal: Refusal) -> None:
        phrase = PHRASES.get(refusal.status) or HTTPStatus(refusal.status).phrase
        title = f"{refusal.status} {phrase}"
        more = f"<p>{refusal.reason}</p>\r\n" if refusal.shown else ""
        page = (
            f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
            f"{more}</body>\r\n</html>\r\n"
        )
        await self._own(refusal.status, page.encode(), (b"content-type", b"text/html"))

    async def _own(self, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
        """An answer of the load balancer itself."""
        self.begun = True
        self.entry.status = status
        common = [
            (b"server", b"awselb/2.0"),
            (b"date", formatdate(usegmt=True).encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        await self.send({"type": "http.response.start", "status": status, "headers": [*common, *headers]})
        await self.send({"type": "http.response.body", "body": b"" if self.request.method == "HEAD" else body})


# The titles of an ALB's own pages where they differ from the standard phrases.
PHRASES = {503: "Service Temporarily Unavailable", 504: "Gateway Time-out", 414: "Request-URI Too Large"}


def connection_options(headers: Headers) -> set[bytes]:
    """The headers that a Connection header declares as belonging to the connection."""
    values = b",".join(value for name, value in headers if name.lower() == b"connection")
    return {option.strip().lower() for option in values.split(b",")} - {b""}


def response_headers(headers: Headers) -> Headers:
    """The target's headers without those of the connection."""
    dropped = _HOP_BY_HOP | connection_options(headers)
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def trace_id(given: str) -> str:
    """X-Amzn-Trace-Id for the target: a Root is kept and joined by a Self, everything else gets a new Root."""
    fresh = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    if not re.search(r"(^|;)\s*Root=", given):
        return ";".join([f"Root={fresh}", *filter(None, [given])])
    kept = [field for field in given.split(";") if not field.strip().startswith("Self=")]
    return ";".join([f"Self={fresh}", *kept])
