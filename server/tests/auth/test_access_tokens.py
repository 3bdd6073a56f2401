"""Tokens of common authorization servers: the access tokens are accepted, and everything else for the right reason."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import PING, Running, running, token
from conftest import environment as complete

from auth.providers import AUTH0, COGNITO, KEYCLOAK, OKTA, PROVIDERS, RESOURCE, Claims, Provider
from auth.test_jwks import RSA, Address
from quilt_mcp_server.auth.access_tokens import AccessTokenRules
from quilt_mcp_server.auth.refusals import InvalidTokenError
from quilt_mcp_server.config import load
from quilt_mcp_server.oauth_settings import OAuthSettings

ACCESS = [(name, case) for name, provider in PROVIDERS.items() for case in provider.access]
REFUSED = [(name, case) for name, provider in PROVIDERS.items() for case in provider.refused]


@pytest.fixture(scope="module")
def published() -> Iterator[Address]:
    found = Address()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def servers(_moto: str, published: Address) -> Iterator[dict[str, Running]]:
    """A server for each provider."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                running(
                    load(
                        complete(
                            QUILT_MCP_JWKS_URL=published.url,
                            QUILT_MCP_OAUTH_ISSUER=provider.issuer,
                            **provider.settings,
                        )
                    )
                )
            )
            for name, provider in PROVIDERS.items()
        }


def answer(server: Running, raw: str) -> tuple[int, str]:
    """The status of a request with a token, and the challenge."""
    response = server.post(PING, Authorization=f"Bearer {raw}")
    return response.status_code, response.headers.get("www-authenticate", "")


@pytest.mark.parametrize(("name", "case"), ACCESS)
def test_access_tokens_are_accepted(servers: dict[str, Running], name: str, case: str) -> None:
    provider = PROVIDERS[name]
    assert answer(servers[name], provider.token(provider.access[case])) == (200, "")
    assert answer(servers[name], provider.token(provider.access[case], "at+jwt")) == (200, "")
    assert answer(servers[name], provider.token(provider.access[case], "application/AT+JWT")) == (200, "")


@pytest.mark.parametrize(("name", "case"), REFUSED)
def test_other_tokens_are_refused_for_the_right_reason(servers: dict[str, Running], name: str, case: str) -> None:
    provider = PROVIDERS[name]
    claims, reason = provider.refused[case]
    status, challenge = answer(servers[name], provider.token(claims))
    assert status == 401
    assert 'error="invalid_token"' in challenge and reason in challenge


@pytest.mark.parametrize("name", PROVIDERS)
def test_types_of_other_tokens_are_refused(servers: dict[str, Running], name: str) -> None:
    provider = PROVIDERS[name]
    claims = next(iter(provider.access.values()))
    types = ["logout+jwt", "secevent+jwt", "dpop+jwt", "oauth-id-jag+jwt", "application/token-introspection+jwt"]
    for typ in [*types, *provider.other_types]:
        status, challenge = answer(servers[name], provider.token(claims, typ))
        assert (status, "type (typ)" in challenge) == (401, True), typ


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_provider_s_token_opens_the_server_of_another(servers: dict[str, Running], name: str) -> None:
    for other, provider in PROVIDERS.items():
        if other != name:
            for claims in provider.access.values():
                assert answer(servers[name], provider.token(claims))[0] == 401


def test_the_frontend_s_tokens_keep_their_rules(servers: dict[str, Running]) -> None:
    """Neither the server's URL nor a client stands for their audience, and their kind is not looked at."""
    server = servers["Cognito"]
    assert answer(server, token(nonce="n", at_hash="x", typ="ID", header={"typ": "anything"}))[0] == 200
    for audience in (RESOURCE, RESOURCE + "/", None):
        assert answer(server, token(aud=audience, client_id="other", token_use="access"))[0] == 401


def test_the_buckets_of_an_access_token_are_its_claims(servers: dict[str, Running]) -> None:
    raw = OKTA.token(OKTA.access["its resource"] | {"buckets": ["quilt-example"]})
    who = servers["Okta"].call("whoami", Authorization=f"Bearer {raw}")
    assert (who["subject"], who["buckets"]) == ("alice@example.com", ["quilt-example"])
    none = servers["Okta"].call("whoami", Authorization=f"Bearer {OKTA.token(OKTA.access['its resource'])}")
    assert none["buckets"] == []


