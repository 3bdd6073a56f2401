"""The tokens of common authorization servers, shaped as their documentation shows them, and what to configure for each.

Cognito   docs.aws.amazon.com/cognito: the access token, the ID token
Entra     learn.microsoft.com/entra/identity-platform: access token claims, ID token claims
Okta      developer.okta.com: tokens of a custom authorization server
Keycloak  tokens of a realm, versions before and since 25 (which no longer puts `nonce` into access tokens)
Auth0     auth0.com/docs: access token profiles
"""

import time
from dataclasses import dataclass, field
from typing import Any

from conftest import token

from auth.test_jwks import RSA

type Claims = dict[str, Any]

RESOURCE = "https://demo.quiltdata.com/mcp"
PERSON = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"


@dataclass(frozen=True)
class Provider:
    """An authorization server.

    Attributes:
        settings: What the server needs to accept its tokens.
        access: Access tokens for this server, by what is particular in each.
        refused: Other tokens that it signs, each with a part of the reason why it is refused.
        typ: The `typ` in the header of access tokens.
    """

    issuer: str
    settings: dict[str, str]
    access: dict[str, Claims]
    refused: dict[str, tuple[Claims, str]]
    typ: str | None = "JWT"
    other_types: dict[str, str] = field(default_factory=dict)

    def token(self, claims: Claims, typ: str | None = None) -> str:
        """A token with these claims alone, signed by the provider."""
        now = int(time.time())
        times = {"iat": now, "exp": now + 600}
        none = dict.fromkeys(("buckets", "aud", "sub"))
        return token(RSA, "rsa", "RS256", {"typ": typ or self.typ}, **(none | times | {"iss": self.issuer} | claims))


_COGNITO: Claims = {
    "sub": PERSON,
    "device_key": "us-east-1_f8c9",
    "cognito:groups": ["scientists"],
    "version": 2,
    "client_id": "57cbishk4j24pabc1234567890",
    "origin_jti": "b9c6",
    "event_id": "64f5",
    "token_use": "access",
    "scope": "openid demo/read",
    "auth_time": 1_676_312_777,
    "jti": "c7cb",
    "username": "alice",
}
_COGNITO_ID: Claims = {
    "sub": PERSON,
    "cognito:groups": ["scientists"],
    "email_verified": True,
    "cognito:username": "alice",
    "origin_jti": "b9c6",
    "aud": "57cbishk4j24pabc1234567890",
    "event_id": "64f5",
    "token_use": "id",
    "auth_time": 1_676_312_777,
    "email": "alice@example.com",
}
_API = "6e74172b-be56-4843-9ff4-e66a39bb12e3"
_ENTRA: Claims = {
    "aud": _API,
    "nbf": 1_537_231_048,
    "aio": "AXQAi/8IAAAA",
    "azp": "5c9e0f0a-0000-4000-8000-f4a1b2c3d4e5",
    "azpacr": "0",
    "name": "Alice",
    "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474",
    "preferred_username": "alice@example.com",
    "rh": "I",
    "roles": ["Scientist"],
    "scp": "mcp.read",
    "sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ",
    "tid": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "uti": "fqiBqXLPj0eQa82S",
    "ver": "2.0",
}
_ENTRA_ID: Claims = {
    "aud": _API,
    "nbf": 1_537_231_048,
    "name": "Alice",
    "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474",
    "preferred_username": "alice@example.com",
    "roles": ["Scientist"],
    "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
    "tid": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "ver": "2.0",
}
_OKTA: Claims = {
    "ver": 1,
    "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
    "aud": RESOURCE,
    "sub": "alice@example.com",
    "cid": "nmdP1fcyvdVO11AL7ECm",
    "uid": "00ujmkLgagxeRrAg20g3",
    "scp": ["openid", "mcp.read"],
    "groups": ["scientists"],
}
_OKTA_ID: Claims = {
    "ver": 1,
    "sub": "00ujmkLgagxeRrAg20g3",
    "name": "Alice",
    "aud": "nmdP1fcyvdVO11AL7ECm",
    "jti": "ID.4eAWJOCMB3SX8XewDfVR",
    "auth_time": 1_676_312_777,
    "at_hash": "fPlsvVszI29LU2UhDyJ9vg",
    "amr": ["pwd"],
}
_KEYCLOAK: Claims = {
    "jti": "trrtcc:312ee6",
    "aud": [RESOURCE, "account"],
    "sub": PERSON,
    "typ": "Bearer",
    "azp": "claude",
    "sid": "4a2f",
    "acr": "1",
    "allowed-origins": ["https://claude.ai"],
    "realm_access": {"roles": ["offline_access", "scientist"]},
    "resource_access": {"account": {"roles": ["manage-account"]}},
    "scope": "openid mcp.read profile",
    "preferred_username": "alice",
}
_KEYCLOAK_ID: Claims = {
    "aud": RESOURCE,
    "sub": PERSON,
    "typ": "ID",
    "azp": RESOURCE,
    "nonce": "n",
    "sid": "4a2f",
    "at_hash": "lzZr",
    "acr": "1",
}
_AUTH0: Claims = {
    "sub": "auth0|6553da60a54af58e29493993",
    "aud": [RESOURCE, "https://my-domain.auth0.com/userinfo"],
    "azp": "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
    "scope": "openid profile mcp.read",
    "permissions": ["mcp.read"],
}
_AUTH0_ID: Claims = {
    "sub": "auth0|6553da60a54af58e29493993",
    "aud": "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
    "nickname": "alice",
    "email": "alice@example.com",
    "sid": "4a2f",
}

