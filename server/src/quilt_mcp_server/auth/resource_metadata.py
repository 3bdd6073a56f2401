"""The document that shows an OAuth client where to get a token (RFC 9728); only with an authorization server."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..oauth_settings import OAuthSettings

WELL_KNOWN = "/.well-known/oauth-protected-resource"
# Under /mcp/, which the balancer's rule routes.
ROUTED = "/mcp" + WELL_KNOWN


def document(oauth: OAuthSettings) -> dict[str, object]:
    """The protected resource's metadata."""
    scopes = {"scopes_supported": list(oauth.scopes)} if oauth.scopes else {}
    return {
        "resource": oauth.resource,
        # This server, where it completes the metadata of the other.
        "authorization_servers": [oauth.issuer if oauth.metadata_url is None else oauth.resource],
        **scopes,
        "bearer_methods_supported": ["header"],
        "resource_name": "Quilt",
    }


def challenge(oauth: OAuthSettings) -> str:
    """What a WWW-Authenticate header says of it: the document's address from outside, and the scopes to request."""
    scopes = f', scope="{" ".join(oauth.scopes)}"' if oauth.scopes else ""
    return f'resource_metadata="{oauth.origin}{ROUTED}"{scopes}'


def routes(oauth: OAuthSettings) -> list[Route]:
    """The document wherever clients look for it, also those that never read the challenge.

    RFC 9728 puts the resource's path behind the well-known one. Clients ask there, and then without it.
    """
    metadata = document(oauth)

    async def answer(_: Request) -> JSONResponse:
        return JSONResponse(metadata)

    paths = ("/mcp", urlsplit(oauth.resource).path, "")
    places = [ROUTED, *(f"{WELL_KNOWN}{path}{slash}" for path in paths for slash in ("", "/"))]
    return [Route(path, answer) for path in dict.fromkeys(places)]
