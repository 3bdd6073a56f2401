"""An authorization server's metadata, completed under this server's own path (RFC 8414).

Some providers support PKCE and do not say so (`code_challenge_methods_supported`): Cognito, Entra. Clients end the
login there. This server repeats the provider's document with that member. The issuer of a document must be its address,
so it is this server's. Tokens are still verified against the provider's, and no request of a login passes through here.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..oauth_settings import OAuthSettings, is_secure
from .jwks import KeysUnavailableError, PublishedDocument

log = logging.getLogger(__name__)

RETRY_AFTER = 2  # seconds
_DOCUMENTS = ("oauth-authorization-server", "openid-configuration")
_REQUIRED = ("authorization_endpoint", "token_endpoint")
_ADDRESSES = (*_REQUIRED, "jwks_uri", "registration_endpoint", "revocation_endpoint", "userinfo_endpoint")
# What a client needs to log in. Whatever else a provider says may be about its own issuer.
_KEPT = (
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_methods_supported",
    "client_id_metadata_document_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "claims_supported",
    "service_documentation",
    "ui_locales_supported",
)

type Document = dict[str, object]


class UnsuitableError(Exception):
    """The provider's metadata cannot be completed without breaking what a client verifies; the message says why."""


def completed(oauth: OAuthSettings, document: Any) -> Document:
    """The provider's metadata with this server as its issuer and S256 as its method.

    Raises:
        UnsuitableError: if a client would be deceived, or could not finish its login.
        ValueError: if this is no metadata.
    """
    if not isinstance(document, dict):
        raise ValueError("no metadata")
    if document.get("issuer") != oauth.issuer:
        raise UnsuitableError("it is the metadata of another issuer than QUILT_MCP_OAUTH_ISSUER")
    if document.get("authorization_response_iss_parameter_supported"):
        raise UnsuitableError(
            "the provider sends its issuer to clients, which compare it (RFC 9207); refer them to the provider itself"
        )
    methods = document.get("code_challenge_methods_supported", ["S256"])
    if not isinstance(methods, list) or "S256" not in methods:
        raise UnsuitableError("the provider does not support PKCE with S256, which clients require")
    addresses = {name: document[name] for name in _ADDRESSES if name in document}
    for name, url in addresses.items():
        if not isinstance(url, str) or not is_secure(url):
            raise UnsuitableError(f"its {name} is no https:// address")
    if not all(name in addresses for name in _REQUIRED):
        raise UnsuitableError("it lacks authorization_endpoint or token_endpoint")
    kept = {name: document[name] for name in _KEPT if name in document}
    return {"issuer": oauth.resource} | addresses | kept | {"code_challenge_methods_supported": ["S256"]}


def _read(complete: Callable[[Any], Document], document: Any) -> Document | str:
    """The completed document, or why there is none."""
    try:
        return complete(document)
    except UnsuitableError as error:
        log.error("the authorization server's metadata is not served: %s", error)
        return str(error)


def routes(oauth: OAuthSettings) -> list[Route]:
    """The completed metadata wherever clients look for it; nothing without the setting.

    RFC 8414 puts the issuer's path behind the well-known one, OpenID Connect Discovery before it.
    """
    if oauth.metadata_url is None:
        return []
    read = partial(_read, partial(completed, oauth))
    published = PublishedDocument(oauth.metadata_url, "the authorization server's metadata", read)

    async def answer(_: Request) -> JSONResponse:
        try:
            found = await published.current()
        except KeysUnavailableError:
            body = {"error": "unavailable", "error_description": "the authorization server does not answer now"}
            return JSONResponse(body, 503, headers={"Retry-After": str(RETRY_AFTER)})
        if isinstance(found, str):
            return JSONResponse({"error": "unsuitable", "error_description": found}, 502)
        return JSONResponse(found)

    paths = dict.fromkeys(("/mcp", urlsplit(oauth.resource).path))
    places = [f"/.well-known/{name}{path}" for name in _DOCUMENTS for path in paths]
    places += [f"{path}/.well-known/{name}" for name in _DOCUMENTS for path in paths]
    return [Route(place, answer) for place in dict.fromkeys(places)]
