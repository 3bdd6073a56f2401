"""The document that shows an OAuth client where to get a token (RFC 9728); only with an authorization server."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..oauth_settings import OAuthSettings

# The first is under /mcp/, which the balancer's rule routes; the second is where RFC 9728 says to look.
PATHS = ("/mcp/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp")


def document(oauth: OAuthSettings) -> dict[str, object]:
    """The protected resource's metadata."""
    return {
        "resource": oauth.resource,
        "authorization_servers": [oauth.issuer],
        "bearer_methods_supported": ["header"],
        "resource_name": "Quilt",
    }


def document_url(oauth: OAuthSettings) -> str:
    """Where clients find the document from outside."""
    return oauth.origin + PATHS[0]


def routes(oauth: OAuthSettings) -> list[Route]:
    """The document at both of its places."""
    metadata = document(oauth)

    async def answer(_: Request) -> JSONResponse:
        return JSONResponse(metadata)

    return [Route(path, answer) for path in PATHS]
