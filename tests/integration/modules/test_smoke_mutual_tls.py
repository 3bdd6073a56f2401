"""mcp_smoke_test behind a listener that requires a certificate of the client."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.quilt.mcp_server.plugins.modules import mcp_smoke_test

from sandbox import tls, tokens
from tests.integration.modules import client_certificate, mcp_stub
from tests.integration.modules.client_certificate import ClientFiles

Smoke = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ClientFiles:
    return client_certificate.write(tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="module")
def stub(files: ClientFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[mcp_stub.Stub]:
    with mcp_stub.running(tmp_path_factory.mktemp("tls"), files.ca) as stub:
        yield stub


@pytest.fixture
def smoke(stub: mcp_stub.Stub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Smoke:
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)

    def run(**parameters: Any) -> dict[str, Any]:
        token = tokens.mint(json.dumps({mcp_stub.KID: stub.key}), "somebody", ["quilt-example"], 600)
        given = {
            "url": stub.url,
            "ca_file": stub.ca_file,
            "token": token,
            "wait_timeout": 1,
            "timeout": 5,
            **parameters,
        }
        connection = {"region": "us-east-1", "access_key": "sandbox", "secret_key": "sandbox"}
        with patch_module_args({**connection, **given}), pytest.raises(SystemExit):
            mcp_smoke_test.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return run


def test_a_certificate_and_its_key_in_two_files_or_in_one(smoke: Smoke, files: ClientFiles) -> None:
    for given in ({"client_certificate": files.ca, "client_key": files.key}, {"client_certificate": files.both}):
        result = smoke(**given)
        assert not result.get("failed") and all(check["ok"] for check in result["checks"]), result


def test_without_one_the_message_names_the_input(smoke: Smoke) -> None:
    result = smoke()
    assert [check["name"] for check in result["checks"]] == ["health"]
    assert "the listener requires a certificate of the client (mutual TLS)" in result["msg"]
    assert "smoke_client_certificate" in result["msg"]


def test_one_that_is_not_accepted(smoke: Smoke, files: ClientFiles) -> None:
    result = smoke(client_certificate=files.expired, client_key=files.key)
    assert "the listener does not accept the certificate of the client" in result["msg"]


@pytest.fixture
def strict(files: ClientFiles, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A server that says in TLS why it refuses a client: its URL and its CA."""
    certificates = tls.write(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.cert, certificates.key)
    context.load_verify_locations(files.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _address = listener.accept()
                    client.settimeout(5)
                    with client, contextlib.suppress(OSError):
                        context.wrap_socket(client, server_side=True, suppress_ragged_eofs=True).recv(1)
                    with contextlib.suppress(OSError):
                        client.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://localhost:{listener.getsockname()[1]}/mcp", str(certificates.ca)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_alert_of_either_version_names_the_input(
    smoke: Smoke, strict: tuple[str, str], monkeypatch: pytest.MonkeyPatch, version: ssl.TLSVersion
) -> None:
    usual = ssl.create_default_context

    def context(*args: Any, **options: Any) -> ssl.SSLContext:
        made = usual(*args, **options)
        made.maximum_version = version
        return made

    monkeypatch.setattr(ssl, "create_default_context", context)
    url, ca = strict
    result = smoke(url=url, ca_file=ca)
    assert [check["name"] for check in result["checks"]] == ["health"]
    assert "the listener requires a certificate of the client (mutual TLS)" in result["msg"]
    assert "smoke_client_certificate" in result["msg"]


@pytest.mark.parametrize(
    ("certificate", "key", "said"),
    [
        pytest.param("ca", "other_key", "holds another key than that of the certificate", id="another key"),
        pytest.param("ca", "", "holds no PEM key", id="no key"),
        pytest.param("ca", "ca", "holds no PEM key", id="a certificate as the key"),
        pytest.param("key", "key", "holds no PEM certificate", id="a key as the certificate"),
        pytest.param("ca", "encrypted", "holds an encrypted key", id="an encrypted key"),
        pytest.param("", "key", "client_key is given without client_certificate", id="no certificate"),
        pytest.param("ca", "nothing", "cannot be read", id="no file"),
    ],
)
def test_files_that_cannot_be_used_are_refused_before_any_request(
    smoke: Smoke, files: ClientFiles, certificate: str, key: str, said: str
) -> None:
    paths = {name: getattr(files, name, "/no/such.pem") if name else "" for name in (certificate, key)}
    result = smoke(client_certificate=paths[certificate], client_key=paths[key])
    assert result["failed"] and said in result["msg"] and result["checks"] == [], result
    content = Path(files.other_key).read_text() + Path(files.key).read_text()
    assert not [
        line for line in content.splitlines() if len(line) > 20 and "PRIVATE" not in line and line in str(result)
    ]
