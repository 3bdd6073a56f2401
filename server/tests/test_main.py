"""The process: start, signals, exit codes."""

import asyncio
import base64
import hashlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from conftest import HOST, free_port, token
from server_process import Start, lines, refuses_connections, run_environment
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from stub import serving

HASTY = (
    "-c",
    "from quilt_mcp_server import __main__; from quilt_mcp_server.transport import uvicorn_protocol; "
    "uvicorn_protocol.GRACE = 1; __main__.main()",
)


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


def test_a_push_that_takes_too_long_after_sigterm_is_reported(start: Start) -> None:
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
                stopped = answer.result(20)
            finally:
                bucket.go_on.set()
        output, _ = process.communicate(timeout=20)
    assert (stopped.status_code, stopped.json()["error"]["data"]["reason"]) == (503, "stopped")
    assert [line["outcome"] for line in lines(output) if line["message"] == "request"] == ["stopped"]
    assert "Traceback" not in output and process.returncode == 0


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


def test_a_busy_port_is_a_failure_that_is_said(start: Start) -> None:
    _, server = start()
    env = run_environment(QUILT_MCP_HOST="127.0.0.1", QUILT_MCP_PORT=str(server.http.base_url.port))
    done = subprocess.run([sys.executable, "-m", "quilt_mcp_server"], env=env, capture_output=True, text=True)
    assert done.returncode not in (0, 78)
    assert "address already in use" in done.stdout
