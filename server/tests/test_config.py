"""The configuration: all errors in one message, and no secret in any."""

import re
import tempfile
from pathlib import Path

import pytest
import yaml
from conftest import HOST, KEY, environment

from quilt_mcp_server.config import ConfigError, load


def faults(**changes: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(environment(**changes))
    return caught.value.faults


def test_a_complete_environment_is_accepted() -> None:
    config = load(environment())
    assert (config.host, config.port, config.auth) == ("0.0.0.0", 8000, "jwt")
    assert (config.jwt_issuer, config.jwt_audience) == ("quilt-frontend", "quilt-mcp-server")
    assert set(config.jwt_keys) == {"frontend-enhanced", "next"}
    assert config.warnings == ()


def test_the_keys_are_not_in_the_representation() -> None:
    assert KEY not in repr(load(environment()))


def test_a_plain_string_is_the_key_of_the_frontend() -> None:
    assert load(environment(QUILT_MCP_JWT_KEYS=KEY)).jwt_keys == {"frontend-enhanced": KEY}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("QUILT_MCP_JWT_KEYS", "", "is not set"),
        ("QUILT_MCP_JWT_KEYS", "{}", "holds no key"),
        ("QUILT_MCP_JWT_KEYS", '{"a": "supersecret-but-short"}', "shorter than 32 bytes"),
        ("QUILT_MCP_JWT_KEYS", '{"a": 5}', "must be a string"),
        ("QUILT_MCP_JWT_KEYS", '{"a": "supersecret', "not valid JSON"),
        ("QUILT_MCP_JWT_KEYS", f'{{"a": "{KEY}", "a": "{KEY}"}}', "more than once"),
        ("QUILT_MCP_JWT_KEYS", "-----BEGIN PUBLIC KEY-----supersecret-----", "PEM"),
        ("QUILT_MCP_AUTH", "off", "one of jwt, none"),
        ("QUILT_MCP_PORT", "0", "from 1 to 65535"),
        ("QUILT_MCP_PORT", "80a", "from 1 to 65535"),
        ("QUILT_MCP_ALLOWED_HOSTS", "", "name the public host"),
        ("QUILT_MCP_ALLOWED_HOSTS", "https://demo.quiltdata.com", "without scheme"),
        ("QUILT_MCP_ALLOWED_ORIGINS", "*", "one by one"),
        ("QUILT_MCP_ALLOWED_ORIGINS", "https://a.example/path", "without a path"),
        *(
            ("QUILT_MCP_ALLOWED_ORIGINS", origin, f"holds {origin!r}")
            for origin in ("https://*", "https://", "null", "file://", "app://a/b", "https://a@b", "app", "data://x")
        ),
        ("QUILT_MCP_CREDENTIALS", "", "say task_role"),
        ("QUILT_MCP_CREDENTIALS", "ambient", "one of task_role, assume_role"),
        ("QUILT_MCP_CREDENTIALS", "assume_role", "needs the ARNs"),
        ("QUILT_MCP_ASSUME_ROLES", "role/x", "arn:aws:iam"),
        ("QUILT_MCP_OAUTH_ISSUER", "https://login.example.com", "QUILT_MCP_JWKS_URL is not set"),
        ("QUILT_MCP_CATALOG_URL", "demo.quiltdata.com", "the catalog's address"),
        ("QUILT_MCP_LOG_LEVEL", "loud", "one of debug"),
        ("QUILT_MCP_LOG_SUBJECT", "no", "one of plain, hashed"),
        ("QUILT_MCP_TOOL_TIMEOUT", "51", "from 1 to 50"),
        ("QUILT_MCP_MAX_REQUESTS", "0", "from 1 to"),
        ("AWS_REGION", "", "name the region"),
    ],
)
def test_each_fault_names_the_variable_and_the_accepted_form(name: str, value: str, expected: str) -> None:
    found = faults(**{name: value})
    assert len(found) == 1, found
    assert name.removesuffix("S").removeprefix("QUILT_MCP_") in found[0]
    assert expected in found[0]
    assert "supersecret" not in found[0]
    assert KEY not in found[0]


def test_all_faults_come_at_once() -> None:
    found = faults(QUILT_MCP_PORT="x", QUILT_MCP_JWT_KEYS="", AWS_REGION="", QUILT_MCP_CREDENTIALS="")
    assert len(found) == 4


def test_a_root_that_is_read_only_is_a_fault_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc/no-such-folder"])
    (found,) = faults()
    assert "no folder for temporary files" in found and "mount a volume" in found


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "localhost.example.com"])
def test_without_authentication_only_loopback(host: str) -> None:
    assert "loopback" in faults(QUILT_MCP_AUTH="none", QUILT_MCP_HOST=host)[0]


def test_without_authentication_the_default_is_loopback() -> None:
    config = load(environment(QUILT_MCP_AUTH="none", QUILT_MCP_JWT_KEYS="", QUILT_MCP_ALLOWED_HOSTS=""))
    assert config.host == "127.0.0.1"
    assert "localhost" in config.allowed_hosts


def test_roles_choose_assume_role_by_themselves() -> None:
    role = "arn:aws:iam::123456789012:role/quilt/Reader"
    config = load(environment(QUILT_MCP_CREDENTIALS="", QUILT_MCP_ASSUME_ROLES=role))
    assert (config.credentials, config.assume_roles) == ("assume_role", (role,))


def test_a_misspelled_variable_is_warned_of() -> None:
    config = load(environment() | {"QUILT_MCP_ALOWED_HOSTS": HOST})
    assert config.warnings == (
        "QUILT_MCP_ALOWED_HOSTS is not a variable of this server; did you mean QUILT_MCP_ALLOWED_HOSTS?",
    )


def test_published_keys_can_stand_alone_but_only_over_tls() -> None:
    oauth = {"QUILT_MCP_OAUTH_ISSUER": "https://login.example.com", "QUILT_MCP_JWT_KEYS": ""}
    assert load(environment(QUILT_MCP_JWKS_URL="https://login.example.com/jwks", **oauth)).jwt_keys == {}
    assert "https://" in faults(QUILT_MCP_JWKS_URL="http://login.example.com/jwks", **oauth)[0]
    assert "OAUTH_ISSUER is not set" in faults(QUILT_MCP_JWKS_URL="https://login.example.com/jwks")[0]


@pytest.mark.parametrize(
    ("origin", "right"),
    [
        ("https://demo.quiltdata.com", True),
        ("http://localhost:3000", True),
        ("https://[::1]:8443", True),
        ("app://obsidian.md", True),
        ("app://", True),
        ("vscode-webview://*", True),
        ("demo.quiltdata.com", False),
        ("https://demo.quiltdata.com/", False),
        ("https://*", False),
        ("https://", False),
        ("*", False),
        ("null", False),
        ("file://", False),
        ("data://x", False),
        ("app://a/b", False),
        ("https://a@b", False),
    ],
)
def test_origins_are_those_that_an_inventory_may_have(origin: str, right: bool) -> None:
    """Of web pages and of desktop clients: the server must not refuse to start with what a deployment accepts."""
    inputs = yaml.safe_load((Path(__file__).parents[2] / "meta/inputs.yml").read_text())
    pattern = inputs["deployment"]["mcp_server_allowed_origins"]["pattern"]
    assert bool(re.fullmatch(pattern, origin)) == right
    environ = environment(QUILT_MCP_ALLOWED_ORIGINS=origin)
    if right:
        assert load(environ).allowed_origins == (origin,)
    else:
        with pytest.raises(ConfigError, match="QUILT_MCP_ALLOWED_ORIGINS holds"):
            load(environ)
