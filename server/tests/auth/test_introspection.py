"""Opaque tokens, which the authorization server is asked about."""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest
from conftest import PING, Running, environment, token

from auth.providers import RESOURCE, Claims
from auth.test_jwks import RSA, Address, Endless
from auth.test_tokens import encoded
from quilt_mcp_server.app import _verifier
from quilt_mcp_server.auth import introspection
from quilt_mcp_server.auth.introspection import Introspection
from quilt_mcp_server.auth.jwks import KeysUnavailableError
from quilt_mcp_server.auth.refusals import InvalidTokenError
from quilt_mcp_server.config import load
from quilt_mcp_server.oauth_settings import IntrospectionSettings

ISSUER = "https://login.example.com"
SECRET = "s:e%c r+et"
GOOD: Claims = {
    "active": True,
    "token_type": "Bearer",
    "iss": ISSUER,
    "aud": RESOURCE,
    "sub": "alice",
    "client_id": "claude",
    "scope": "mcp.read",
    "exp": 4_000_000_000,
    "buckets": ["quilt-example"],
}


class Provider:
    """Answers about tokens; keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.status = 200
        self.asked: list[dict[str, list[str]]] = []
        self.headers: list[dict[str, str]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                provider.asked.append(form)
                provider.headers.append({name.lower(): value for name, value in self.headers.items()})
                answer = provider.answers.get(form["token"][0], {"active": False})
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(answer if isinstance(answer, int) else provider.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/introspect"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def settings(self, **changes: str) -> dict[str, str]:
        named = {"URL": self.url, "CLIENT_ID": "quilt mcp", "CLIENT_SECRET": SECRET}
        base = {f"QUILT_MCP_OAUTH_INTROSPECTION_{name}": value for name, value in named.items()}
        return base | {"QUILT_MCP_OAUTH_ISSUER": ISSUER} | changes


@pytest.fixture
def provider() -> Iterator[Provider]:
    found = Provider()
    yield found
    found.stop()


@pytest.fixture
def server(provider: Provider, serve: Callable[..., Running]) -> Running:
    return serve(**provider.settings())


def ask(server: Running, raw: str) -> Any:
    return server.post(PING, Authorization=f"Bearer {raw}")


def test_an_active_token_is_its_subject(server: Running, provider: Provider) -> None:
    provider.answers["opaque-1"] = GOOD
    who = server.call("whoami", Authorization="Bearer opaque-1")
    assert (who["subject"], who["buckets"]) == ("alice", ["quilt-example"])
    assert provider.asked == [{"token": ["opaque-1"], "token_type_hint": ["access_token"]}]
    scheme, _, pair = provider.headers[0]["authorization"].partition(" ")
    name, _, secret = base64.b64decode(pair).decode().partition(":")
    assert (scheme, unquote_plus(name), unquote_plus(secret)) == ("Basic", "quilt mcp", SECRET)


def test_an_encrypted_token_is_opaque(server: Running, provider: Provider) -> None:
    """As Auth0's without an audience: five parts."""
    raw = encoded(b'{"alg":"dir","enc":"A256GCM"}') + "..aaaa.bbbb.cccc"
    provider.answers[raw] = GOOD
    assert ask(server, raw).status_code == 200


OTHER_ANSWERS: list[tuple[Claims, str]] = [
    ({"active": False}, "not active"),
    ({"iss": "https://other.example.com"}, "another issuer"),
    ({"aud": "https://other.example.com"}, "another audience"),
    ({"aud": []}, "another audience"),
    ({"aud": None}, "another audience"),
    ({"exp": 1}, "expired"),
    ({"exp": None}, "malformed"),
    ({"exp": True}, "malformed"),
    ({"exp": "4000000000"}, "malformed"),
    ({"nbf": 4_000_000_000}, "not valid yet"),
    ({"sub": ""}, "no subject"),
    ({"sub": 5}, "malformed"),
    ({"token_type": "DPoP"}, "token_type"),
    ({"token_type": "refresh_token"}, "token_type"),
    ({"token_type": None, "token_use": None}, "malformed|token_use|token_type"),
    ({"token_type": ["Bearer"]}, "token_type"),
    ({"token_use": "refresh_token"}, "token_use"),
    ({"token_use": "id"}, "ID token"),
    ({"typ": "Refresh"}, "claim typ"),
    ({"cnf": {"jkt": "x"}}, "bound to a key"),
    ({"at_hash": "x"}, "ID token"),
    ({"buckets": "quilt-example"}, "malformed"),
]


