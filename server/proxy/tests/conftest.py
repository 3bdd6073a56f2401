"""The Quilt MCP server of this repository in a process of its own, with an AWS that moto stands in for."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx2
import jwt
import pytest
from local_http import free_port
from moto.server import ThreadedMotoServer

SERVER = Path(__file__).parents[2] / "src"
KEY = "k" * 16 + "0123456789abcdef0123456789abcdef"
KEYS = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nobody", "AWS_REGION": "us-east-1"}


def token(key: str = KEY, **changes: Any) -> str:
    """A token that the server accepts, with changes."""
    now = int(time.time())
    claims = {
        "sub": "alice",
        "iss": "quilt-frontend",
        "aud": "quilt-mcp-server",
        "iat": now,
        "exp": now + 600,
        "buckets": ["quilt-example"],
    }
    return jwt.encode(claims | changes, key, algorithm="HS256", headers={"kid": "frontend-enhanced"})


@pytest.fixture(scope="session", autouse=True)
def _no_machine_settings() -> Iterator[None]:
    """Nothing of the machine's own AWS, proxy or CA settings reaches a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "QUILT_MCP_")):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def upstream(_no_machine_settings: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the server; its bucket quilt-example holds hello.txt."""
    aws = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    aws.start()
    host, aws_port = aws.get_host_and_port()
    endpoint, port = f"http://{host}:{aws_port}", free_port()
    login = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nobody"}
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **login)
    for bucket in ("quilt-example", "quilt-secret"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="quilt-example", Key="hello.txt", Body="grüezi\n".encode())
    settings = {
        "QUILT_MCP_HOST": "127.0.0.1",
        "QUILT_MCP_PORT": str(port),
        "QUILT_MCP_JWT_KEYS": KEY,
        "QUILT_MCP_ALLOWED_HOSTS": "127.0.0.1",
        "QUILT_MCP_CREDENTIALS": "task_role",
        "AWS_ENDPOINT_URL": endpoint,
        "PYTHONPATH": str(SERVER),
    }
    log = tmp_path_factory.mktemp("server") / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "quilt_mcp_server"], env=settings | KEYS, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while not answers(f"{url}/healthz"):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(30)
        aws.stop()


def answers(url: str) -> bool:
    """Whether the server is up."""
    try:
        return httpx2.get(url, trust_env=False).is_success
    except httpx2.HTTPError:
        return False
