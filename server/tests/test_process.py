"""The process: start, signals, exit codes, what it writes."""

import asyncio
import base64
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import HOST, KEY, OTHER_KEY, Running, environment, free_port, token
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from stub import serving

from quilt_mcp_server.__main__ import serve
from quilt_mcp_server.config import ConfigError, load
from quilt_mcp_server.transport.uvicorn_protocol import GRACE, KEEP_ALIVE

SOURCE = Path(__file__).parents[1] / "src"
SERVER = ("-m", "quilt_mcp_server")
HASTY = (
    "-c",
    "from quilt_mcp_server import __main__; from quilt_mcp_server.transport import uvicorn_protocol; "
    "uvicorn_protocol.GRACE = 1; __main__.main()",
)
Start = Callable[..., tuple[subprocess.Popen[str], Running]]


def run_environment(**changes: str) -> dict[str, str]:
    ambient = {"AWS_ACCESS_KEY_ID": "ambient", "AWS_SECRET_ACCESS_KEY": "ambient"}
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE)} | ambient | environment(**changes)


@pytest.fixture
def start(s3: Any) -> Iterator[Start]:
    processes: list[subprocess.Popen[str]] = []

    def go(command: tuple[str, ...] = SERVER, **changes: str) -> tuple[subprocess.Popen[str], Running]:
        port = free_port()
        env = run_environment(QUILT_MCP_HOST="127.0.0.1", QUILT_MCP_PORT=str(port), **changes)
        process = subprocess.Popen(
            [sys.executable, *command],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        processes.append(process)
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return process, Running(port)
            time.sleep(0.05)
        raise AssertionError(process.stdout.read() if process.stdout else "")

    yield go
    for process in processes:
        process.kill()
        process.wait()


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_configuration_faults_are_one_line_and_exit_78() -> None:
    env = run_environment(QUILT_MCP_PORT="x", QUILT_MCP_JWT_KEYS="", AWS_REGION="")
    done = subprocess.run([sys.executable, "-m", "quilt_mcp_server"], env=env, capture_output=True, text=True)
    assert done.returncode == 78
    (line,) = lines(done.stdout)
    assert all(name in line["message"] for name in ("QUILT_MCP_PORT", "QUILT_MCP_JWT_KEYS", "AWS_REGION"))
    assert done.stderr == ""


def test_sigterm_lets_running_requests_finish_and_exits_0(start: Start) -> None:
    process, server = start()
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    with socket.create_connection(("127.0.0.1", server.http.base_url.port or 0), timeout=10) as raw:
        raw.sendall(
            f"POST /mcp HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token()}\r\nAccept: application/json\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body[:10]}".encode()
        )
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert refuses_connections(server.http.base_url.port or 0)
        assert process.poll() is None
        raw.sendall(body[10:].encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert process.wait(10) == 0


def test_limits_of_time_are_in_order() -> None:
    """A tool ends before the balancer gives up, the balancer lets go of a connection before we do, ECS waits for us."""
    longest = {**environment(), "QUILT_MCP_TOOL_TIMEOUT": "50"}
    with pytest.raises(ConfigError):
        load(longest | {"QUILT_MCP_TOOL_TIMEOUT": "51"})
    balancer = 60  # seconds, as Elastic Load Balancing has it unless it is changed
    assert load(environment()).tool_timeout <= load(longest).tool_timeout < balancer < KEEP_ALIVE
    defaults = (SOURCE.parents[1] / "roles/ecs_service/defaults/main.yml").read_text()
    (stop_timeout,) = re.findall(r"^ecs_service_stop_timeout: (\d+)$", defaults, re.MULTILINE)
    assert int(stop_timeout) > GRACE


def test_the_limits_of_time_are_the_web_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {}
    monkeypatch.setattr("uvicorn.run", lambda _, **given: options.update(given))
    serve(load(environment()))
    assert (options["timeout_keep_alive"], options["timeout_graceful_shutdown"]) == (KEEP_ALIVE, GRACE)


class HeldBucket:
    """S3 with one object and no package, that holds a write until it is let go."""

    def __init__(self) -> None:
        self.writing, self.go_on = threading.Event(), threading.Event()
        self.written: list[str] = []
        self.app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "HEAD", "PUT", "POST"])])

    async def answer(self, request: Request) -> Response:
        path = request.path_params["path"]
        if request.method == "PUT":
            await request.body()
            self.writing.set()
            await asyncio.to_thread(self.go_on.wait)
            self.written.append(path)
            return Response(headers={"ETag": '"e"'})
        if not path.endswith("data.csv"):
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        checksum = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
        described = f"<GetObjectAttributesResponse><ObjectSize>1</ObjectSize><Checksum><ChecksumSHA256>{checksum}"
        described += "</ChecksumSHA256></Checksum></GetObjectAttributesResponse>"
        return Response(
            described if "attributes" in request.url.query else b"x",
            headers={"ETag": '"e"', "Last-Modified": "Sun, 22 Nov 2026 12:00:00 GMT"},
        )


