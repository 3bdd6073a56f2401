"""The good token and the bad ones."""

from __future__ import annotations

import json
import time

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import Refused
from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.tokens import (
    GARBAGE,
    Claims,
    expired_for,
    forge,
    key_from,
    mint,
)

jwt = pytest.importorskip("jwt")

KEY = "a-key-that-is-long-enough-for-hs256-to-be-content"
CLAIMS = Claims("smoke-test", "quilt-frontend", "quilt-mcp-server", ("quilt-example",))


def decode(token: str, key: str = KEY) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(
        token,
        key,
        algorithms=["HS256"],
        audience="quilt-mcp-server",
        issuer="quilt-frontend",
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
    )
    return claims


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        pytest.param(json.dumps({"frontend-enhanced": KEY, "next": "other"}), KEY, id="of the key id"),
        pytest.param(KEY, KEY, id="a plain string"),
        pytest.param("123", "123", id="a plain string that is JSON"),
    ],
)
def test_key(secret: str, expected: str) -> None:
    assert key_from(secret, "frontend-enhanced", "s") == expected


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        pytest.param(json.dumps({"next": KEY}), "for the key id 'frontend-enhanced'; it has next", id="other id"),
        pytest.param("{}", "it has no key id", id="empty object"),
        pytest.param("", "the secret s\nFound: it is empty", id="empty"),
        pytest.param(json.dumps({"frontend-enhanced": 1}), "no key for the key id", id="not a string"),
    ],
)
def test_no_key_is_said_without_the_secret(secret: str, text: str) -> None:
    with pytest.raises(Refused, match=text) as error:
        key_from(secret, "frontend-enhanced", "s")
    assert KEY not in str(error.value)


def test_the_good_token() -> None:
    token = mint(KEY, "frontend-enhanced", CLAIMS)
    claims = decode(token)
    assert claims["sub"] == "smoke-test"
    assert claims["buckets"] == ["quilt-example"]
    # The server lists everything to it, whatever a release's tools need.
    assert not {"permissions", "p"} & set(claims)
    assert jwt.get_unverified_header(token)["kid"] == "frontend-enhanced"
    assert 0 < int(str(claims["exp"])) - time.time() <= 300
    assert expired_for(token) is None


def test_the_expired_token_is_bad_only_by_its_age() -> None:
    token = mint(KEY, "frontend-enhanced", CLAIMS, lifetime=-3600)
    with pytest.raises(jwt.ExpiredSignatureError):
        decode(token)
    assert expired_for(token) == pytest.approx(3600, abs=5)


def test_the_forged_token_differs_only_by_its_signature() -> None:
    token = mint(KEY, "frontend-enhanced", CLAIMS)
    forged = forge(token)
    assert forged.split(".")[1] == token.split(".")[1]
    assert jwt.get_unverified_header(forged) == jwt.get_unverified_header(token)
    with pytest.raises(jwt.InvalidSignatureError):
        decode(forged)


def test_an_opaque_token() -> None:
    assert forge("opaque") == GARBAGE
    assert expired_for("opaque") is None
