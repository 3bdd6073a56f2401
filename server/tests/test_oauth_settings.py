"""The settings of an authorization server: one sentence for each fault."""

from typing import Any

import pytest
from conftest import environment

from quilt_mcp_server.config import ConfigError, load
from quilt_mcp_server.oauth_settings import OAuthSettings

OAUTH = {
    "QUILT_MCP_JWKS_URL": "https://login.example.com/jwks",
    "QUILT_MCP_OAUTH_ISSUER": "https://login.example.com",
}


def settings(**changes: str) -> OAuthSettings:
    found = load(environment(**(OAUTH | changes))).oauth
    assert found is not None
    return found


def faults(**changes: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(environment(**(OAUTH | changes)))
    return caught.value.faults


def test_without_an_authorization_server_there_are_none() -> None:
    assert load(environment()).oauth is None


def test_the_resource_is_the_endpoint_on_the_first_host() -> None:
    hosts = "demo.quiltdata.com:*,other.example.com"
    assert settings(QUILT_MCP_ALLOWED_HOSTS=hosts).resource == "https://demo.quiltdata.com/mcp"
    given = settings(QUILT_MCP_ALLOWED_HOSTS=hosts, QUILT_MCP_OAUTH_RESOURCE="https://other.example.com:8443/mcp/")
    assert (given.resource, given.origin) == ("https://other.example.com:8443/mcp", "https://other.example.com:8443")


def test_the_catalog_s_audience_stays_accepted() -> None:
    found = settings(QUILT_MCP_JWT_AUDIENCE="catalog", QUILT_MCP_OAUTH_AUDIENCES="api://default, x")
    assert found.audiences == ("catalog", "api://default", "x")


URLS = [
    "http://login.example.com/x",
    "login.example.com/x",
    "https://",
    "https://user@login.example.com",
    "https://login.example.com/#x",
    "https://login.example.com:99999/",
    'https://login.example.com/"x',
    "https://login.example.com/a b",
    "https://l\u00f6gin.example.com/",
    "https://[login/",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("name", ["QUILT_MCP_JWKS_URL", "QUILT_MCP_OAUTH_RESOURCE", "QUILT_MCP_OAUTH_METADATA_URL"])
def test_addresses_are_https(name: str, url: str) -> None:
    (found,) = faults(**{name: url})
    assert found.startswith(f"{name} must be an https:// address")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("QUILT_MCP_OAUTH_RESOURCE", "https://other.example.com/mcp", "not in QUILT_MCP_ALLOWED_HOSTS"),
        ("QUILT_MCP_OAUTH_ISSUER", "", "is not set"),
        ("QUILT_MCP_JWKS_URL", "", "or QUILT_MCP_OAUTH_INTROSPECTION_URL"),
    ],
)
def test_each_fault_is_one_sentence(name: str, value: str, expected: str) -> None:
    (found,) = faults(**{name: value})
    assert found.startswith(name) and expected in found


def test_what_tokens_must_have_is_what_clients_request() -> None:
    assert settings(QUILT_MCP_OAUTH_REQUIRED_SCOPES="a, b").scopes == ("a", "b")
    found = settings(QUILT_MCP_OAUTH_SCOPES="api://x/a,openid", QUILT_MCP_OAUTH_REQUIRED_SCOPES="a")
    assert (found.scopes, found.required_scopes) == (("api://x/a", "openid"), ("a",))
    (fault,) = faults(QUILT_MCP_OAUTH_SCOPES="api://xa", QUILT_MCP_OAUTH_REQUIRED_SCOPES="a")
    assert "'a', which no client would request" in fault


@pytest.mark.parametrize("scope", ['a"b', "a b", "a\\b", "\u00e4", "a\tb"])
@pytest.mark.parametrize("name", ["SCOPES", "REQUIRED_SCOPES"])
def test_a_scope_has_no_quotes_and_spaces(name: str, scope: str) -> None:
    (fault,) = faults(**{f"QUILT_MCP_OAUTH_{name}": f"good,{scope}"})
    assert "which is no scope" in fault


INTROSPECTION = {
    "QUILT_MCP_OAUTH_INTROSPECTION_URL": "https://login.example.com/introspect",
    "QUILT_MCP_OAUTH_INTROSPECTION_CLIENT_ID": "quilt",
    "QUILT_MCP_OAUTH_INTROSPECTION_CLIENT_SECRET": "supersecret",
}


def test_introspection_can_take_the_place_of_keys() -> None:
    found = settings(QUILT_MCP_JWKS_URL="", **INTROSPECTION)
    assert found.jwks_url is None
    assert found.introspection is not None and found.introspection.client_secret == "supersecret"
    assert "supersecret" not in repr(load(environment(**OAUTH, **INTROSPECTION)))


@pytest.mark.parametrize("name", INTROSPECTION)
def test_introspection_needs_url_client_and_secret(name: str) -> None:
    (found,) = faults(**(INTROSPECTION | {name: ""}))
    assert found.startswith(f"{name} is not set") and "supersecret" not in found


def test_the_address_of_introspection_is_https() -> None:
    (found,) = faults(**(INTROSPECTION | {"QUILT_MCP_OAUTH_INTROSPECTION_URL": "http://login.example.com"}))
    assert "must be an https:// address" in found


@pytest.mark.parametrize("name", ["RESOURCE", "AUDIENCES", "CLIENT_IDS", "SCOPES", "METADATA_URL"])
def test_a_setting_without_an_authorization_server_is_a_fault(name: str) -> None:
    none: dict[str, Any] = dict.fromkeys(OAUTH, "")
    (found,) = faults(**none, **{f"QUILT_MCP_OAUTH_{name}": "https://demo.quiltdata.com/mcp"})
    assert found.startswith(f"QUILT_MCP_OAUTH_{name} is set without")
