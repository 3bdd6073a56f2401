"""Forged and misused access tokens, on a server with everything of an authorization server switched on.

What is good is tried too, so that a refusal is about what was changed.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from auth.providers import KEYCLOAK, RESOURCE, Claims
from auth.test_introspection import GOOD, Provider
from auth.test_jwks import EC, RSA, Address, public
from auth.test_tokens import encoded
from conftest import KEY, PING, Running, environment, running, token
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from quilt_mcp_server.config import load

FOREIGN_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FOREIGN_EC = ec.generate_private_key(ec.SECP256R1())
PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
CLAIMS: Claims = KEYCLOAK.access["a realm's"] | {"groups": ["readers"]}
RULES = [
    {"claim": "groups", "value": "readers", "buckets": ["quilt-example"], "permissions": ["s3:ListBucket"]},
    {"claim": "groups", "value": "writers", "buckets": ["quilt-secret"]},
]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    found = Provider()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def server(_moto: str, provider: Provider) -> Iterator[Running]:
    address = Address()
    asked = {
        name: value.replace("https://login.example.com", KEYCLOAK.issuer) if name.endswith("ISSUER") else value
        for name, value in provider.settings().items()
    }
    settings = environment(
        QUILT_MCP_JWKS_URL=address.url,
        QUILT_MCP_OAUTH_REQUIRED_SCOPES="mcp.read",
        QUILT_MCP_OAUTH_CLIENT_IDS="claude",
        QUILT_MCP_OAUTH_GRANTS=json.dumps(RULES),
        **asked,
    )
    with running(load(settings)) as found:
        yield found
    address.stop()


def claims(**changes: Any) -> Claims:
    now = int(time.time())
    found = CLAIMS | {"iss": KEYCLOAK.issuer, "iat": now, "exp": now + 600} | changes
    return {name: value for name, value in found.items() if value is not None}


def signed(header: Claims, body: Claims, secret: bytes | None) -> str:
    """A token with any header, whose signature is an HMAC, or empty."""
    text = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(body).encode())}"
    return f"{text}.{encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest()) if secret is not None else ''}"


def forged() -> Iterator[tuple[str, str]]:
    """Tokens that the provider has not signed."""
    good = jwt.encode(claims(), RSA, "RS256", headers={"kid": "rsa"})
    head, body, signature = good.split(".")
    other = jwt.encode(claims(sub="mallory"), RSA, "RS256", headers={"kid": "rsa"}).split(".")
    for alg in ("none", "None", "NONE", "nOnE", "", "HS256", "RS256", "ES256", "PS256", "EdDSA"):
        yield f"no signature, {alg!r}", signed({"alg": alg, "kid": "rsa"}, claims(), None)
    for name, secret in (
        ("PEM", PEM),
        ("stripped PEM", PEM.strip()),
        ("DER", DER),
        ("empty", b""),
        ("key", KEY.encode()),
    ):
        for kid in ("rsa", "ec", "frontend-enhanced"):
            yield f"HMAC with {name} as {kid}", signed({"alg": "HS256", "kid": kid}, claims(), secret)
    jwk = json.dumps(public(RSA, "rsa")).encode()
    yield "HMAC with the JWK", signed({"alg": "HS256", "kid": "rsa"}, claims(), jwk)
    for kid in (
        "rsa",
        "ec",
        "frontend-enhanced",
        "next",
        "",
        "../rsa",
        "rsa\x00",
        "rsa'--",
        "RSA",
        "http://evil.example",
    ):
        yield f"another RSA key as {kid!r}", jwt.encode(claims(), FOREIGN_RSA, "RS256", headers={"kid": kid})
        yield f"another EC key as {kid!r}", jwt.encode(claims(), FOREIGN_EC, "ES256", headers={"kid": kid})
    own = RSAAlgorithm.to_jwk(FOREIGN_RSA.public_key(), as_dict=True)
    for name, value in (
        ("jwk", own),
        ("jku", "https://evil.example/jwks"),
        ("x5u", "https://evil.example/x5u"),
        ("x5c", [base64.b64encode(DER).decode()]),
    ):
        for kid in ("rsa", "mallory"):
            headers = {"kid": kid, name: value}
            yield f"{name} as {kid}", jwt.encode(claims(), FOREIGN_RSA, "RS256", headers=headers)
    yield "crit", jwt.encode(claims(), RSA, "RS256", headers={"kid": "rsa", "crit": ["b64"], "b64": True})
    yield "a signature of another token", f"{head}.{body}.{other[2]}"
    yield "claims of another token", f"{head}.{other[1]}.{signature}"
    yield "cut signature", good[:-4]
    yield "doubled", f"{good}.{signature}"
    yield "RSA as EC", jwt.encode(claims(), RSA, "RS256", headers={"kid": "ec"})
    yield "EC as RSA", jwt.encode(claims(), EC, "ES256", headers={"kid": "rsa"})
    yield "other hash", jwt.encode(claims(), RSA, "RS512", headers={"kid": "rsa"})
    yield "PSS", jwt.encode(claims(), RSA, "PS256", headers={"kid": "rsa"})
    yield "no kid", jwt.encode(claims(), RSA, "RS256")
    zero = encoded(b"\0" * 64)
    yield "ES256 of zeros", f"{encoded(b'{"alg":"ES256","kid":"ec"}')}.{body}.{zero}"


def misused() -> Iterator[tuple[str, Claims]]:
    """Claims that the provider has signed, for something else."""
    for audience in (
        None,
        "",
        [],
        "account",
        "https://demo.quiltdata.com",
        f"{RESOURCE}.evil.example",
        f"{RESOURCE}#x",
        f"{RESOURCE}?x",
        f"{RESOURCE}%2F",
        f" {RESOURCE}",
        f"{RESOURCE}\n",
        {"0": RESOURCE},
        [[RESOURCE]],
        True,
        0,
    ):
        yield f"aud {audience!r}", {"aud": audience}
    for issuer in (
        None,
        "",
        RESOURCE,
        KEYCLOAK.issuer + "/",
        KEYCLOAK.issuer.upper(),
        "quilt-frontend",
        [KEYCLOAK.issuer],
    ):
        yield f"iss {issuer!r}", {"iss": issuer}
    kinds: list[Any] = ["ID", "Refresh", "Offline", "Logout", "DPoP", "bearer", "", 1, ["Bearer"], {}]
    for kind in kinds:
        yield f"typ {kind!r}", {"typ": kind}
    for use in ("id", "refresh", "ACCESS", "", 1, ["access"]):
        yield f"token_use {use!r}", {"token_use": use}
    for name in ("at_hash", "c_hash", "events", "cnf"):
        yield name, {name: "x"}
    yield "nonce without a kind", {"nonce": "x", "typ": None}
    for subject in (None, "", 5, ["alice"], {"x": 1}):
        yield f"sub {subject!r}", {"sub": subject}
    now = int(time.time())
    for name, value in (
        ("exp", now - 60),
        ("exp", None),
        ("exp", "never"),
        ("exp", 10**15),
        ("exp", [now + 60]),
        ("exp", -1),
        ("iat", None),
        ("iat", now + 300),
        ("nbf", now + 300),
        ("nbf", "x"),
    ):
        yield f"{name} {value!r}", {name: value}
    # A client that is known speaks only for tokens of a kind that is said to be access.
    yield "a client without a kind", {"aud": None, "client_id": "claude", "azp": None}
    yield "a client by another claim", {"aud": None, "token_use": "access"}
    yield "a list of clients", {"aud": None, "token_use": "access", "client_id": ["claude"]}
    for scope in (None, "", "mcp.reader", "mcp", "mcp.read\tx", "MCP.READ", ["x"], {"mcp.read": 1}, "mcp.read,x"):
        yield f"scope {scope!r}", {"scope": scope}


def answer(server: Running, raw: str) -> Any:
    found = server.post(PING, Authorization=b"Bearer " + raw.encode())  # type: ignore[arg-type]  # any bytes
    if found.status_code != 200:
        challenge = found.headers.get("www-authenticate", "")
        assert found.status_code in (401, 403), found.text
        assert challenge.count('"') % 2 == 0 and 'error="' in challenge
    return found


def test_what_is_changed_was_good(server: Running) -> None:
    assert answer(server, jwt.encode(claims(), RSA, "RS256", headers={"kid": "rsa"})).status_code == 200
    assert answer(server, jwt.encode(claims(), EC, "ES256", headers={"kid": "ec"})).status_code == 200
    without = claims(aud=None, token_use="access", client_id="claude")
    assert answer(server, jwt.encode(without, RSA, "RS256", headers={"kid": "rsa"})).status_code == 200


def test_no_forged_token_opens_the_server(server: Running, provider: Provider) -> None:
    before = len(provider.asked)
    found = {name: answer(server, raw).status_code for name, raw in forged()}
    assert len(found) > 50
    assert set(found.values()) == {401}, {name for name, status in found.items() if status != 401}
    # "doubled" alone is no signed JWT, and so a question to the provider.
    assert len(provider.asked) - before <= 1


def test_no_misused_token_opens_the_server(server: Running) -> None:
    opened = set()
    for name, changes in misused():
        raw = _signed_as_it_is(claims(**changes))
        if answer(server, raw).status_code == 200:
            opened.add(name)
    assert opened == set()


def _signed_as_it_is(body: Claims) -> str:
    """Signed by the provider, also where the library would refuse to write such claims."""
    text = f"{encoded(b'{"alg":"RS256","kid":"rsa"}')}.{encoded(json.dumps(body).encode())}"
    return f"{text}.{encoded(RSAAlgorithm(RSAAlgorithm.SHA256).sign(text.encode(), RSA))}"


@pytest.mark.parametrize(
    "groups",
    [
        "readers writers",
        ["writers "],
        ["WRITERS"],
        ["*"],
        ["writer?"],
        {"writers": 1},
        [["writers"]],
        "readers,writers",
    ],
    ids=str,
)
def test_no_claim_grants_another_bucket(server: Running, groups: Any) -> None:
    more = {"buckets": ["*"], "b": ["*"], "permissions": ["*"], "p": ["*"], "roles": ["*"], "grants": ["*"]}
    raw = jwt.encode(claims(groups=groups, **more), RSA, "RS256", headers={"kid": "rsa"})
    who = server.call("whoami", Authorization=f"Bearer {raw}")
    assert (who["buckets"], who["permissions"], who["roles"]) == ([], [], [])


def test_an_opaque_token_is_not_more_than_its_answer(server: Running, provider: Provider) -> None:
    """Nor does its text become another parameter of the question."""
    base = {name: value for name, value in GOOD.items() if name != "buckets"} | {"iss": KEYCLOAK.issuer}
    provider.answers |= {
        "opaque-good": base | {"groups": ["readers"], "buckets": ["*"]},
        "opaque-scope": base | {"scope": "other"},
        "opaque-refresh": base | {"token_use": "refresh_token"},
        "opaque-other": base | {"aud": "https://other.example.com"},
        "opaque-foreign": base | {"iss": "https://other.example.com"},
    }
    who = server.call("whoami", Authorization="Bearer opaque-good")
    assert who["buckets"] == ["quilt-example"]
    statuses = [answer(server, raw).status_code for raw in [*provider.answers][-4:]]
    assert statuses == [403, 401, 401, 401]
    before = len(provider.asked)
    for raw in ("opaque-good&active=true", "opaque-good%00", "opaque-good;", "é", "opaque-good?x"):
        assert answer(server, raw).status_code == 401
    assert len(provider.asked) == before
    assert answer(server, "x=y").status_code == 401
    assert provider.asked[-1]["token"] == ["x=y"]


def test_the_frontend_s_key_signs_no_access_token(server: Running) -> None:
    for kid in ("frontend-enhanced", "next", "rsa"):
        raw = token(KEY, kid, **claims())
        assert answer(server, raw).status_code == 401