def test_a_package_that_is_being_pushed_at_sigterm_is_pushed(start: Start) -> None:
    """Its manifest first and its tags behind it: all of it, or the caller would not know how much."""
    bucket = HeldBucket()
    with serving(bucket.app) as url:
        process, server = start(AWS_ENDPOINT_URL=url)
        entries = [{"s3_uri": "s3://quilt-example/data.csv"}]
        asked = {"registry": "quilt-example", "package_name": "a/b", "entries": entries}
        with ThreadPoolExecutor(1) as caller:
            try:
                answer = caller.submit(server.call, "package_create", asked)
                assert bucket.writing.wait(20), answer.exception(1)
                process.send_signal(signal.SIGTERM)
                assert refuses_connections(server.http.base_url.port or 0)
                assert not bucket.written
            finally:
                bucket.go_on.set()
            pushed = answer.result(20)
        assert process.wait(10) == 0
    assert pushed["written"] is True
    assert len(bucket.written) == 3
    assert bucket.written[0].endswith(f".quilt/packages/{pushed['top_hash']}")


def test_a_push_that_takes_too_long_after_sigterm_is_told(start: Start) -> None:
    """The answer says that nobody knows how far it went, and not that something crashed."""
    bucket = HeldBucket()
    with serving(bucket.app) as url:
        process, server = start(HASTY, AWS_ENDPOINT_URL=url)
        entries = [{"s3_uri": "s3://quilt-example/data.csv"}]
        arguments = {"registry": "quilt-example", "package_name": "a/b", "entries": entries}
        call = {"name": "package_create", "arguments": arguments}
        with ThreadPoolExecutor(1) as caller:
            try:
                message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
                answer = caller.submit(server.post, message)
                assert bucket.writing.wait(20), answer.exception(1)
                process.send_signal(signal.SIGTERM)
                told = answer.result(20)
            finally:
                bucket.go_on.set()
        output, _ = process.communicate(timeout=20)
    assert (told.status_code, told.json()["error"]) == (503, "stopped")
    assert [line["outcome"] for line in lines(output) if line["message"] == "request"] == ["stopped"]
    assert "Traceback" not in output and process.returncode == 0