@pytest.mark.parametrize(
    ("audience", "status"),
    [
        (RESOURCE, 200),
        (RESOURCE + "/", 200),
        ([RESOURCE, "x"], 200),
        ("quilt-mcp-server", 200),
        (RESOURCE + "//", 401),
        (RESOURCE + "/x", 401),
        (RESOURCE.upper(), 401),
        ("https://demo.quiltdata.com", 401),
        ("https://demo.quiltdata.com/", 401),
        ("https://demo.quiltdata.com.evil.example/mcp", 401),
        ("http://demo.quiltdata.com/mcp", 401),
        ("", 401),
        ([], 401),
        ({"x": RESOURCE}, 401),
        ([[RESOURCE]], 401),
        (5, 401),
    ],
)
def test_the_audience_is_this_server_or_the_catalog(servers: dict[str, Running], audience: Any, status: int) -> None:
    raw = KEYCLOAK.token(KEYCLOAK.access["a realm's"] | {"aud": audience})
    assert answer(servers["Keycloak"], raw)[0] == status


def test_the_server_s_address_can_be_given(serve: Callable[..., Running], published: Address) -> None:
    server = serve(
        QUILT_MCP_JWKS_URL=published.url,
        QUILT_MCP_OAUTH_ISSUER=AUTH0.issuer,
        QUILT_MCP_ALLOWED_HOSTS="internal.example.com,demo.quiltdata.com",
        QUILT_MCP_OAUTH_RESOURCE="https://demo.quiltdata.com/quilt/mcp/",
    )
    claims = AUTH0.access["machine to machine"]
    for audience in ("https://demo.quiltdata.com/quilt/mcp", "https://demo.quiltdata.com/quilt/mcp/"):
        assert answer(server, AUTH0.token(claims | {"aud": audience}))[0] == 200
    assert answer(server, AUTH0.token(claims))[0] == 401


def rules(**changes: Any) -> AccessTokenRules:
    return AccessTokenRules(OAuthSettings(COGNITO.issuer, "https://login.example.com/jwks", RESOURCE, **changes))


@pytest.mark.parametrize("missing", ["sub", "exp", "iat", "iss"])
def test_required_claims(servers: dict[str, Running], missing: str) -> None:
    claims = COGNITO.access["no audience"] | {missing: None}
    status, challenge = answer(servers["Cognito"], COGNITO.token(claims))
    assert (status, "lacks a required claim" in challenge) == (401, True)


def test_without_a_list_of_clients_a_token_needs_an_audience() -> None:
    claims: Claims = COGNITO.access["no audience"] | {"exp": 2_000_000_000}
    with pytest.raises(InvalidTokenError, match="no list of clients"):
        rules().principal(claims)
    assert rules(client_ids=(claims["client_id"],)).principal(claims).subject == claims["sub"]


@pytest.mark.parametrize("subject", ["", 5, ["alice"], None])
def test_a_subject_is_a_string(subject: Any) -> None:
    claims: Claims = COGNITO.access["resource binding"] | {"exp": 2_000_000_000, "sub": subject}
    with pytest.raises((InvalidTokenError, ValueError)):
        rules().principal(claims)


@pytest.mark.parametrize(
    "claims",
    [{"typ": ["Bearer"]}, {"token_use": {}}, {"typ": 1}, {"token_use": "ACCESS"}, {"typ": ""}, {"nonce": None}],
    ids=str,
)
def test_malformed_kinds_are_refused(claims: Claims) -> None:
    known = {name: value for name, value in COGNITO.access["resource binding"].items() if name not in claims}
    known.pop("token_use", None)
    with pytest.raises(InvalidTokenError):
        rules().principal(known | {"exp": 2_000_000_000} | claims)


@pytest.mark.parametrize("typ", [["JWT"], {}, 5, True, ""])
def test_malformed_types_are_refused(typ: Any) -> None:
    with pytest.raises(InvalidTokenError):
        rules().principal(COGNITO.access["resource binding"] | {"exp": 2_000_000_000}, typ)


def test_a_key_of_the_provider_signs_nothing_for_the_frontend(servers: dict[str, Running]) -> None:
    raw = token(RSA, "rsa", "RS256", client_id="x")
    assert "another issuer" in answer(servers["Auth0"], raw)[1]


def test_each_provider_is_tried() -> None:
    assert all(isinstance(each, Provider) and each.access and each.refused for each in PROVIDERS.values())
