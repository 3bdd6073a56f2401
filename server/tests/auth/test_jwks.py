"""Tokens signed with keys that an address publishes."""

import asyncio
import base64
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import KEY, PING, Running, token
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from auth.test_tokens import crafted
from quilt_mcp_server.auth import jwks
from quilt_mcp_server.auth.access_tokens import AccessTokenRules
from quilt_mcp_server.auth.jwks import Jwks, KeysUnavailableError, usable
from quilt_mcp_server.auth.tokens import TokenVerifier
from quilt_mcp_server.oauth_settings import OAuthSettings

ISSUER = "https://login.example.com"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - refused, which is the point
EC = ec.generate_private_key(ec.SECP256R1())
EC_OTHER = ec.generate_private_key(ec.SECP384R1())


def public(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return algorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid} | more


class Address:
    """Publishes a document; counts how often it was asked."""

    def __init__(self) -> None:
        self.document: Any = {"keys": [public(RSA, "rsa"), public(EC, "ec")]}
        self.status = 200
        self.packed = False
        self.asked = 0
        address = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address.asked += 1
                body = json.dumps(address.document).encode()
                body = gzip.compress(body) if address.packed else body
                self.send_response(address.status)
                if address.packed:
                    self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def address() -> Iterator[Address]:
    found = Address()
    yield found
    found.stop()


@pytest.fixture
def server(address: Address, serve: Callable[..., Running]) -> Running:
    return serve(QUILT_MCP_JWKS_URL=address.url, QUILT_MCP_OAUTH_ISSUER=ISSUER)


def status(server: Running, key: Any, kid: str, algorithm: str, **claims: Any) -> int:
    raw = token(key, kid, algorithm, **({"iss": ISSUER} | claims))
    return server.post(PING, Authorization=f"Bearer {raw}").status_code


def test_published_keys_verify_in_addition_to_the_shared_ones(server: Running, address: Address) -> None:
    assert status(server, RSA, "rsa", "RS256") == 200
    assert status(server, EC, "ec", "ES256") == 200
    assert server.post(PING).status_code == 200
    assert address.asked == 1


async def test_one_name_of_two_issuers_is_two_people(address: Address) -> None:
    rules = AccessTokenRules(
        OAuthSettings(ISSUER, address.url, "https://demo.quiltdata.com/mcp", ("quilt-mcp-server",))
    )
    verifier = TokenVerifier({"frontend-enhanced": KEY}, "quilt-frontend", "quilt-mcp-server", rules, Jwks(address.url))
    own, theirs = [await verifier.verify(raw) for raw in (token(), token(RSA, "rsa", "RS256", iss=ISSUER))]
    assert own.subject == theirs.subject == "alice"
    assert own.identity != theirs.identity


def test_each_key_has_its_issuer_and_its_algorithm(server: Running) -> None:
    assert status(server, RSA, "rsa", "RS256", iss="quilt-frontend") == 401
    assert status(server, KEY, "frontend-enhanced", "HS256", iss=ISSUER) == 401
    assert status(server, RSA, "rsa", "PS256") == 401
    assert status(server, RSA, "rsa", "RS512") == 401
    assert status(server, RSA, "ec", "RS256") == 401
    assert status(server, EC, "rsa", "ES256") == 401


def test_a_public_key_is_no_shared_secret(server: Running) -> None:
    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for secret in (pem, pem.strip(), json.dumps(public(RSA, "rsa"))):
        raw = crafted('{"alg":"HS256","kid":"rsa"}', key=secret)
        assert server.post(PING, Authorization=f"Bearer {raw}").status_code == 401


