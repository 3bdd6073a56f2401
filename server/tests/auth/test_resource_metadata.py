"""Where an OAuth client finds out where to get a token."""

from collections.abc import Callable

import pytest
from conftest import PING, Running

ISSUER = "https://login.example.com"


@pytest.fixture
def server(serve: Callable[..., Running]) -> Running:
    return serve(QUILT_MCP_JWKS_URL="https://login.example.com/jwks", QUILT_MCP_OAUTH_ISSUER=ISSUER)


def test_clients_learn_where_to_get_a_token(server: Running) -> None:
    challenge = server.post(PING, Authorization="").headers["www-authenticate"]
    path = "/mcp/.well-known/oauth-protected-resource"
    assert challenge.endswith(f'resource_metadata="https://demo.quiltdata.com{path}"')
    for place in (path, "/.well-known/oauth-protected-resource/mcp"):
        document = server.http.get(place).json()
        assert document["resource"] == "https://demo.quiltdata.com/mcp"
        assert document["authorization_servers"] == [ISSUER]


def test_without_an_authorization_server_there_is_no_document(serve: Callable[..., Running]) -> None:
    plain = serve()
    assert plain.http.get("/mcp/.well-known/oauth-protected-resource").status_code == 404
    assert "resource_metadata" not in plain.post(PING, Authorization="").headers["www-authenticate"]
