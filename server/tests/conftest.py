"""A moto server for AWS, and the server in this process over real HTTP."""

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import httpx
import jwt
import pytest
import uvicorn
from moto.athena.responses import AthenaResponse
from moto.server import ThreadedMotoServer

from quilt_mcp_server.app import build
from quilt_mcp_server.config import Config, load
from quilt_mcp_server.transport.uvicorn_protocol import BoundedUvicornProtocol

KEY = "k" * 16 + "0123456789abcdef0123456789abcdef"
OTHER_KEY = "o" * 16 + "0123456789abcdef0123456789abcdef"
HOST = "demo.quiltdata.com"
ORIGIN = "https://catalog.example.com"
ACCOUNT = "123456789012"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}

pytest_plugins = ["athena_tables", "server_process", "skips_in_ci", "tools.account"]


def _batch_get_query_execution(self: Any) -> str:
    """What moto 5.2.5 lacks: the answers of GetQueryExecution to several ids. Without it the SDK tries for seconds."""
    one, found, missing = self._get_param, [], []
    for execution_id in one("QueryExecutionIds"):
        self._get_param = lambda name, *more, own=execution_id: own if name == "QueryExecutionId" else one(name, *more)
        try:
            found.append(json.loads(self.get_query_execution())["QueryExecution"])
        except KeyError:
            missing.append({"QueryExecutionId": execution_id})
    return json.dumps({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing})


@pytest.fixture(scope="session", autouse=True)
def _moto() -> Iterator[str]:
    """An AWS for the tests, and an environment without credentials, region or CA of the machine that runs them."""
    saved = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("AWS_", "QUILT_MCP_")):
            del os.environ[name]
    AthenaResponse.batch_get_query_execution = _batch_get_query_execution
    aws = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    aws.start()
    host, port = aws.get_host_and_port()
    url = f"http://{host}:{port}"
    os.environ |= {"AWS_ACCESS_KEY_ID": "ambient", "AWS_SECRET_ACCESS_KEY": "ambient", "AWS_REGION": "us-east-1"}
    os.environ["AWS_ENDPOINT_URL"] = url
    yield url
    aws.stop()
    os.environ.clear()
    os.environ.update(saved)


@pytest.fixture
def aws_url(_moto: str) -> str:
    """The endpoint of an empty account."""
    httpx.post(f"{_moto}/moto-api/reset", trust_env=False)
    return _moto


@pytest.fixture
def s3(aws_url: str) -> Any:
    """A boto3 client that arranges what a test reads."""
    client = boto3.client("s3", endpoint_url=aws_url, region_name="us-east-1")
    for bucket in ("quilt-example", "quilt-secret"):
        client.create_bucket(Bucket=bucket)
    return client


def environment(**changes: str) -> dict[str, str]:
    """A complete environment, with changes; an empty string unsets."""
    values = {
        "QUILT_MCP_JWT_KEYS": f'{{"frontend-enhanced": "{KEY}", "next": "{OTHER_KEY}"}}',
        "QUILT_MCP_ALLOWED_HOSTS": HOST,
        "QUILT_MCP_ALLOWED_ORIGINS": ORIGIN,
        "QUILT_MCP_CREDENTIALS": "task_role",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": os.environ.get("AWS_ENDPOINT_URL", ""),
    }
    return {name: value for name, value in (values | changes).items() if value}


def token(
    key: Any = KEY,
    kid: str | None = "frontend-enhanced",
    algorithm: str = "HS256",
    header: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """A valid token, with changes; None removes a claim. A header of None removes the library's."""
    now = int(time.time())
    claims = {
        "sub": "alice",
        "iss": "quilt-frontend",
        "aud": "quilt-mcp-server",
        "iat": now,
        "exp": now + 3600,  # longer than all tests take, as some are made when a file is imported
        "buckets": ["quilt-example"],
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid, **(header or {})} if kid else header)


class Running:
    """The server on a loopback port, and plain HTTP requests to it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def post(self, body: Any, path: str = "/mcp", **headers: str) -> httpx.Response:
        """A POST as an MCP client sends it; a header of None or '' is left out."""
        base = {"Host": HOST, "Accept": "application/json, text/event-stream", "Authorization": f"Bearer {token()}"}
        merged = base | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(path, json=body, headers={name: value for name, value in merged.items() if value})

    def rpc(self, method: str, params: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """The result of a JSON-RPC request."""
        response = self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}, **headers)
        assert response.status_code == 200, (response.status_code, response.text)
        answer: dict[str, Any] = response.json()
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def call(self, tool: str, arguments: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """The structured content of a tool call that must succeed."""
        result = self.rpc("tools/call", {"name": tool, "arguments": arguments or {}}, **headers)
        assert not result["isError"], result
        content: dict[str, Any] = result["structuredContent"]
        return content

    def fail(self, tool: str, arguments: dict[str, Any] | None = None, **headers: str) -> str:
        """The message of a tool call that must fail."""
        result = self.rpc("tools/call", {"name": tool, "arguments": arguments or {}}, **headers)
        assert result["isError"], result
        text: str = result["content"][0]["text"]
        return text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(config: Config, port: int | None = None) -> Iterator[Running]:
    """The application behind uvicorn in a thread, on a free port unless one is given."""
    port = port or free_port()
    options: dict[str, Any] = {"http": BoundedUvicornProtocol, "ws": "none", "log_config": None, "access_log": False}
    server = uvicorn.Server(uvicorn.Config(build(config), host="127.0.0.1", port=port, **options))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    found = Running(port)
    try:
        yield found
    finally:
        found.http.close()
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def serve() -> Iterator[Callable[..., Running]]:
    """Starts the server with changes to a complete environment."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(running(load(environment(**changes))))


@pytest.fixture(scope="session")
def _server(_moto: str) -> Iterator[Running]:
    with running(load(environment())) as found:
        yield found


@pytest.fixture
def server(s3: Any, _server: Running) -> Running:
    """The server with the default environment, the same for all tests, on an account with two empty buckets."""
    return _server
