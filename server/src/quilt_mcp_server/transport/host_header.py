"""The hosts and origins that are served, compared as HTTP compares them: without case, and with default ports.

Requests with an ambiguous Host or Origin header are refused before any code evaluates them.
"""

import re
from collections.abc import Iterable, Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..telemetry.logs import record
from .refusal import refuse

_SINGLE = (b"host", b"origin")
_HOST = re.compile(rb"(\[[0-9a-fA-F:.]+\]|[^:\[\]]*)(:\d{1,5})?\Z")
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#@\\\s,*]*)\Z")
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+\Z")
_REQUEST_HEADERS = (
    "accept",
    "authorization",
    "cache-control",
    "content-type",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
)
# Behind a balancer the server does not know which of the two the client used.
_DEFAULT_PORTS = ("80", "443")
_SCHEME_PORTS = {"http": ":80", "https": ":443"}


def host_form(host: str) -> str:
    """A host as hosts are compared: in lower case, without a default port."""
    name, mark, port = host.lower().rpartition(":")
    return name if mark and port in _DEFAULT_PORTS else host.lower()


def origin_form(origin: str) -> str:
    """An origin as origins are compared: in lower case, without its scheme's default port."""
    lower = origin.lower()
    return lower.removesuffix(_SCHEME_PORTS.get(lower.partition("://")[0], ""))


class Origins:
    """The origins that are served.

    `vscode-webview://*`, or without a host, is every origin of a scheme: desktop clients give windows random hosts.
    """

    def __init__(self, origins: Iterable[str]) -> None:
        self._forms = frozenset(map(origin_form, origins))

    def __contains__(self, origin: str) -> bool:
        form = origin_form(origin)
        parts = _ORIGIN.match(form)
        return parts is not None and not self._forms.isdisjoint((form, f"{parts[1]}://*", f"{parts[1]}://"))


class KnownOriginsMiddleware(CORSMiddleware):
    """CORS for the origins that are served, which may be written in any case and with the default port.

    A preflight may ask for any request header: what frontends add for caches, traces and debugging changes with them,
    this server evaluates none of it, and no cookie is ever a credential here.
    """

    def __init__(self, app: ASGIApp, origins: Origins, expose_headers: Sequence[str]) -> None:
        self._origins = origins
        super().__init__(
            app,
            allow_methods=["POST", "GET", "DELETE", "OPTIONS"],
            allow_headers=["*"],
            allow_private_network=True,
            expose_headers=expose_headers,
            max_age=600,
        )

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether the origin of a request is served."""
        return origin in self._origins

    def preflight_response(self, request_headers: Headers) -> Response:
        """The known request headers are allowed with those that were asked for: a browser remembers the answer."""
        asked = request_headers.get("access-control-request-headers", "").lower()
        names = dict.fromkeys((*_REQUEST_HEADERS, *(name.strip() for name in asked.split(","))))
        allowed = ", ".join(name for name in names if _HEADER_NAME.match(name))
        response = super().preflight_response(request_headers)
        response.headers["Access-Control-Allow-Headers"] = allowed
        return response


class HostHeaderMiddleware:
    """Serves requests to the known hosts, from known origins or none.

    400 for a request that names two hosts or origins, or a host that is none: each reader behind this takes the first
    and looks at its beginning. 421 for another host, 403 for another origin.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str], origins: Origins) -> None:
        self._app = app
        self._hosts = frozenset(host_form(host) for host in hosts)
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in _SINGLE and (name in found or (name == b"host" and not _HOST.match(value))):
                said = f"Bad Request: the request's {name.decode()} header is there twice or malformed"
                headers = {"Connection": "close"}
                await refuse(scope, receive, send, 400, said, reason="invalid_request", headers=headers)
                return
            found[name] = value
        if not self._knows_host(found.get(b"host", b"").decode("latin-1")):
            record().outcome = "other_host"
            said = (
                "Misdirected Request: this server does not serve the host that the request names; use its public "
                "address, or let its operator add the host to QUILT_MCP_ALLOWED_HOSTS"
            )
            await refuse(scope, receive, send, 421, said, reason="unknown_host")
        elif (origin := found.get(b"origin")) and origin.decode("latin-1") not in self._origins:
            record().outcome = "other_origin"
            said = (
                "Forbidden: requests from this web origin are not served; let the server's operator add it to "
                "QUILT_MCP_ALLOWED_ORIGINS"
            )
            await refuse(scope, receive, send, 403, said, reason="unknown_origin")
        else:
            await self._app(scope, receive, send)

    def _knows_host(self, host: str) -> bool:
        """Whether a host is served: as it is configured, or with any port if it is configured without one."""
        form = host_form(host)
        name, _, port = form.rpartition(":")
        name = name if port.isdecimal() else form
        return not self._hosts.isdisjoint((form, name, f"{name}:*"))