def test_other_answers_are_refused(server: Running, provider: Provider) -> None:
    for number, (changes, reason) in enumerate(OTHER_ANSWERS):
        raw = f"opaque-{number}"
        provider.answers[raw] = GOOD | changes
        answer = ask(server, raw)
        challenge = answer.headers["www-authenticate"]
        assert answer.status_code == 401
        assert any(each in challenge for each in reason.split("|")), (changes, challenge)


def test_what_an_answer_must_say(server: Running, provider: Provider) -> None:
    for missing in ("exp", "sub", "token_type", "aud"):
        provider.answers[missing] = {name: value for name, value in GOOD.items() if name != missing}
        assert ask(server, missing).status_code == 401


def test_the_kind_may_be_said_in_another_way(server: Running, provider: Provider) -> None:
    without = {name: value for name, value in GOOD.items() if name not in ("token_type", "iss")}
    provider.answers |= {"a": without | {"token_use": "access_token"}, "b": without | {"typ": "Bearer"}}
    assert [ask(server, raw).status_code for raw in ("a", "b")] == [200, 200]


@pytest.mark.parametrize("answer", [b"no JSON", b"[]", b"null", {}, {"active": "true"}, {"active": 1}, b"", b"\xff"])
async def test_what_is_no_answer_says_nothing(provider: Provider, answer: Any) -> None:
    provider.answers["opaque-1"] = answer
    with pytest.raises(KeysUnavailableError):
        await about(provider).claims("opaque-1")


def test_without_an_answer_the_caller_is_asked_to_retry(server: Running, provider: Provider) -> None:
    provider.status = 500
    found = ask(server, "opaque-1")
    assert (found.status_code, found.headers["retry-after"]) == (503, "2")
    assert server.post(PING).status_code == 200, "the frontend's tokens do not depend on it"


def test_a_redirect_is_not_followed(server: Running, provider: Provider) -> None:
    provider.status = 307
    assert ask(server, "opaque-1").status_code == 503
    assert len(provider.asked) == 1


def test_nothing_but_an_opaque_token_leaves_the_server(server: Running, provider: Provider) -> None:
    none = encoded(b'{"alg":"none"}') + "." + encoded(b"{}") + "."
    signed = [token(), token(sub="bob")[:-3] + "AAA", token(RSA, "other", "RS256", iss=ISSUER), none]
    unreadable = ["a b", 'a"b', "a\\b", "a,b", "x" * 4097, "opaque-\x7f"]
    for raw in (*signed, *unreadable):
        ask(server, raw)
    assert provider.asked == []


def test_one_name_of_two_issuers_is_two_people(provider: Provider) -> None:
    provider.answers["opaque-1"] = GOOD
    verifier = _verifier(load(environment(**provider.settings())))
    frontend, opaque = (asyncio.run(verifier.verify(raw)) for raw in (token(), "opaque-1"))
    assert frontend.subject == opaque.subject == "alice"
    assert frontend.identity != opaque.identity


def test_without_introspection_the_challenge_names_what_is_unsupported(serve: Callable[..., Running]) -> None:
    address = Address()
    server = serve(QUILT_MCP_JWKS_URL=address.url, QUILT_MCP_OAUTH_ISSUER=ISSUER)
    for raw in ("opaque-1", "a.b", "a.b.c.d.e", "x" * 5000):
        answer = ask(server, raw)
        assert answer.status_code == 401
        assert "opaque (no JWT), which this server does not support" in answer.headers["www-authenticate"]
    address.stop()


def about(provider: Provider) -> Introspection:
    return Introspection(IntrospectionSettings(provider.url, "quilt", SECRET))


