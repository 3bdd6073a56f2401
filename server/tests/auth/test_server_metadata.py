"""The metadata of a provider that does not name PKCE, under this server's own path."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import PING, Running
from mcp.shared.auth import OAuthMetadata

from auth.providers import COGNITO, RESOURCE
from auth.test_jwks import Address
from quilt_mcp_server.auth import jwks
from quilt_mcp_server.auth.server_metadata import UnsuitableError, completed
from quilt_mcp_server.oauth_settings import OAuthSettings

LOGIN = "https://quilt.auth.us-east-1.amazoncognito.com"
# As Cognito publishes it, which has no OAuth form of it.
DOCUMENT: dict[str, Any] = {
    "authorization_endpoint": f"{LOGIN}/oauth2/authorize",
    "end_session_endpoint": f"{LOGIN}/logout",
    "id_token_signing_alg_values_supported": ["RS256"],
    "issuer": COGNITO.issuer,
    "jwks_uri": f"{COGNITO.issuer}/.well-known/jwks.json",
    "response_types_supported": ["code", "token"],
    "revocation_endpoint": f"{LOGIN}/oauth2/revoke",
    "scopes_supported": ["openid", "email", "phone", "profile"],
    "subject_types_supported": ["public"],
    "token_endpoint": f"{LOGIN}/oauth2/token",
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    "userinfo_endpoint": f"{LOGIN}/oauth2/userInfo",
}
PLACES = [
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/openid-configuration/mcp",
    "/mcp/.well-known/oauth-authorization-server",
    "/mcp/.well-known/openid-configuration",
]
OAUTH = OAuthSettings(COGNITO.issuer, "https://login.example.com/jwks", RESOURCE)


@pytest.fixture
def metadata() -> Iterator[Address]:
    found = Address()
    found.document = DOCUMENT
    yield found
    found.stop()


@pytest.fixture
def published() -> Iterator[Address]:
    found = Address()
    yield found
    found.stop()


@pytest.fixture
def server(serve: Callable[..., Running], metadata: Address, published: Address) -> Running:
    return serve(
        QUILT_MCP_JWKS_URL=published.url,
        QUILT_MCP_OAUTH_ISSUER=COGNITO.issuer,
        QUILT_MCP_OAUTH_METADATA_URL=metadata.url,
        **COGNITO.settings,
    )


def test_a_client_finds_pkce_at_the_issuer_that_it_is_referred_to(server: Running, metadata: Address) -> None:
    place = server.http.get("/.well-known/oauth-protected-resource/mcp").json()
    assert place["authorization_servers"] == [RESOURCE]
    for path in PLACES:
        answer = server.http.get(path, headers={"Origin": "https://inspector.example"})
        assert answer.status_code == 200, path
        assert answer.headers["access-control-allow-origin"] == "*"
        found = answer.json()
        assert OAuthMetadata.model_validate(found).code_challenge_methods_supported == ["S256"]
        assert found["issuer"] == RESOURCE
        assert "authorization_response_iss_parameter_supported" not in found
        kept = {name: value for name, value in DOCUMENT.items() if name not in ("issuer", "end_session_endpoint")}
        assert found.items() >= kept.items()
    assert metadata.asked == 1


def test_tokens_have_the_provider_s_issuer_still(server: Running) -> None:
    claims = COGNITO.access["no audience"]
    for issuer, status in ((COGNITO.issuer, 200), (RESOURCE, 401), (RESOURCE + "/", 401)):
        bearer = f"Bearer {COGNITO.token(claims | {'iss': issuer})}"
        assert server.post(PING, Authorization=bearer).status_code == status


def test_the_root_stays_the_catalog_s(server: Running) -> None:
    for path in ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"):
        assert server.http.get(path).status_code == 404


def test_without_the_setting_clients_are_referred_to_the_provider(
    serve: Callable[..., Running], published: Address
) -> None:
    server = serve(QUILT_MCP_JWKS_URL=published.url, QUILT_MCP_OAUTH_ISSUER=COGNITO.issuer)
    place = server.http.get("/.well-known/oauth-protected-resource/mcp").json()
    assert place["authorization_servers"] == [COGNITO.issuer]
    for path in PLACES:
        assert server.http.get(path).status_code == 404


def test_a_provider_that_does_not_answer_is_asked_again_later(
    server: Running, metadata: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata.status = 500
    for _ in range(3):
        answer = server.http.get(PLACES[0])
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert metadata.asked == 1
    metadata.status = 200
    monkeypatch.setattr(jwks, "FIRST_PAUSE", 0.0)
    assert server.http.get(PLACES[0]).status_code == 200


def test_a_provider_that_sends_its_issuer_is_not_bridged(server: Running, metadata: Address) -> None:
    metadata.document = DOCUMENT | {"authorization_response_iss_parameter_supported": True}
    answer = server.http.get(PLACES[0])
    assert (answer.status_code, answer.json()["error"]) == (502, "unsuitable")
    assert "RFC 9207" in answer.json()["error_description"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"issuer": "https://other.example.com"}, "another issuer"),
        ({"issuer": COGNITO.issuer + "/"}, "another issuer"),
        ({"authorization_response_iss_parameter_supported": True}, "RFC 9207"),
        ({"authorization_response_iss_parameter_supported": "true"}, "RFC 9207"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
        ({"code_challenge_methods_supported": []}, "PKCE"),
        ({"code_challenge_methods_supported": None}, "PKCE"),
        ({"code_challenge_methods_supported": "S256"}, "PKCE"),
        ({"token_endpoint": "http://login.example.com/token"}, "token_endpoint is no https"),
        ({"token_endpoint": ["https://login.example.com/token"]}, "token_endpoint is no https"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint is no https"),
        ({"registration_endpoint": "//login.example.com"}, "registration_endpoint is no https"),
        ({"jwks_uri": None}, "jwks_uri is no https"),
    ],
    ids=str,
)
def test_unsuitable_metadata(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnsuitableError, match=reason):
        completed(OAUTH, DOCUMENT | changes)


@pytest.mark.parametrize("missing", ["authorization_endpoint", "token_endpoint"])
def test_a_login_needs_two_addresses(missing: str) -> None:
    with pytest.raises(UnsuitableError, match="lacks"):
        completed(OAUTH, {name: value for name, value in DOCUMENT.items() if name != missing})


@pytest.mark.parametrize("document", [None, [], "x", 5])
def test_what_is_no_metadata(document: Any) -> None:
    with pytest.raises(ValueError):
        completed(OAUTH, document)


def test_what_a_provider_says_of_itself_is_not_repeated() -> None:
    more = {
        "signed_metadata": "e30.e30.",
        "introspection_endpoint": "https://login.example.com/introspect",
        "mtls_endpoint_aliases": {"token_endpoint": "https://mtls.example.com"},
        "code_challenge_methods_supported": ["plain", "S256"],
        "authorization_response_iss_parameter_supported": False,
        "protected_resources": ["https://other.example.com"],
    }
    found = completed(OAUTH, DOCUMENT | more)
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert not found.keys() & (more.keys() - {"code_challenge_methods_supported"})
