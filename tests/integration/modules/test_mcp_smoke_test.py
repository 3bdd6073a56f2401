"""mcp_smoke_test with the real client against a small server behind TLS that fails on request."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.fingerprints import fingerprint
from ansible_collections.quilt.mcp_server.plugins.modules import mcp_smoke_test

from sandbox import tokens
from tests.integration.modules import mcp_stub

Smoke = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mcp_stub.Stub]:
    with mcp_stub.running(tmp_path_factory.mktemp("tls")) as stub:
        yield stub


@pytest.fixture
def stub(_server: mcp_stub.Stub) -> mcp_stub.Stub:
    _server.key, _server.authenticate, _server.answer = mcp_stub.KEY, True, None
    _server.hosts.clear()
    _server.received = lambda headers: None
    return _server


@pytest.fixture
def smoke(stub: mcp_stub.Stub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Smoke:
    """smoke(check=False, **parameters): with a good token of the stub; needs no AWS, so there is none."""
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)

    def run(check: bool = False, **parameters: Any) -> dict[str, Any]:
        usual = {
            "url": stub.url,
            "ca_file": stub.ca_file,
            "token": token(stub.key),
            "bucket": "quilt-example",
            "wait_timeout": 1,
            "timeout": 5,
            "region": "us-east-1",
            "endpoint_url": "http://127.0.0.1:9",
            "access_key": "sandbox",
            "secret_key": "sandbox",
        }
        given = {name: value for name, value in {**usual, **parameters}.items() if value is not None}
        with patch_module_args({**given, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            mcp_smoke_test.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        result["failed_checks"] = [check["name"] for check in result["checks"] if check["ok"] is False]
        return result

    return run


def token(key: str, ttl: int = 600) -> str:
    return tokens.mint(json.dumps({mcp_stub.KID: key}), "somebody", ["quilt-example"], ttl)


def test_every_request_carries_the_further_headers(smoke: Smoke, stub: mcp_stub.Stub) -> None:
    received: list[str | None] = []
    stub.received = lambda headers: received.append(headers.get("x-quilt-release"))
    assert smoke(headers={"X-Quilt-Release": "test"})["failed_checks"] == []
    assert len(received) >= 8
    assert set(received) == {"test"}


CDN = {"field": "http-header", "http_header_name": "X-Origin-Verify", "values": ["Zq7*", "Zq7HeaderOfTheCdn", "Zq7Old"]}
TOKEN = {"field": "query-string", "values": [{"key": "Token", "value": "Zq7TokenInTheQuery"}]}
NETWORK = {"field": "source-ip", "values": ["192.0.2.0/24"]}


def test_every_request_carries_what_the_rule_requires(smoke: Smoke, stub: mcp_stub.Stub) -> None:
    """The listener compares values in any case; the first value without a wildcard is sent."""
    received: list[tuple[str | None, str]] = []
    stub.received = lambda headers: received.append((headers.get("x-origin-verify"), headers["?"]))
    result = smoke(rule_conditions=[CDN, TOKEN, {"field": "query-string", "values": ["v*"]}])
    assert result["failed_checks"] == []
    assert len(received) >= 8
    assert set(received) == {("Zq7HeaderOfTheCdn", "token=zq7tokeninthequery&x=vx")}


def test_a_given_header_takes_the_place_of_a_condition(smoke: Smoke, stub: mcp_stub.Stub) -> None:
    received: list[str | None] = []
    stub.received = lambda headers: received.append(headers.get("x-origin-verify"))
    assert smoke(rule_conditions=[CDN], headers={"x-origin-verify": "Zq7Other"})["failed_checks"] == []
    assert set(received) == {"Zq7Other"}
    refused = smoke(rule_conditions=[CDN], headers={"x-origin-verify": "Other"})
    assert "x-origin-verify with a value that the rule" in refused["msg"]
    wild = smoke(rule_conditions=[{**CDN, "values": ["Zq7*"]}])
    assert "Remedy: give x-origin-verify such a value in headers (smoke_headers)" in wild["msg"]


def test_an_address_that_the_rule_may_not_admit_is_named_where_another_rule_answers(
    smoke: Smoke, stub: mcp_stub.Stub
) -> None:
    assert smoke(rule_conditions=[NETWORK])["failed_checks"] == []
    stub.answer = (404, "another rule")
    result = smoke(rule_conditions=[NETWORK])
    assert result["msg"].count("the rule has the condition source-ip 192.0.2.0/24: the address from which") == 1
    stub.answer = (500, "out of order")
    assert "source-ip" not in smoke(rule_conditions=[NETWORK])["msg"]


@pytest.mark.parametrize("status", [200, 401, 404, 500])
def test_no_result_has_a_value_that_may_be_secret(smoke: Smoke, stub: mcp_stub.Stub, status: int) -> None:
    """Also where the answer repeats it, cut in its middle or not."""
    secrets = "Zq7HeaderOfTheCdn", "Zq7TokenInTheQuery", "Zq7GivenHeader"
    given = {"rule_conditions": [CDN, TOKEN, NETWORK], "headers": {"X-Given": secrets[2]}}
    for text in (" ".join(secrets), "x" * 150 + secrets[0], "x" * 150 + secrets[1].lower()):
        stub.answer = (status, text)
        result = smoke(**given, _ansible_inject_invocation=True)
        printed = json.dumps(result).lower()
        assert result["failed_checks"] and "zq7" not in printed, printed
        assert result["invocation"]["module_args"]["headers"] == {"X-Given": fingerprint(secrets[2])}


def test_a_good_server(smoke: Smoke) -> None:
    result = smoke()
    assert [(check["name"], check["ok"]) for check in result["checks"]] == [
        ("health", True),
        ("no_token", True),
        ("garbage_token", True),
        ("forged_token", True),
        ("initialize", True),
        ("tools_list", True),
        ("tool_call", True),
        ("modern_protocol", True),
    ]
    assert result["changed"] is False


def test_the_token_is_made_with_the_secret_and_never_reported(
    smoke: Smoke, stub: mcp_stub.Stub, aws: Any, client: Any
) -> None:
    manager = client("secretsmanager")
    stub.key = json.loads(manager.get_secret_value(SecretId="sales-prod/mcp-server/jwt")["SecretString"])[mcp_stub.KID]
    result = smoke(token=None, jwt_secret_id="sales-prod/mcp-server/jwt", endpoint_url=aws.url)
    assert "expired_token" in [check["name"] for check in result["checks"]]
    assert result["failed_checks"] == []
    assert stub.key not in json.dumps(result, default=str)


def test_connect_to_keeps_host_and_certificate_name(smoke: Smoke, stub: mcp_stub.Stub) -> None:
    result = smoke(url="https://demo.quiltdata.com/mcp", connect_to=f"127.0.0.1:{stub.port}")
    assert result["failed_checks"] == []
    assert set(stub.hosts) == {"demo.quiltdata.com"}


def test_the_machines_own_ca_variables_do_not_disturb(
    smoke: Smoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(empty))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert smoke()["failed_checks"] == []


def test_check_mode_connects_nowhere(smoke: Smoke, stub: mcp_stub.Stub) -> None:
    result = smoke(check=True, token=None, jwt_secret_id="no-such-secret")
    assert (result["changed"], stub.hosts) == (False, [])
    assert {(check["ok"], check["detail"]) for check in result["checks"]} == {(None, "not made in check mode")}
    assert "tool_call" in [check["name"] for check in result["checks"]]


def test_no_healthy_target(smoke: Smoke, stub: mcp_stub.Stub) -> None:
    stub.answer = (503, "<html>503 Service Temporarily Unavailable</html>")
    result = smoke()
    assert len(result["failed_checks"]) == 8
    assert "no healthy target" in result["msg"]
    assert result["msg"].count("no healthy target") == 1


def test_another_rule_answers(smoke: Smoke, stub: mcp_stub.Stub) -> None:
    stub.answer = (200, "<html>catalog</html>")
    result = smoke()
    assert len(result["failed_checks"]) == 8
    assert "another listener rule answers before the deployment's" in result["msg"]
    assert "catalog" in result["msg"]


def test_a_route_that_comes_a_moment_later(smoke: Smoke, stub: mcp_stub.Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke import checks

    monkeypatch.setattr(checks, "PAUSE", 0.05)
    stub.answer = (503, "not yet")
    threading.Timer(0.3, setattr, (stub, "answer", None)).start()
    assert smoke(wait_timeout=30)["failed_checks"] == []


def test_the_secret_differs_from_what_the_task_loaded(smoke: Smoke, stub: mcp_stub.Stub) -> None:
    result = smoke(token=token("another-key-that-is-long-enough-for-hs256-too"))
    assert result["failed_checks"] == ["initialize", "tools_list", "tool_call", "modern_protocol"]
    assert "after a rotation deploy again" in result["msg"]


def test_an_expired_token_is_given(smoke: Smoke) -> None:
    result = smoke(token=token(mcp_stub.KEY, ttl=-120))
    assert result["failed_checks"] == ["initialize", "tools_list", "tool_call", "modern_protocol"]
    assert "the token given expired 12" in result["msg"]


def test_a_server_that_lets_everybody_in(smoke: Smoke, stub: mcp_stub.Stub) -> None:
    stub.authenticate = False
    result = smoke()
    assert result["failed_checks"] == ["no_token", "garbage_token", "forged_token"]
    assert "QUILT_MCP_AUTH must be jwt" in result["msg"]


def test_a_tool_error_and_a_missing_tool(smoke: Smoke) -> None:
    result = smoke(bucket="secret-bucket", expected_tools=["whoami", "package_browse"])
    assert result["failed_checks"] == ["tools_list", "tool_call", "modern_protocol"]
    assert "missing: package_browse" in result["msg"]
    assert "a tool error" in result["msg"]


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        pytest.param({"ca_file": None}, "give the CA that signed it as ca_file", id="unknown CA"),
        pytest.param({"url": "https://localhost:9/mcp"}, "the connection is refused", id="nobody listens"),
        pytest.param({"url": "https://nobody.invalid/mcp"}, "not known to DNS", id="no such host"),
    ],
)
def test_no_connection_is_said_once(smoke: Smoke, parameters: dict[str, Any], text: str) -> None:
    result = smoke(**parameters)
    assert result["failed_checks"] == ["health"]
    assert text in result["msg"]


def test_a_name_that_the_certificate_does_not_cover(smoke: Smoke, stub: mcp_stub.Stub) -> None:
    result = smoke(url="https://other.example/mcp", connect_to=f"127.0.0.1:{stub.port}")
    assert "use the host name that the certificate covers" in result["msg"]


def test_a_port_that_speaks_no_tls(smoke: Smoke) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = smoke(url=f"https://localhost:{silent.getsockname()[1]}/mcp", timeout=1)
    assert result["failed_checks"] == ["health"]
    assert "no answer in time" in result["msg"]


def test_a_missing_library_is_named(smoke: Smoke, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke import plan

    monkeypatch.setattr(plan, "find_spec", lambda name: None if name == "mcp" else name)
    assert "Failed to import the required Python library (mcp)" in smoke()["msg"]
