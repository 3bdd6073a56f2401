"""Values from callers in the log: truncated, without secrets, and fast with malicious input."""

import json
import logging
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import HOST, KEY, OTHER_KEY, Running, token
from server_process import Start, lines

from quilt_mcp_server.telemetry.logs import MAXIMUM_MESSAGE, MAXIMUM_TRACE, JsonFormatter, access_log, redact

# For each part of the pattern, what an earlier one read again from every third character on.
HOSTILE = ("eyJ", "eyJ.", "eyJaaaaaaaaaa.", "bearer ", "bearer", " bearer  ", "x-amz-signature=", "x-amz-signature=&")


class Lines(logging.Handler):
    """Lines of the log as they are written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def written() -> Iterator[Lines]:
    """The access log of the server in this process."""
    lines = Lines()
    level = access_log.level
    access_log.addHandler(lines)
    access_log.setLevel(logging.INFO)
    yield lines
    access_log.removeHandler(lines)
    access_log.setLevel(level)


def seconds(call: Callable[[], object]) -> float:
    """The CPU time of the fastest of some calls."""
    found = []
    for _ in range(3):
        begin = time.process_time()
        call()
        found.append(time.process_time() - begin)
    return min(found)


@pytest.mark.parametrize("piece", HOSTILE)
def test_redaction_takes_time_in_proportion_to_the_text(piece: str) -> None:
    short, long = (piece * (size // len(piece)) for size in (4000, 64_000))
    # Sixteen times the text: 16 times as long, not 256 times. What is too fast to measure is fast enough.
    assert seconds(lambda: redact(long)) < max(64 * seconds(lambda: redact(short)), 0.1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bearer abc.def more", "Bearer [redacted] more"),
        ("at /eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln x", "at /[redacted] x"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWI", "[redacted]"),
        ("x_eyJhbGciOiJIUzI1NiJ9", "x_[redacted]"),
        ("?X-Amz-Signature=abc&b=c", "?X-Amz-Signature=[redacted]&b=c"),
        ("a keyJ, a keyJam and KEYJABCDEFGHIJKL", "a keyJ, a keyJam and KEYJABCDEFGHIJKL"),
    ],
)
def test_what_is_redacted(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_messages_and_traces_are_cut_to_where_they_say_most() -> None:
    secret = token()
    try:
        raise ValueError(f"{secret} " + "y" * 1_000_000 + " the end")
    except ValueError:
        record = logging.LogRecord("a", logging.ERROR, "", 1, "x" * 1_000_000, (), sys.exc_info())
    line = json.loads(JsonFormatter().format(record))
    assert MAXIMUM_MESSAGE < len(line["message"]) < MAXIMUM_MESSAGE + 40
    assert line["message"].endswith("(1000000 characters)")
    assert len(line["exception"]) == MAXIMUM_TRACE and line["exception"].endswith("the end")


def test_a_secret_that_a_trace_is_cut_in_is_redacted() -> None:
    secret = token()
    try:
        raise ValueError(secret + "." + "y " * ((MAXIMUM_TRACE - 20) // 2))
    except ValueError:
        record = logging.LogRecord("a", logging.ERROR, "", 1, "x", (), sys.exc_info())
    assert secret[-20:] not in JsonFormatter().format(record)


@pytest.mark.parametrize("authorized", [False, True])
def test_a_path_is_cut(server: Running, written: Lines, authorized: bool) -> None:
    """Of 60 kB, which made the server look at it for seconds, without a token."""
    header = f"Authorization: Bearer {token()}\r\n" if authorized else ""
    with socket.create_connection(("127.0.0.1", server.http.base_url.port or 0), timeout=20) as raw:
        raw.sendall(b"GET /" + b"eyJ" * 18_000 + f" HTTP/1.1\r\nHost: {HOST}\r\n{header}\r\n".encode())
        assert b" 404 " in raw.recv(100)
    assert len(written.lines[-1]) < 800


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
@pytest.mark.parametrize("request_id", [1, None])
def test_a_method_that_nobody_knows_is_logged_as_unknown(
    server: Running, written: Lines, version: str, request_id: int | None
) -> None:
    message = {"jsonrpc": "2.0", "id": request_id, "method": "eyJ" * 50_000}
    body = {name: value for name, value in message.items() if value is not None}
    server.post(body, MCP_Protocol_Version=version)
    line = json.loads(written.lines[-1])
    assert line["message"] == "request" and line.get("method") in ("unknown", None)
    assert len(written.lines[-1]) < 800


def test_a_method_that_is_known_is_logged(server: Running, written: Lines) -> None:
    server.rpc("ping")
    server.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert [json.loads(line)["method"] for line in written.lines] == ["ping", "notifications/initialized"]


def test_a_long_subject_is_cut(server: Running, written: Lines) -> None:
    server.rpc("ping", Authorization=f"Bearer {token(sub='s' * 5000)}")
    assert json.loads(written.lines[-1])["subject"] == "s" * 256 + "... (5000 characters)"


def test_the_log_shows_what_happened_and_no_secret(start: Start) -> None:
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
    server.post({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": good}})
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
    """At the level where libraries log most: a presigned URL is as good as the object."""
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