def refuses_connections(port: int) -> bool:
    """Whether nobody listens any more, at the latest in ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return True
        time.sleep(0.05)
    return False


def test_sigterm_before_the_server_serves_exits_0() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "quilt_mcp_server"],
        env=run_environment(QUILT_MCP_HOST="127.0.0.1", QUILT_MCP_PORT=str(free_port())),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "starting" in process.stdout.readline()
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()


def test_the_health_check(start: Start) -> None:
    _, server = start()
    check = [sys.executable, "-m", "quilt_mcp_server.healthcheck"]
    port = str(server.http.base_url.port)
    assert subprocess.run(check, env=run_environment(QUILT_MCP_PORT=port)).returncode == 0
    assert subprocess.run(check, env=run_environment(QUILT_MCP_PORT=str(free_port()))).returncode == 1


def test_a_busy_port_is_a_failure_that_is_said(start: Start) -> None:
    _, server = start()
    env = run_environment(QUILT_MCP_HOST="127.0.0.1", QUILT_MCP_PORT=str(server.http.base_url.port))
    done = subprocess.run([sys.executable, "-m", "quilt_mcp_server"], env=env, capture_output=True, text=True)
    assert done.returncode not in (0, 78)
    assert "address already in use" in done.stdout


def test_the_log_tells_what_happened_and_no_secret(start: Start) -> None:
    process, server = start(QUILT_MCP_LOG_LEVEL="debug")
    good, bad = token(sub="carol"), token(KEY[::-1])
    server.rpc(
        "tools/call",
        {"name": "bucket_objects_list", "arguments": {"bucket": "quilt-example"}},
        Authorization=f"Bearer {good}",
        X_Amzn_Trace_Id="Root=1-67891233-abcdef012345678912345678",
    )
    server.fail("bucket_objects_list", {"bucket": f"Bearer {good}"}, Authorization=f"Bearer {good}")
    server.fail("bucket_object_text", {"s3_uri": f"s3://quilt-example/{good}"}, Authorization=f"Bearer {good}")
    server.post({}, Authorization=f"Bearer {bad}")
    server.post({}, f"/mcp?access_token={good}", Authorization="")
    server.post({}, Host=f"{good}.example")
    server.post({}, f"/mcp/{good}")
    server.fail(good, Authorization=f"Bearer {good}")
    server.post({"jsonrpc": "2.0", "id": 1, "method": good}, Authorization=f"Bearer {good}")
    process.terminate()
    output, _ = process.communicate(timeout=10)
    for secret in (good, bad, KEY, OTHER_KEY, good.split(".")[2]):
        assert secret not in output
    written = lines(output)
    first = next(line for line in written if line.get("method") == "tools/call")
    assert first["subject"] == "carol"
    assert first["tool"] == "bucket_objects_list"
    assert first["trace_id"] == "Root=1-67891233-abcdef012345678912345678"
    assert (first["status"], first["outcome"]) == (200, "ok")
    assert first["duration_ms"] > 0 and first["bytes"] > 50 and len(first["request_id"]) == 32
    assert any(line.get("outcome") == "invalid_token" and line["status"] == 401 for line in written)


def test_no_link_and_no_key_of_aws_is_in_the_log(start: Start, s3: Any) -> None:
    """At the level where libraries tell most: a presigned URL is as good as the object."""
    s3.put_object(Bucket="quilt-example", Key="k", Body=b"v")
    process, server = start(QUILT_MCP_LOG_LEVEL="debug", AWS_SECRET_ACCESS_KEY="very-secret-key")
    url = server.call("bucket_object_link", {"s3_uri": "s3://quilt-example/k"})["url"]
    # As a caller may send it back, in an argument and in the path.
    server.fail("bucket_object_text", {"s3_uri": f"s3://quilt-example/{url}"})
    server.post({}, f"/mcp/{url.partition('?')[2]}")
    process.terminate()
    output, _ = process.communicate(timeout=10)
    assert lines(output)
    for secret in (url, url.rpartition("X-Amz-Signature=")[2], "very-secret-key"):
        assert secret not in output


def test_subjects_are_hashed_on_request(start: Start) -> None:
    process, server = start(QUILT_MCP_LOG_SUBJECT="hashed")
    server.call("whoami", Authorization=f"Bearer {token(sub='carol')}")
    process.terminate()
    output, _ = process.communicate(timeout=10)
    assert "carol" not in output
    assert any(len(line.get("subject", "")) == 16 for line in lines(output))


def test_the_line_of_a_tool_call_is_a_data_point(start: Start) -> None:
    process, server = start()
    server.call("whoami")
    server.fail("bucket_objects_list", {"bucket": "quilt-secret"})
    server.rpc("ping")
    process.terminate()
    output, _ = process.communicate(timeout=10)
    written = [line for line in lines(output) if line["message"] == "request"]
    assert [(line.get("tool"), line.get("failures"), line.get("crashes")) for line in written] == [
        ("whoami", 0, 0),
        ("bucket_objects_list", 1, 0),
        (None, None, None),
    ]
    (definition,) = written[0]["_aws"]["CloudWatchMetrics"]
    for name in [metric["Name"] for metric in definition["Metrics"]] + definition["Dimensions"][0]:
        assert name in written[0], name
    assert "_aws" not in written[2]


def test_metrics_can_be_switched_off(start: Start) -> None:
    process, server = start(QUILT_MCP_METRICS="none")
    server.call("whoami")
    process.terminate()
    assert "_aws" not in process.communicate(timeout=10)[0]