COGNITO = Provider(
    "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE",
    {"QUILT_MCP_OAUTH_CLIENT_IDS": "other, 57cbishk4j24pabc1234567890"},
    {"no audience": _COGNITO, "resource binding": _COGNITO | {"aud": RESOURCE}},
    {
        "ID token": (_COGNITO_ID, "ID token"),
        "ID token without aud": (
            {name: value for name, value in _COGNITO_ID.items() if name != "aud"} | {"client_id": "other"},
            "ID token",
        ),
        "another client": (_COGNITO | {"client_id": "somebody"}, "its client is not one"),
        "no client": (
            {name: value for name, value in _COGNITO.items() if name != "client_id"},
            "its client is not one",
        ),
        "a list of clients": (_COGNITO | {"client_id": ["other"]}, "its client is not one"),
        "no token_use": (
            {name: value for name, value in _COGNITO.items() if name != "token_use"},
            "token_use: access",
        ),
        "another resource": (_COGNITO | {"aud": "https://other.example.com"}, "another audience"),
        "an empty audience": (_COGNITO | {"aud": []}, "another audience"),
    },
    typ=None,
)
ENTRA = Provider(
    "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0",
    {"QUILT_MCP_OAUTH_AUDIENCES": f"{_API},api://{_API}"},
    {
        "version 2": _ENTRA,
        "application ID URI": _ENTRA | {"aud": f"api://{_API}"},
        "the API as its own client": _ENTRA | {"azp": _API},
        "an application": {name: value for name, value in _ENTRA.items() if name != "scp"},
    },
    {
        "ID token": (_ENTRA_ID, "neither a client nor a scope"),
        "ID token with nonce": (_ENTRA_ID | {"nonce": "12345"}, "ID token"),
        "ID token with c_hash": (_ENTRA_ID | {"c_hash": "x"}, "ID token"),
        "Graph": (_ENTRA | {"aud": "00000003-0000-0000-c000-000000000000"}, "another audience"),
        "another tenant": (
            _ENTRA | {"iss": "https://login.microsoftonline.com/11111111-86f1-41af-91ab-2d7cd011db47/v2.0"},
            "another issuer",
        ),
        "version 1": (
            _ENTRA | {"iss": "https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/"},
            "another issuer",
        ),
        "bound to a key": (_ENTRA | {"cnf": {"kid": "x"}}, "bound to a key"),
    },
)
OKTA = Provider(
    "https://example.okta.com/oauth2/default",
    {"QUILT_MCP_OAUTH_AUDIENCES": "api://default"},
    {"its resource": _OKTA, "default audience": _OKTA | {"aud": "api://default"}},
    {
        "ID token": (_OKTA_ID, "ID token"),
        "ID token for this audience": (_OKTA_ID | {"aud": RESOURCE}, "ID token"),
        "the organization's own server": (
            _OKTA | {"aud": "https://example.okta.com", "iss": "https://example.okta.com"},
            "another issuer",
        ),
    },
    other_types={"application/okta-internal-at+jwt": "type (typ)"},
)
KEYCLOAK = Provider(
    "https://login.example.com/realms/quilt",
    {},
    {
        "a realm's": _KEYCLOAK,
        "before version 25": _KEYCLOAK | {"nonce": "n"},
        "last slash": _KEYCLOAK | {"aud": RESOURCE + "/"},
    },
    {
        "ID token": (_KEYCLOAK_ID, "ID token"),
        "refresh token": (_KEYCLOAK | {"typ": "Refresh"}, "claim typ"),
        "offline token": (_KEYCLOAK | {"typ": "Offline"}, "claim typ"),
        "DPoP": (_KEYCLOAK | {"typ": "DPoP", "cnf": {"jkt": "x"}}, "claim typ"),
        "for the account console": (_KEYCLOAK | {"aud": "account"}, "another audience"),
        "no audience mapper": (
            {name: value for name, value in _KEYCLOAK.items() if name != "aud"},
            "no list of clients",
        ),
        "logout": (_KEYCLOAK | {"typ": "Logout", "events": {}}, "claim typ"),
    },
    other_types={"logout+jwt": "type (typ)", "secevent+jwt": "type (typ)"},
)
AUTH0 = Provider(
    "https://my-domain.auth0.com/",
    {},
    {
        "Auth0 profile": _AUTH0,
        "RFC 9068": {name: value for name, value in _AUTH0.items() if name != "azp"} | {"client_id": "K1AU"},
        "machine to machine": _AUTH0 | {"sub": "K1AU@clients", "aud": RESOURCE, "gty": "client-credentials"},
    },
    {
        "ID token": (_AUTH0_ID, "neither a client nor a scope"),
        "ID token with nonce": (_AUTH0_ID | {"nonce": "n"}, "ID token"),
        "the API and the client are one": (
            _AUTH0_ID | {"aud": RESOURCE, "azp": RESOURCE},
            "ID token",
        ),
        "for userinfo": (_AUTH0 | {"aud": "https://my-domain.auth0.com/userinfo"}, "another audience"),
        "logout": (_AUTH0 | {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}, "security event"),
        "issuer without its slash": (_AUTH0 | {"iss": "https://my-domain.auth0.com"}, "another issuer"),
    },
)
PROVIDERS = {"Cognito": COGNITO, "Entra": ENTRA, "Okta": OKTA, "Keycloak": KEYCLOAK, "Auth0": AUTH0}
