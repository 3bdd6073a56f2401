"""The ASGI application: routes and the order of the layers around the MCP endpoint."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ASGIApp

from .auth import resource_metadata, server_metadata
from .auth.access_tokens import AccessTokenRules
from .auth.introspection import Introspection
from .auth.jwks import Jwks
from .auth.middleware import AuthenticationMiddleware, FixedPrincipalMiddleware
from .auth.principal import LOCAL_USER, permissions, principal
from .auth.tokens import TokenVerifier
from .aws import Gateway
from .config import Config
from .health import Readiness, healthz
from .oauth_settings import OAuthSettings
from .protocol.server import QuiltServer
from .resources import Resources
from .tools import groups
from .transport.access_log import AccessLogMiddleware
from .transport.concurrency import ConcurrencyMiddleware, UserLimitMiddleware
from .transport.disconnect import DisconnectMiddleware
from .transport.enveloped_request import EnvelopedTransport
from .transport.host_header import HostHeaderMiddleware, KnownOriginsMiddleware, Origins
from .transport.public_documents import PublicDocumentsMiddleware
from .transport.refusal import PostOnlyMiddleware
from .transport.request_body import MAXIMUM_BODY, RequestBodyMiddleware
from .transport.stateless_transport import StatelessTransport

log = logging.getLogger(__name__)

_RESPONSE_HEADERS = ("mcp-protocol-version", "mcp-session-id", "retry-after", "www-authenticate", "x-request-id")


def build(config: Config) -> Starlette:
    """The whole application. AWS is not called before the first request."""
    aws = Gateway(config)
    verifier = _verifier(config) if config.auth == "jwt" else None
    oauth = config.oauth if verifier is not None else None
    server = QuiltServer(config.tool_timeout, permissions)
    for group in groups(config, aws):
        server.add_group(group)
    Resources(config, aws).register(server)
    origins = Origins([*config.allowed_origins, *(f"https://{host}" for host in config.allowed_hosts)])
    server.streamable_http_app(
        stateless_http=True,
        json_response=True,
        max_request_body_size=MAXIMUM_BODY,
        # HostHeaderMiddleware compares them as HTTP does.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    sessions = server.session_manager
    endpoint: ASGIApp = StatelessTransport(sessions.app, modern=EnvelopedTransport(sessions.app))
    endpoint = DisconnectMiddleware(endpoint)
    endpoint = ConcurrencyMiddleware(endpoint, config.max_requests, config.max_user_requests, _user)
    endpoint = RequestBodyMiddleware(endpoint, _user)
    endpoint = PostOnlyMiddleware(UserLimitMiddleware(endpoint, config.max_user_requests, _user))
    if verifier is None:
        endpoint = FixedPrincipalMiddleware(endpoint, LOCAL_USER)
    else:
        challenge = resource_metadata.challenge(oauth) if oauth is not None else ""
        endpoint = AuthenticationMiddleware(endpoint, verifier, config.log_subject, challenge)
    endpoint = HostHeaderMiddleware(endpoint, config.allowed_hosts, origins)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        warming = asyncio.create_task(_warm_up(aws))
        try:
            async with sessions.run():
                log.info("serving")
                yield
        finally:
            warming.cancel()
            await aws.close()

    app = Starlette(
        routes=[
            # Both forms are served without a redirect, which behind a load balancer would lead to http://.
            Route("/mcp", endpoint),
            Route("/mcp/", endpoint),
            Route("/healthz", healthz),
            Route("/mcp/healthz", healthz),
            Route("/readyz", Readiness(verifier, aws.check).answer),
        ],
        middleware=[
            Middleware(AccessLogMiddleware, metrics=config.metrics == "emf"),
            Middleware(PublicDocumentsMiddleware, _documents(oauth) if oauth is not None else []),
            Middleware(KnownOriginsMiddleware, origins=origins, expose_headers=_RESPONSE_HEADERS),
        ],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


def _user() -> str:
    return principal().identity


def _documents(oauth: OAuthSettings) -> list[Route]:
    return [*resource_metadata.routes(oauth), *server_metadata.routes(oauth)]


def _verifier(config: Config) -> TokenVerifier:
    oauth = config.oauth
    return TokenVerifier(
        config.jwt_keys,
        config.jwt_issuer,
        config.jwt_audience,
        rules=AccessTokenRules(oauth) if oauth is not None else None,
        jwks=Jwks(oauth.jwks_url) if oauth is not None and oauth.jwks_url is not None else None,
        introspection=Introspection(oauth.introspection) if oauth is not None and oauth.introspection else None,
    )


async def _warm_up(aws: Gateway) -> None:
    """Load what the first call needs, after the first health answer and before most callers."""
    await asyncio.sleep(0.5)
    try:
        await aws.warm_up()
        gc.freeze()  # the SDK's models stay too
    except Exception:
        # The first caller will get the error where it can be explained.
        log.warning("loading the AWS SDK failed", exc_info=True)