async def test_an_answer_is_kept_for_a_minute(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(introspection, "time", SimpleNamespace(monotonic=lambda: now))
    asked, provider.answers["opaque-1"] = about(provider), GOOD
    for _ in range(3):
        assert (await asked.claims("opaque-1"))["sub"] == "alice"
    assert len(provider.asked) == 1
    provider.answers.clear()
    now += 59
    assert (await asked.claims("opaque-1"))["sub"] == "alice"
    now += 2
    for _ in range(3):
        with pytest.raises(InvalidTokenError):
            await asked.claims("opaque-1")
    assert len(provider.asked) == 2
    now += 11
    with pytest.raises(InvalidTokenError):
        await asked.claims("opaque-1")
    assert len(provider.asked) == 3


async def test_what_is_kept_is_bounded_and_no_guess_displaces_it(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(introspection, "REMEMBERED", 3)
    provider.answers |= {f"good-{number}": GOOD for number in range(5)}
    asked = about(provider)
    for number in range(5):
        await asked.claims(f"good-{number}")
    for number in range(10):
        with pytest.raises(InvalidTokenError):
            await asked.claims(f"guess-{number}")
    assert (len(asked._active), len(asked._inactive)) == (3, 3)
    before = len(provider.asked)
    await asked.claims("good-4")
    assert len(provider.asked) == before


async def test_long_answers_are_kept_as_far_as_they_fit(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(introspection, "REMEMBERED_BYTES", introspection.WEIGHT * 100_000)
    provider.answers |= {f"long-{number}": {**GOOD, "groups": ["g" * 30_000]} for number in range(5)}
    asked = about(provider)
    for number in range(5):
        await asked.claims(f"long-{number}")
    assert len(asked._active) == 3
    await asked.claims("long-4")
    assert len(provider.asked) == 5


async def test_after_a_failure_it_is_asked_again_soon_and_then_less_often(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(introspection, "time", SimpleNamespace(monotonic=lambda: now))
    asked, provider.status = about(provider), 500
    asked_at = []
    while now < 1100:
        before = len(provider.asked)
        with pytest.raises(KeysUnavailableError):
            await asked.claims("opaque-1")
        if len(provider.asked) > before:
            asked_at.append(now - 1000)
        now += 0.5
    assert asked_at == [0, 1.5, 4, 8.5, 17, 33.5, 64, 94.5]
    provider.status, now, provider.answers["opaque-1"] = 200, now + 31, GOOD
    assert (await asked.claims("opaque-1"))["sub"] == "alice"


@pytest.mark.parametrize("status", [400, 413, 414, 422])
async def test_a_token_that_the_provider_rejects_begins_no_pause(provider: Provider, status: int) -> None:
    asked, provider.status = about(provider), status
    with pytest.raises(InvalidTokenError):
        await asked.claims("guess")
    provider.status, provider.answers["opaque-1"] = 200, GOOD
    assert (await asked.claims("opaque-1"))["sub"] == "alice"


async def test_an_answer_without_end_is_not_read(provider: Provider) -> None:
    provider.answers |= {"guess": GOOD | {"padding": "x" * 40_000}, "opaque-1": GOOD}
    asked = about(provider)
    with pytest.raises(InvalidTokenError):
        await asked.claims("guess")
    assert (await asked.claims("opaque-1"))["sub"] == "alice"


@pytest.mark.parametrize("slowly", [True, False])
async def test_few_wait_for_a_slow_provider(monkeypatch: pytest.MonkeyPatch, slowly: bool) -> None:
    monkeypatch.setattr(introspection, "TIMEOUT", 1.0)
    monkeypatch.setattr(introspection, "MAXIMUM_WAITING", 20)
    address = Endless(slowly=slowly)
    async with asyncio.timeout(20), address as url:
        asked = Introspection(IntrospectionSettings(url, "quilt", SECRET))
        begin = time.monotonic()
        guesses = [asyncio.create_task(asked.claims(f"guess-{number % 30}")) for number in range(100)]
        done, waiting = await asyncio.wait(guesses, timeout=0.5)
        assert len(waiting) <= 20 and len(done) >= 80
        await asyncio.wait(waiting)
        assert time.monotonic() - begin < 5
        assert all(isinstance(task.exception(), KeysUnavailableError) for task in guesses)
        assert address.asked <= introspection.MAXIMUM_ASKING
        assert (asked._waiting, asked._asking) == (0, {})


async def test_one_token_is_asked_about_once_at_a_time(provider: Provider) -> None:
    provider.answers["opaque-1"] = GOOD
    asked = about(provider)
    assert {each["sub"] for each in await asyncio.gather(*(asked.claims("opaque-1") for _ in range(20)))} == {"alice"}
    assert len(provider.asked) == 1


async def test_neither_token_nor_secret_is_logged(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    provider.status = 401
    with pytest.raises(KeysUnavailableError):
        await about(provider).claims("opaque-1")
    assert "401" in caplog.text
    assert "opaque-1" not in caplog.text and SECRET not in caplog.text
