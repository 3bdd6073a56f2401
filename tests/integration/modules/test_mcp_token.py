"""mcp_token: the owner of the certificate reads the token, and nobody else does."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest

if TYPE_CHECKING:
    from sandbox.emulator.control_plane import ControlPlane

SECRET = "sales-prod/mcp-server/jwt"
GIVEN: dict[str, Any] = {"jwt_secret_id": SECRET, "subject": "ada@example.com", "buckets": ["quilt-a", "quilt-b-*"]}


def openssl(*arguments: str, cwd: Path) -> str:
    """What OpenSSL's command prints, which is what a person has."""
    done = subprocess.run(["openssl", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def certificate(folder: Path, *options: str, days: str = "30", key: str = "rsa:2048") -> str:
    """A certificate as the remedy says to make it; its key is token.key."""
    names = ("-keyout", "token.key", "-out", "token.pem", "-subj", "/CN=ada")
    openssl("req", "-x509", "-newkey", key, *options, "-nodes", *names, "-days", days, cwd=folder)
    return (folder / "token.pem").read_text()


def opened(encrypted: str, folder: Path) -> str:
    (folder / "token.cms").write_text(encrypted)
    return openssl("cms", "-decrypt", "-inform", "PEM", "-in", "token.cms", "-inkey", "token.key", cwd=folder)


@pytest.fixture
def key(client: Callable[[str], Any]) -> str:
    """The key that signs."""
    keys = json.loads(client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"])
    return str(keys["frontend-enhanced"])


def test_the_owner_of_the_certificate_reads_the_token(
    aws: ControlPlane, run_module: Any, key: str, tmp_path: Path
) -> None:
    result = run_module("mcp_token", **GIVEN, hours=2, certificate=certificate(tmp_path))
    assert not result.get("failed"), result
    token = opened(result["encrypted"], tmp_path)
    claims = jwt.decode(token, key, algorithms=["HS256"], audience="quilt-mcp-server", issuer="quilt-frontend")
    assert (claims["sub"], claims["buckets"]) == ("ada@example.com", ["quilt-a", "quilt-b-*"])
    assert 7199 <= claims["exp"] - claims["iat"] <= 7202
    printed = json.dumps(result, default=str)
    for secret in (token, *token.split("."), key):
        assert secret not in printed
    assert result["recipient"]["name"] == "CN=ada"
    shown = openssl("x509", "-in", "token.pem", "-noout", "-fingerprint", "-sha256", cwd=tmp_path)
    assert result["recipient"]["fingerprint"] == shown.strip().rpartition("=")[2].replace(":", "").lower()
    assert result["writes"] == []


def test_another_key_does_not_open_it(aws: ControlPlane, run_module: Any, tmp_path: Path) -> None:
    result = run_module("mcp_token", **GIVEN, certificate=certificate(tmp_path))
    other = tmp_path / "other"
    other.mkdir()
    certificate(other)
    (other / "token.cms").write_text(result["encrypted"])
    command = ["openssl", "cms", "-decrypt", "-inform", "PEM", "-in", "token.cms", "-inkey", "token.key"]
    done = subprocess.run(command, cwd=other, capture_output=True, check=False)
    assert done.stdout[:2] != b"ey"


def test_check_mode_reads_no_secret(aws: ControlPlane, run_module: Any, tmp_path: Path) -> None:
    result = run_module("mcp_token", check=True, **GIVEN, certificate=certificate(tmp_path))
    assert (result["encrypted"], result["expires"]) == ("", "")
    assert result["calls"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"key": "rsa:1024"}, "certificate has a key of 1024 bits"),
        ({"key": "ec"}, "certificate has no RSA key"),
    ],
)
def test_a_certificate_for_which_nothing_is_encrypted(
    aws: ControlPlane, run_module: Any, tmp_path: Path, options: dict[str, str], said: str
) -> None:
    more = ["-pkeyopt", "ec_paramgen_curve:prime256v1"] if options["key"] == "ec" else []
    result = run_module("mcp_token", **GIVEN, certificate=certificate(tmp_path, *more, **options))
    assert f"Found: {said}" in result["msg"]
    assert "openssl req -x509 -newkey rsa:3072" in result["msg"]
    assert result["calls"] == []


def test_a_private_key_by_mistake_is_not_repeated(aws: ControlPlane, run_module: Any, tmp_path: Path) -> None:
    certificate(tmp_path)
    private = (tmp_path / "token.key").read_text()
    result = run_module("mcp_token", **GIVEN, certificate=private)
    assert "Found: certificate holds a private key" in result["msg"]
    assert "make another key" in result["msg"]
    assert private.splitlines()[1] not in json.dumps(result, default=str)
    assert result["calls"] == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"subject": " "}, "subject is empty"),
        ({"buckets": []}, "buckets is empty"),
        ({"hours": 0}, "hours is 0"),
        ({"hours": 721}, "hours is 721"),
        ({"certificate": "ada"}, "certificate is no certificate in PEM"),
    ],
)
def test_what_is_refused_before_any_call(
    aws: ControlPlane, run_module: Any, tmp_path: Path, given: dict[str, Any], said: str
) -> None:
    result = run_module("mcp_token", **{**GIVEN, "certificate": certificate(tmp_path), **given})
    assert f"Found: {said}" in result["msg"]
    assert result["calls"] == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"jwt_secret_id": "none"}, "there is no such secret in this account and region"),
        ({"kid": "other"}, "it has no key for the key id 'other'; it has frontend-enhanced"),
    ],
)
def test_a_secret_that_does_not_do(
    aws: ControlPlane, run_module: Any, tmp_path: Path, given: dict[str, str], said: str
) -> None:
    result = run_module("mcp_token", **{**GIVEN, "certificate": certificate(tmp_path), **given})
    assert said in result["msg"]
    assert "the person's token" in result["msg"] or "no token can be signed" in result["msg"]
