"""quilt-mcp-token: against a secret in moto, and the server of this repository."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import jwt
import pytest
from conftest import KEY, KEYS
from moto.server import ThreadedMotoServer

from quilt_mcp_proxy import user_token

NAME = "sales-prod/mcp-server/jwt"
GIVEN = ["--secret", NAME, "--subject", "ada@example.com", "--bucket", "quilt-example", "--region", "us-east-1"]


@pytest.fixture(scope="module")
def aws(_no_machine_settings: None) -> Iterator[str]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def secret(aws: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stores a value in the secret."""
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": aws}.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("secretsmanager", region_name="us-east-1")

    def store(value: str) -> None:
        if not client.list_secrets(Filters=[{"Key": "name", "Values": [NAME]}])["SecretList"]:
            client.create_secret(Name=NAME, SecretString="{}")
        client.put_secret_value(SecretId=NAME, SecretString=value)

    return store


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code and both streams of the program."""
    done = subprocess.run(
        [sys.executable, "-m", "quilt_mcp_proxy.user_token", *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(user_token.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_token_is_all_that_is_printed_and_the_server_takes_it(secret: Any, upstream: str) -> None:
    import httpx2

    secret(json.dumps({"frontend-enhanced": KEY}))
    status, printed, said = run(*GIVEN, "--hours", "0.5")
    assert (status, said) == (0, "")
    token = printed.removesuffix("\n")
    claims = jwt.decode(token, KEY, algorithms=["HS256"], audience="quilt-mcp-server", issuer="quilt-frontend")
    assert (claims["sub"], claims["buckets"]) == ("ada@example.com", ["quilt-example"])
    assert claims["exp"] - claims["iat"] == 1800
    assert abs(claims["iat"] - time.time()) < 60
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami", "arguments": {}}}
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    answer = httpx2.post(f"{upstream}/mcp", json=call, headers=headers)
    assert answer.json()["result"]["structuredContent"]["subject"] == "ada@example.com"


def test_what_is_given_is_in_the_token(secret: Any) -> None:
    secret(json.dumps({"old": "o" * 32, "new": "n" * 32}))
    more = ["--bucket", "sales-*", "--permission", "s3:GetObject", "--role", "Reader", "--kid", "new"]
    status, printed, _ = run(*GIVEN, *more, "--issuer", "i", "--audience", "a")
    assert status == 0
    claims = jwt.decode(printed.strip(), "n" * 32, algorithms=["HS256"], audience="a", issuer="i")
    assert claims["buckets"] == ["quilt-example", "sales-*"]
    assert (claims["permissions"], claims["roles"]) == (["s3:GetObject"], ["Reader"])
    assert jwt.get_unverified_header(printed.strip())["kid"] == "new"


def test_a_secret_that_is_one_key(secret: Any) -> None:
    secret("k" * 40)
    status, printed, _ = run(*GIVEN)
    assert status == 0
    assert jwt.get_unverified_header(printed.strip())["kid"] == "frontend-enhanced"


@pytest.mark.parametrize(
    ("value", "arguments", "said"),
    [
        (
            '{"old": "OLD-SECRET-KEY-OLD-SECRET-KEY-OLD", "new": "NEW"}',
            [],
            "several keys; choose one with --kid: new, old",
        ),
        ('{"old": "OLD-SECRET-KEY-OLD-SECRET-KEY-OLD"}', ["--kid", "new"], "has no key new; it has old"),
        ('{"old": "SECRET"}', [], "the key old of the secret sales-prod/mcp-server/jwt is shorter than 32 bytes"),
        ('["SECRET-KEY"]', [], "is no JSON object of key id to key"),
        ('{"old": "OLD-SECRET-KEY-OLD-SECRET-KEY-OLD"}', ["--bucket", "b" * 63] * 150, "use patterns instead of names"),
    ],
)
def test_what_cannot_be_signed(secret: Any, value: str, arguments: list[str], said: str) -> None:
    secret(value)
    status, printed, error = run(*GIVEN, *arguments)
    assert (status, printed) == (1, "")
    assert said in error
    assert "SECRET" not in error and "Traceback" not in error


def test_a_secret_that_is_not_there(secret: Any) -> None:
    status, printed, error = run(*GIVEN[2:], "--secret", "sales-prod/none")
    assert (status, printed) == (1, "")
    assert "ResourceNotFoundException; correct --secret, --region or --profile" in error


def test_everything_that_is_wrong_is_said_before_aws_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    wrong = ["--secret", NAME, "--subject", " ", "--bucket", "s3://a", "--hours", "721"]
    status, printed, error = run(*wrong)
    assert (status, printed) == (2, "")
    assert "--subject must have" in error
    assert "--bucket must be a bucket's name without s3://, or a pattern with *; found s3://a" in error
    assert "--hours must be above 0 and at most 720; found 721" in error
    status, _, error = run("--secret", NAME, "--subject", "ada")
    assert status == 2 and "--bucket is missing: a token without a bucket may read nothing" in error
