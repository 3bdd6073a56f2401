"""Tokens of an attacker."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from conftest import KEY, OTHER_KEY, token
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from quilt_mcp_server.auth.access_tokens import AccessTokenRules
from quilt_mcp_server.auth.principal import Principal
from quilt_mcp_server.auth.tokens import InvalidTokenError, Key, TokenVerifier
from quilt_mcp_server.oauth_settings import OAuthSettings

VERIFIER = TokenVerifier({"frontend-enhanced": KEY, "next": OTHER_KEY}, "quilt-frontend", "quilt-mcp-server")

RULES = AccessTokenRules(OAuthSettings("issuer", "https://login.example.com/jwks", "https://demo.quiltdata.com/mcp"))


def verify(raw: str) -> Principal:
    return asyncio.run(VERIFIER.verify(raw))


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def crafted(header: str, claims: dict[str, Any] | None = None, key: str = KEY) -> str:
    """A token with this very header, correctly signed."""
    body = claims or jwt.decode(token(), options={"verify_signature": False})
    signed = f"{encoded(header.encode())}.{encoded(json.dumps(body).encode())}"
    return f"{signed}.{encoded(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest())}"


def refused(raw: str) -> str:
    with pytest.raises(InvalidTokenError) as caught:
        verify(raw)
    message = str(caught.value)
    assert '"' not in message and "\\" not in message  # it goes into a quoted header value
    return message


def test_a_valid_token_is_a_principal() -> None:
    who = verify(token(permissions=["s3:GetObject"], roles=["Reader"]))
    assert (who.subject, who.buckets, who.roles) == ("alice", ("quilt-example",), ("Reader",))
    assert who.permissions == frozenset({"s3:GetObject"})


def test_every_configured_key_works_with_its_own_kid_only() -> None:
    assert verify(token(OTHER_KEY, "next")).subject == "alice"
    assert "signature" in refused(token(OTHER_KEY, "frontend-enhanced"))


@pytest.mark.parametrize("claim", ["exp", "iat", "iss", "aud", "sub"])
def test_required_claims(claim: str) -> None:
    without: dict[str, Any] = {claim: None}
    assert "required claim" in refused(token(**without))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"iss": "somebody"}, "another issuer"),
        ({"aud": "somebody"}, "another audience"),
        ({"aud": []}, "required claim"),
        ({"sub": ""}, "no subject"),
        ({"exp": "soon"}, "malformed"),
        ({"exp": 1_900_000_000_000}, "malformed"),  # milliseconds
        ({"exp": float("inf")}, "malformed"),
        ({"exp": [1]}, "malformed"),
        ({"buckets": "quilt-example"}, "malformed"),
        ({"buckets": {"quilt-example": 1}}, "malformed"),
        ({"buckets": [1]}, "malformed"),
        ({"permissions": "s3:*"}, "malformed"),
    ],
)
def test_claims(changes: dict[str, Any], message: str) -> None:
    assert message in refused(token(**changes))


@pytest.mark.parametrize(
    ("claim", "seconds", "message"),
    [
        ("exp", -20, None),
        ("exp", -60, "expired"),
        ("iat", 20, None),
        ("iat", 300, "not valid"),
        ("nbf", 300, "not valid"),
    ],
)
def test_thirty_seconds_of_clock_difference_are_forgiven(claim: str, seconds: int, message: str | None) -> None:
    changed: dict[str, Any] = {claim: int(time.time()) + seconds}
    raw = token(**changed)
    if message is None:
        assert verify(raw).subject == "alice"
    else:
        assert message in refused(raw)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "HS384", "HS512", "RS256", ""])
def test_the_algorithm_is_the_keys_not_the_tokens(alg: str) -> None:
    assert "algorithm" in refused(crafted(json.dumps({"alg": alg, "kid": "frontend-enhanced"})))


def test_an_unsigned_token() -> None:
    header, claims, _ = token().split(".")
    none = encoded(b'{"alg":"none","kid":"frontend-enhanced"}')
    for raw in (f"{none}.{claims}.", f"{none}.{claims}", f"{header}.{claims}.", f"{header}.{claims}"):
        refused(raw)


def test_a_public_key_is_not_an_hmac_secret() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert "signature" in refused(
        crafted(json.dumps({"alg": "HS256", "kid": "frontend-enhanced"}), key=public.decode())
    )
    signed = jwt.encode({"sub": "alice"}, private, algorithm="RS256", headers={"kid": "frontend-enhanced"})
    assert "algorithm" in refused(signed)


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"HS256"}',
        '{"alg":"HS256","kid":"unknown"}',
        '{"alg":"HS256","kid":""}',
        '{"alg":"HS256","kid":null}',
        '{"alg":"HS256","kid":["frontend-enhanced"]}',
        '{"alg":"HS256","kid":"../../dev/null"}',
        '{"alg":"HS256","kid":"unknown","jku":"https://attacker.example/jwks","jwk":{"kty":"oct","k":"AAAA"}}',
    ],
    ids=["none", "unknown", "empty", "null", "list", "path", "key in the header"],
)
def test_kid(header: str) -> None:
    assert "kid" in refused(crafted(header))


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"HS256","kid":"unknown","kid":"frontend-enhanced"}',
        '{"alg":"none","alg":"HS256","kid":"frontend-enhanced"}',
        '["alg"]',
        '"HS256"',
        "{",
        "",
        "[" * 5000,
    ],
    ids=["two kids", "two algs", "list", "string", "cut", "empty", "deep"],
)
def test_damaged_headers(header: str) -> None:
    assert "malformed" in refused(crafted(header))


def test_a_critical_extension_is_not_ignored() -> None:
    assert "crit" in refused(crafted('{"alg":"HS256","kid":"frontend-enhanced","crit":["b64"],"b64":false}'))


@pytest.mark.parametrize("raw", ["", ".", "..", "a.b.c", "é.é.é", token()[:-2] + "AA", token() + ".x", "\0" * 10])
def test_damaged_tokens(raw: str) -> None:
    refused(raw)


def of_length(length: int) -> str:
    """A valid token of this many bytes."""
    for spaces in range(4):  # base64 has four characters for three bytes
        for padding in range(length * 3 // 4):
            header = '{"alg":"HS256","kid":"frontend-enhanced"}' + " " * spaces
            claims = {**jwt.decode(token(), options={"verify_signature": False}), "padding": "x" * padding}
            if len(encoded(header.encode())) + len(encoded(json.dumps(claims).encode())) + 2 + 43 == length:
                return crafted(header, claims)
    raise AssertionError(f"no token has {length} bytes")


def test_a_token_has_at_most_8192_bytes() -> None:
    assert verify(of_length(8192)).subject == "alice"
    assert refused(of_length(8193)) == "the token is longer than 8192 bytes"


def test_a_kid_of_at_most_256_characters_is_looked_for_at_the_jwks_address() -> None:
    asked: list[str] = []

    class Keys:
        async def find(self, kid: str) -> None:
            asked.append(kid)

    verifier = TokenVerifier({}, "quilt-frontend", "quilt-mcp-server", RULES, Keys())  # type: ignore[arg-type]
    for length in (256, 257):
        with pytest.raises(InvalidTokenError, match="names no key"):
            asyncio.run(verifier.verify(token(KEY, "k" * length)))
    assert [len(kid) for kid in asked] == [256]


def test_the_last_512_tokens_are_remembered() -> None:
    verifier = TokenVerifier({"frontend-enhanced": KEY}, "quilt-frontend", "quilt-mcp-server")
    for number in range(600):
        asyncio.run(verifier.verify(token(sub=f"user-{number}")))
    assert len(verifier._verified) == 512


def test_what_is_remembered_is_the_very_token_under_the_very_key(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = TokenVerifier({"frontend-enhanced": KEY}, "quilt-frontend", "quilt-mcp-server")
    raw, other = token(sub="alice"), token(sub="bob")
    assert [asyncio.run(verifier.verify(each)).subject for each in (raw, other, raw, other)] == ["alice", "bob"] * 2
    for forged in (
        raw[:-1] + ("A" if raw[-1] != "A" else "B"),
        raw.rpartition(".")[0] + "." + other.rpartition(".")[2],
    ):
        with pytest.raises(InvalidTokenError):
            asyncio.run(verifier.verify(forged))
    now = time.time()
    monkeypatch.setattr("quilt_mcp_server.auth.tokens.time.time", lambda: now + 3700)
    # The library's own clock still accepts it; only the cached principal must not be returned.
    monkeypatch.setattr(verifier, "_principal", lambda *_: Principal("verified again"))
    assert asyncio.run(verifier.verify(raw)).subject == "verified again"


def test_a_remembered_token_does_not_outlive_its_key() -> None:
    verifier = TokenVerifier({"frontend-enhanced": KEY}, "quilt-frontend", "quilt-mcp-server")
    raw = token()
    assert asyncio.run(verifier.verify(raw)).subject == "alice"
    verifier._keys["frontend-enhanced"] = Key(OTHER_KEY, "quilt-frontend")
    with pytest.raises(InvalidTokenError, match="signature"):
        asyncio.run(verifier.verify(raw))


def test_few_tokens_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quilt_mcp_server.auth.tokens.REMEMBERED", 3)
    verifier = TokenVerifier({"frontend-enhanced": KEY}, "quilt-frontend", "quilt-mcp-server")
    for number in range(10):
        asyncio.run(verifier.verify(token(sub=f"user-{number}")))
    assert len(verifier._verified) == 3
