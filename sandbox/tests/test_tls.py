"""The certificate of the load balancer's listener."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

import pytest

from sandbox import tls


def test_certificate_is_trusted_for_its_names_only(tmp_path: Path) -> None:
    paths = tls.write(tmp_path, ["demo.quiltdata.com"])
    assert stat.S_IMODE(paths.key.stat().st_mode) == 0o600
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(paths.cert, paths.key)
    client = ssl.create_default_context(cafile=str(paths.ca))
    client.verify_flags |= ssl.VERIFY_X509_STRICT

    def handshake(name: str) -> None:
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        sides = [
            client.wrap_bio(to_client, to_server, server_hostname=name),
            server.wrap_bio(to_server, to_client, server_side=True),
        ]
        for _ in range(4):
            for side in sides:
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue

    for name in ("demo.quiltdata.com", "localhost", "127.0.0.1"):
        handshake(name)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake("example.com")