def test_an_unknown_kid_is_looked_up_once_in_a_while(
    server: Running, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        assert status(server, RSA, f"guess-{number}", "RS256") == 401
    assert address.asked == 1
    address.document = {"keys": [public(RSA, "new")]}
    assert status(server, RSA, "new", "RS256") == 401
    monkeypatch.setattr(jwks, "PAUSE", 0.0)
    assert status(server, RSA, "new", "RS256") == 200
    assert status(server, RSA, "rsa", "RS256") == 401, "a withdrawn key"


def test_a_withdrawn_key_takes_the_tokens_with_it_that_were_good(
    server: Running, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer = f"Bearer {token(RSA, 'rsa', 'RS256', iss=ISSUER)}"
    assert server.post(PING, Authorization=bearer).status_code == 200
    address.document = {"keys": [public(EC, "rsa")]}
    monkeypatch.setattr(jwks, "PAUSE", 0.0)
    assert status(server, RSA, "unknown", "RS256") == 401, "which fetches the keys again"
    assert server.post(PING, Authorization=bearer).status_code == 401


def test_when_the_address_does_not_answer_nothing_is_believed(server: Running, address: Address) -> None:
    address.status = 500
    response = server.post(PING, Authorization=f"Bearer {token(RSA, 'rsa', 'RS256', iss=ISSUER)}")
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert server.post(PING).status_code == 200, "the shared keys do not depend on it"


def test_known_keys_outlive_a_failure_but_not_their_age(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        keys = Jwks(address.url)
        assert await keys.find("rsa") is not None
        address.status = 500
        monkeypatch.setattr(jwks, "PAUSE", 0.0)
        assert await keys.find("none") is None
        assert await keys.find("rsa") is not None
        monkeypatch.setattr(jwks, "MAXIMUM_AGE", 0.0)
        with pytest.raises(KeysUnavailableError):
            await keys.find("rsa")

    asyncio.run(scenario())


async def test_after_a_failure_it_is_tried_again_soon_and_then_less_often(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And after a success as seldom as ever."""
    now = 1000.0
    monkeypatch.setattr(jwks, "time", SimpleNamespace(monotonic=lambda: now))
    keys = Jwks(address.url)
    address.status = 500
    asked_at = []
    while now < 1100:
        before = address.asked
        with pytest.raises(KeysUnavailableError):
            await keys.find("rsa")
        if address.asked > before:
            asked_at.append(now - 1000)
        now += 0.5
    assert asked_at == [0, 1.5, 4, 8.5, 17, 33.5, 64, 94.5]
    address.status = 200
    now += 31
    assert await keys.find("rsa") is not None
    before, now = address.asked, now + 29
    assert await keys.find("unknown") is None
    assert address.asked == before


class Endless:
    """An address that takes connections, and answers a byte at a time, or not at all."""

    def __init__(self, *, slowly: bool) -> None:
        self.asked = 0
        self._slowly = slowly

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/jwks"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _answer(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        try:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" if self._slowly else b"")
            while True:
                writer.write(b" " if self._slowly else b"")
                await writer.drain()
                await asyncio.sleep(0.05)
        finally:
            writer.close()


@pytest.mark.parametrize("slowly", [True, False])
async def test_a_slow_address_is_given_up_as_a_whole(monkeypatch: pytest.MonkeyPatch, slowly: bool) -> None:
    """Of a limit for each piece every byte would be a new beginning."""
    monkeypatch.setattr(jwks, "TIMEOUT", 0.5)
    async with asyncio.timeout(10), Endless(slowly=slowly) as url:
        with pytest.raises(KeysUnavailableError):
            await Jwks(url).find("rsa")


async def test_few_wait_for_a_slow_address_and_it_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "TIMEOUT", 1.0)
    address = Endless(slowly=False)
    async with asyncio.timeout(20), address as url:
        keys = Jwks(url)
        asked = [asyncio.create_task(keys.find(f"guess-{number}")) for number in range(100)]
        done, waiting = await asyncio.wait(asked, timeout=0.5)
        assert (len(done), len(waiting)) == (100 - jwks.MAXIMUM_WAITING, jwks.MAXIMUM_WAITING)
        assert all(isinstance(task.exception(), KeysUnavailableError) for task in done)
        # Who gives up does not end it for the others.
        waiting.pop().cancel()
        await asyncio.wait(waiting)
        assert all(isinstance(task.exception(), KeysUnavailableError) for task in waiting)
        assert address.asked == 1


async def test_keys_are_fetched_again_before_they_are_too_old(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Jwks(address.url)
    assert await keys.find("rsa") is not None
    monkeypatch.setattr(jwks, "PAUSE", 0.0)
    monkeypatch.setattr(keys, "_fetched", time.monotonic() - jwks.MAXIMUM_AGE * 0.75)
    assert await keys.find("rsa") is not None
    assert address.asked == 1, "nobody waits for it"
    async with asyncio.timeout(10):
        await keys._fetch  # type: ignore[misc]  # it has begun
    assert address.asked == 2


def test_a_document_without_end_is_not_read(address: Address) -> None:
    address.document = {"keys": [public(RSA, "rsa")], "padding": "x" * 300_000}
    with pytest.raises(KeysUnavailableError):
        asyncio.run(Jwks(address.url).find("rsa"))


def test_a_packed_document_is_not_unpacked(address: Address) -> None:
    address.packed = True
    address.document = {"keys": [public(RSA, "rsa")], "padding": "x" * 200_000}
    with pytest.raises(KeysUnavailableError):
        asyncio.run(Jwks(address.url).find("rsa"))


@pytest.mark.parametrize(
    "keys",
    [
        [{"kty": "oct", "kid": "k", "k": base64.urlsafe_b64encode(KEY.encode()).decode()}],
        [{"kty": "oct", "kid": "k", "k": "AAAA", "alg": "RS256"}],
        [public(RSA, "k"), public(EC, "k")],
        [public(RSA, "k", use="enc")],
        [public(RSA, "k", alg="RS512")],
        [public(RSA_WEAK, "k")],
        [public(EC_OTHER, "k")],
        [RSAAlgorithm.to_jwk(RSA, as_dict=True) | {"kid": "k"}],
        [{"kty": ["RSA"], "kid": "k"}],
        [{"kty": "RSA", "kid": "k", "n": "!", "e": "AQAB"}],
        [{"kty": "EC", "crv": "P-256", "kid": "k", "x": "AA", "y": "AA"}],
        [public(RSA, "k") | {"kid": 5}],
        ["k"],
    ],
    ids=[
        "symmetric",
        "symmetric in disguise",
        "kid twice",
        "encryption",
        "other algorithm",
        "weak",
        "other curve",
        "private",
        "kind is a list",
        "damaged RSA",
        "not on the curve",
        "kid is a number",
        "no object",
    ],
)
def test_keys_that_are_not_used(keys: list[Any]) -> None:
    assert usable({"keys": [*keys, public(EC, "good")]}).keys() == {"good"}


@pytest.mark.parametrize("document", [None, [], {}, {"keys": {}}, "x"])
def test_what_is_not_a_document(document: Any) -> None:
    with pytest.raises(ValueError):
        usable(document)


def test_expired_is_expired_whoever_signed(server: Running) -> None:
    assert status(server, EC, "ec", "ES256", exp=int(time.time()) - 60) == 401


def test_a_server_without_its_keys_is_not_ready(serve: Callable[..., Running], address: Address) -> None:
    alone = {"QUILT_MCP_JWKS_URL": address.url, "QUILT_MCP_OAUTH_ISSUER": ISSUER, "QUILT_MCP_JWT_KEYS": ""}
    assert serve(**alone).http.get("/readyz").status_code == 200
    address.status = 500
    assert serve(**alone).http.get("/readyz").status_code == 503
    answer = serve(**(alone | {"QUILT_MCP_JWT_KEYS": json.dumps({"frontend-enhanced": KEY})})).http.get(
        "/readyz", headers={"Authorization": f"Bearer {token()}"}
    )
    assert (answer.status_code, answer.json()["checks"]) == (503, {"keys": "KeysUnavailableError", "sts": "ok"})


@pytest.mark.parametrize(("length", "found"), [(256 * 1024, True), (256 * 1024 + 1, False)])
def test_a_jwks_document_has_at_most_256_kib(address: Address, length: int, found: bool) -> None:
    address.document = {"padding": "", **address.document}
    address.document["padding"] = "x" * (length - len(json.dumps(address.document)))
    keys = Jwks(address.url)
    if found:
        assert asyncio.run(keys.find("rsa")) is not None
    else:
        with pytest.raises(KeysUnavailableError):
            asyncio.run(keys.find("rsa"))


@pytest.mark.parametrize(("bits", "accepted"), [(2047, False), (2048, True)])
def test_an_rsa_key_has_at_least_2048_bits(bits: int, accepted: bool) -> None:
    modulus = base64.urlsafe_b64encode(((1 << bits - 1) | 1).to_bytes((bits + 7) // 8)).decode().rstrip("=")
    document = {"keys": [{"kty": "RSA", "alg": "RS256", "kid": "k", "n": modulus, "e": "AQAB"}]}
    assert ("k" in usable(document)) == accepted
