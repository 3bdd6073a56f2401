"""The lookup against an ECR whose certificate is signed by a private CA."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader

from sandbox import tls

ANSWER = {"authorizationData": [{"authorizationToken": base64.b64encode(b"AWS:a-password").decode()}]}


class Ecr(BaseHTTPRequestHandler):
    """Answers GetAuthorizationToken."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(ANSWER).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """How the registry is reached, all but what to trust; `tmp_path` has the CA."""
    for name in ("AWS_CA_BUNDLE", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    files = tls.write(tmp_path)
    server = HTTPServer(("127.0.0.1", 0), Ecr)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.cert, files.key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    Thread(target=server.serve_forever, daemon=True).start()
    keys = {"access_key": "a", "secret_key": "b", "region": "us-east-1"}
    yield {"endpoint_url": f"https://localhost:{server.server_port}", "ca": str(files.ca), **keys}
    server.shutdown()
    server.server_close()


def password(**options: Any) -> list[str]:
    found: list[str] = lookup_loader.get("quilt.mcp_server.ecr_password").run([], {}, **options)
    return found


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_the_certificate_is_judged_as_the_connection_options_say(options: dict[str, Any]) -> None:
    ca = options.pop("ca")
    assert password(aws_ca_bundle=ca, **options) == ["a-password"]
    assert password(validate_certs=False, **options) == ["a-password"]
    with pytest.raises(AnsibleLookupError, match="CERTIFICATE_VERIFY_FAILED"):
        password(**options)
