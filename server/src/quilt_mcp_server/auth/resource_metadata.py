"""The document that shows an OAuth client where to get a token (RFC 9728); only with an authorization server."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..config import Config

# The first is under /mcp/, which the balancer's rule routes; the second is where RFC 9728 says to look.
PATHS = ("/mcp/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp")


def document(config: Config) -> dict[str, object] | None:
    """The protected resource's metadata, or None without an authorization server."""
    if config.oauth_issuer is None:
        return None
    return {
        "resource": f"{_base(config)}/mcp",
        "authorization_servers": [config.oauth_issuer],
        "bearer_methods_supported": ["header"],
        "resource_name": "Quilt",
    }


def document_url(config: Config) -> str:
    """Where clients find the document from outside."""
    return _base(config) + PATHS[0]


def routes(metadata: dict[str, object]) -> list[Route]:
    """The document at both of its places."""

    async def answer(_: Request) -> JSONResponse:
        return JSONResponse(metadata)

    return [Route(path, answer) for path in PATHS]


def _base(config: Config) -> str:
    return f"https://{config.allowed_hosts[0]}"
