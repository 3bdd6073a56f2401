"""Where an OAuth client finds out where to get a token, and which scopes to request."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import HOST, PING, Running, token

from auth.providers import ENTRA, KEYCLOAK
from auth.test_jwks import Address

ISSUER = "https://login.example.com"
PATH = "/mcp/.well-known/oauth-protected-resource"
PLACES = [PATH, *(f"/.well-known/oauth-protected-resource{path}" for path in ("/mcp", "/mcp/", "", "/"))]


@pytest.fixture
def server(serve: Callable[..., Running]) -> Running:
    return serve(QUILT_MCP_JWKS_URL="https://login.example.com/jwks", QUILT_MCP_OAUTH_ISSUER=ISSUER)


def test_clients_learn_where_to_get_a_token(server: Running) -> None:
    challenge = server.post(PING, Authorization="").headers["www-authenticate"]
    assert challenge.endswith(f'resource_metadata="https://demo.quiltdata.com{PATH}"')
    for place in PLACES:
        answer = server.http.get(place)
        assert answer.status_code == 200, place
        document = answer.json()
        assert document["resource"] == "https://demo.quiltdata.com/mcp"
        assert document["authorization_servers"] == [ISSUER]
        assert "scopes_supported" not in document


def test_any_web_page_may_read_the_document_and_nothing_else(server: Running) -> None:
    origin = {"Origin": "https://inspector.example", "Access-Control-Request-Method": "GET"}
    asked = origin | {"Access-Control-Request-Headers": "mcp-protocol-version"}
    for place in PLACES:
        assert server.http.get(place, headers=origin).headers["access-control-allow-origin"] == "*"
        preflight = server.http.options(place, headers=asked)
        assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "*")
    assert server.http.options("/mcp", headers=asked | {"Host": HOST}).status_code == 400
    assert "access-control-allow-origin" not in server.http.get("/healthz", headers=origin).headers
    for method in ("POST", "DELETE", "PUT"):
        assert server.http.request(method, PATH).status_code == 405


def test_without_an_authorization_server_there_is_no_document(serve: Callable[..., Running]) -> None:
    plain = serve()
    for place in PLACES:
        assert plain.http.get(place).status_code == 404
    assert "resource_metadata" not in plain.post(PING, Authorization="").headers["www-authenticate"]


def test_the_resource_s_own_path_is_behind_the_well_known_one(serve: Callable[..., Running]) -> None:
    server = serve(
        QUILT_MCP_JWKS_URL="https://login.example.com/jwks",
        QUILT_MCP_OAUTH_ISSUER=ISSUER,
        QUILT_MCP_OAUTH_RESOURCE="https://demo.quiltdata.com/quilt/mcp",
    )
    for place in (*PLACES, "/.well-known/oauth-protected-resource/quilt/mcp"):
        assert server.http.get(place).json()["resource"] == "https://demo.quiltdata.com/quilt/mcp"


@pytest.fixture
def published() -> Any:
    found = Address()
    yield found
    found.stop()


def test_a_required_scope_is_requested_and_demanded(serve: Callable[..., Running], published: Address) -> None:
    server = serve(
        QUILT_MCP_JWKS_URL=published.url,
        QUILT_MCP_OAUTH_ISSUER=KEYCLOAK.issuer,
        QUILT_MCP_OAUTH_SCOPES="openid, mcp.read, offline_access",
        QUILT_MCP_OAUTH_REQUIRED_SCOPES="mcp.read",
    )
    assert server.http.get(PATH).json()["scopes_supported"] == ["openid", "mcp.read", "offline_access"]
    scope = 'scope="openid mcp.read offline_access"'
    missing = server.post(PING, Authorization="").headers["www-authenticate"]
    assert scope in missing and "error" not in missing
    claims = KEYCLOAK.access["a realm's"]
    assert server.post(PING, Authorization=f"Bearer {KEYCLOAK.token(claims)}").status_code == 200
    for other in ("openid mcp.reader", "mcp.rea", "MCP.READ", "", None, ["openid"], 5, {"mcp.read": 1}):
        answer = server.post(PING, Authorization=f"Bearer {KEYCLOAK.token(claims | {'scope': other})}")
        challenge = answer.headers["www-authenticate"]
        assert (answer.status_code, answer.json()["error"]["data"]) == (403, {"reason": "insufficient_scope"})
        assert 'error="insufficient_scope"' in challenge and scope in challenge
        assert f'resource_metadata="https://demo.quiltdata.com{PATH}"' in challenge
    wrong = KEYCLOAK.token(claims | {"scope": None, "aud": "account"})
    assert server.post(PING, Authorization=f"Bearer {wrong}").status_code == 401, "an invalid token is that first"
    assert server.http.get("/readyz", headers={"Authorization": f"Bearer {wrong}"}).json().keys() == {"status"}
    assert server.post(PING).status_code == 200, "the frontend's tokens have no scopes"
    assert server.post(PING, Authorization=f"Bearer {token(scope='x')}").status_code == 200


def test_a_scope_may_have_other_words_in_the_request(serve: Callable[..., Running], published: Address) -> None:
    requested = "api://6e74172b-be56-4843-9ff4-e66a39bb12e3/mcp.read"
    server = serve(
        QUILT_MCP_JWKS_URL=published.url,
        QUILT_MCP_OAUTH_ISSUER=ENTRA.issuer,
        QUILT_MCP_OAUTH_SCOPES=requested,
        QUILT_MCP_OAUTH_REQUIRED_SCOPES="mcp.read",
        **ENTRA.settings,
    )
    claims = ENTRA.access["version 2"]
    for scp, status in (("mcp.read", 200), ("a mcp.read", 200), (["mcp.read"], 200), ("mcp.write", 403)):
        answer = server.post(PING, Authorization=f"Bearer {ENTRA.token(claims | {'scp': scp})}")
        assert answer.status_code == status
    assert f'scope="{requested}"' in answer.headers["www-authenticate"]
