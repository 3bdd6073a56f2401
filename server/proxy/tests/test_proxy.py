"""quilt-mcp-proxy over real stdio: the official SDK's client, the real server over HTTP, and servers that fail."""

import asyncio
import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

import pytest
from conftest import KEY, token
from local_http import free_port, serving
from mcp import MCPError
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

SOURCE = Path(__file__).parents[1] / "src"
ERAS = pytest.mark.parametrize("era", ["legacy", "2026-07-28", "auto"])
Answer = Callable[[Request, dict[str, Any]], Any]


@pytest.fixture
def errors(tmp_path: Path) -> Iterator[TextIO]:
    with (tmp_path / "stderr").open("w+") as file:
        yield file


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(token() + "\n")
    return path


def arguments(url: str, *more: str) -> list[str]:
    return ["-m", "quilt_mcp_proxy", "--url", f"{url}/mcp", *more]


def client(url: str, era: str, errors: TextIO, *more: str) -> Client:
    command = StdioServerParameters(command=sys.executable, args=arguments(url, *more), env={"PYTHONPATH": str(SOURCE)})
    return Client(stdio_client(command, errlog=errors), mode=era)


def said(errors: TextIO) -> str:
    errors.seek(0)
    return errors.read()


@ERAS
async def test_both_eras_pass_through(upstream: str, token_file: Path, errors: TextIO, era: str) -> None:
    async with client(upstream, era, errors, "--token-file", str(token_file)) as mcp:
        assert {"whoami", "bucket_list"} <= {tool.name for tool in (await mcp.list_tools()).tools}
        read = await mcp.call_tool("bucket_object_text", {"s3_uri": "s3://quilt-example/hello.txt"})
        refused = await mcp.call_tool("bucket_objects_list", {"bucket": "quilt-secret"})
        with pytest.raises(MCPError) as unknown:
            await mcp.get_prompt("no-such-prompt")
    assert read.structured_content is not None and read.structured_content["text"] == "grüezi\n"
    assert refused.is_error
    assert unknown.value.error.code in (-32602, -32601, -32603, 0)
    assert said(errors) == ""


async def test_requests_are_answered_at_once_with_one_token(upstream: str, tmp_path: Path, errors: TextIO) -> None:
    (tmp_path / "token").write_text(token())
    command = f"echo called >> {shlex.quote(str(tmp_path / 'calls'))}; cat {shlex.quote(str(tmp_path / 'token'))}"
    async with client(upstream, "2026-07-28", errors, "--token-command", command) as mcp:
        answers = await asyncio.gather(*(mcp.call_tool("whoami", {}) for _ in range(40)))
    assert [answer.structured_content["subject"] for answer in answers if answer.structured_content] == ["alice"] * 40
    assert (tmp_path / "calls").read_text() == "called\n"


async def test_a_token_is_replaced_before_it_expires(upstream: str, token_file: Path, errors: TextIO) -> None:
    token_file.write_text(token(sub="first", exp=int(time.time()) + 20))
    async with client(upstream, "legacy", errors, "--token-file", str(token_file)) as mcp:
        first = await mcp.call_tool("whoami", {})
        token_file.write_text(token(sub="second"))
        second = await mcp.call_tool("whoami", {})
        token_file.write_text(token(sub="third"))
        still_second = await mcp.call_tool("whoami", {})
    subjects = [
        answer.structured_content["subject"] for answer in (first, second, still_second) if answer.structured_content
    ]
    assert subjects == ["first", "second", "second"]


async def test_a_refused_token_is_read_again_and_never_printed(upstream: str, token_file: Path, errors: TextIO) -> None:
    good, bad = token(), token(KEY[::-1])
    async with client(upstream, "legacy", errors, "--token-file", str(token_file)) as mcp:
        await mcp.call_tool("whoami", {})
        token_file.write_text(bad)
        # The good one is kept until it is refused or expires.
        await mcp.call_tool("whoami", {})
    token_file.write_text(bad)
    async with client(upstream, "2026-07-28", errors, "--token-file", str(token_file)) as mcp:
        with pytest.raises(MCPError, match=r"answered 401: the token's signature does not match: it wants a valid"):
            await mcp.call_tool("whoami", {})
        token_file.write_text(good)
        assert not (await mcp.call_tool("whoami", {})).is_error
        token_file.unlink()
        assert not (await mcp.call_tool("whoami", {})).is_error
    printed = said(errors)
    assert "401" in printed
    for secret in (good, bad, good.split(".")[2], bad.split(".")[2]):
        assert secret not in printed


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (("--token-file", "/nonexistent/token"), "the token file /nonexistent/token cannot be read: No such file"),
        (("--token-command", "exit 3"), "the token command ended with exit code 3"),
        (("--token-command", "true"), "found 0 characters"),
        (("--token-command", "echo two words"), "it must be one word"),
    ],
    ids=["no file", "exit code", "nothing", "words"],
)
async def test_without_a_token_nothing_is_asked(
    upstream: str, errors: TextIO, how: tuple[str, str], sentence: str
) -> None:
    async with client(upstream, "2026-07-28", errors, *how) as mcp:
        with pytest.raises(MCPError, match=sentence):
            await mcp.list_tools()


def exchange(url: str, lines: str, *more: str) -> tuple[list[dict[str, Any]], str]:
    """What the proxy answers to these lines, message by message, and what it says to people."""
    done = subprocess.run(
        [sys.executable, *arguments(url, *more)],
        input=lines, capture_output=True, text=True, timeout=60, env={"PYTHONPATH": str(SOURCE)}, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def request(identity: Any, method: str = "ping", **params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params}) + "\n"


def test_standard_output_carries_messages_only(upstream: str, token_file: Path) -> None:
    notification = json.dumps({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"}) + "\n"
    lines = "this is not JSON\n\n" + "[]\n" + notification + request("ä") + request(7)
    answers, printed = exchange(upstream, lines, "--token-file", str(token_file))
    assert sorted(str(answer["id"]) for answer in answers) == ["7", "None", "None", "ä"]
    assert [answer["error"]["code"] for answer in answers if answer["id"] is None] == [-32700, -32600]
    assert len(printed.splitlines()) == 2


def test_a_server_that_is_not_there_is_an_error_for_each_request() -> None:
    answers, printed = exchange(f"http://127.0.0.1:{free_port()}", request(1) + request(2))
    assert {answer["id"] for answer in answers} == {1, 2}
    for answer in answers:
        assert answer["error"]["code"] == -32000 and "cannot be reached" in answer["error"]["message"]
    assert "cannot be reached" in printed and "Traceback" not in printed


@pytest.mark.parametrize(
    ("arguments_", "fault"),
    [
        (["--url", "demo.quiltdata.com/mcp"], "--url must be like https://"),
        (["--url", "http://demo.quiltdata.com/mcp"], "--url must be https://"),
        (["--url", "https://demo.quiltdata.com/mcp", "--ca-file", "/nonexistent.pem"], "--ca-file /nonexistent.pem"),
        (["--url", "https://demo.quiltdata.com/mcp", "--token-file", "a", "--token-command", "b"], "not allowed with"),
        ([], "--url (or QUILT_MCP_URL) is missing"),
    ],
)
def test_a_wrong_command_line_is_said(arguments_: list[str], fault: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "quilt_mcp_proxy", *arguments_],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env={"PYTHONPATH": str(SOURCE)},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert fault in done.stderr and "Traceback" not in done.stderr


@contextmanager
def server_that(answer: Answer) -> Iterator[str]:
    """A server that answers every POST with what `answer` makes of it."""

    async def endpoint(asked: Request) -> Response:
        made = answer(asked, await asked.json())
        response: Response = await made if asyncio.iscoroutine(made) else made
        return response

    with serving(Starlette(routes=[Route("/mcp", endpoint, methods=["POST"])])) as url:
        yield url


def result(message: dict[str, Any], **content: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": message.get("id"), "result": content}


@pytest.mark.parametrize(
    ("response", "sentence"),
    [
        (HTMLResponse("<h1>Bad gateway</h1>", 502), "answered 502: no task of the server answers"),
        (
            JSONResponse({"error": "overloaded", "error_description": "256 requests"}, 503),
            "503: 256 requests: it is ov",
        ),
        (
            JSONResponse({"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": "256 requests"}}, 503),
            "503: 256 requests: it is ov",
        ),
        (RedirectResponse("https://elsewhere.example/mcp"), "redirects to 'https://elsewhere.example/mcp'"),
        (HTMLResponse("<html>", 200), "answered 200: that is not an answer of an MCP server"),
        (Response(status_code=202), "ended its answer before the result"),
        (StreamingResponse(iter([b": ping\n\n"]), media_type="text/event-stream"), "ended its answer before"),
        (StreamingResponse(iter([b"data: {oops\n\n"]), media_type="text/event-stream"), "could not be forwarded"),
    ],
    ids=["502", "503", "503 of JSON-RPC", "redirect", "page", "202", "cut stream", "broken stream"],
)
def test_what_is_not_mcp_is_an_error_with_a_sentence(response: Response, sentence: str) -> None:
    with server_that(lambda asked, message: response) as url:
        (answer,), _ = exchange(url, request(1))
    assert answer["id"] == 1 and sentence in answer["error"]["message"]


def test_an_error_of_the_server_is_handed_on_as_it_is() -> None:
    error = {"code": -32022, "message": "unsupported", "data": {"supported": ["2026-07-28"]}}
    with server_that(lambda asked, message: JSONResponse({"jsonrpc": "2.0", "id": None, "error": error}, 400)) as url:
        (answer,), _ = exchange(url, request("one"))
    assert answer == {"jsonrpc": "2.0", "id": "one", "error": error}


def test_notifications_of_a_stream_come_before_its_result() -> None:
    def stream(asked: Request, message: dict[str, Any]) -> Response:
        progress = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progress": 1}}
        events = [f"event: message\r\ndata: {json.dumps(part)}\r\n\r\n" for part in (progress, result(message))]
        return StreamingResponse(iter(events), media_type="text/event-stream")

    with server_that(stream) as url:
        answers, _ = exchange(url, request(1))
    assert [answer.get("method", "result") for answer in answers] == ["notifications/progress", "result"]


def test_headers_of_both_eras() -> None:
    seen: list[tuple[str, dict[str, str]]] = []
    tool = {
        "name": "t",
        "inputSchema": {"type": "object", "properties": {"b": {"type": "string", "x-mcp-header": "B"}}},
    }

    def answer(asked: Request, message: dict[str, Any]) -> Response:
        seen.append((message["method"], {name: value for name, value in asked.headers.items() if "mcp-" in name}))
        return JSONResponse(result(message, protocolVersion="2025-11-25", tools=[tool]))

    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
    legacy = request(1, "initialize") + request(2, "tools/call", name="t")
    modern = request(3, "tools/list", _meta=meta)
    with server_that(answer) as url:
        exchange(url, legacy)
        exchange(url, request(4, "tools/call", name="tä", _meta=meta))
        with subprocess.Popen(
            [sys.executable, *arguments(url)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PYTHONPATH": str(SOURCE)},
        ) as process:  # fmt: skip
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(modern)
            process.stdin.flush()
            process.stdout.readline()
            process.stdin.write(request(5, "tools/call", name="t", arguments={"b": "x"}, _meta=meta))
            process.stdin.close()
            process.wait(20)
    version = {"mcp-protocol-version": "2026-07-28"}
    assert seen == [
        ("initialize", {}),
        ("tools/call", {"mcp-protocol-version": "2025-11-25"}),
        ("tools/call", version | {"mcp-method": "tools/call", "mcp-name": "=?base64?dMOk?="}),
        ("tools/list", version | {"mcp-method": "tools/list"}),
        ("tools/call", version | {"mcp-method": "tools/call", "mcp-name": "t", "mcp-param-b": "x"}),
    ]


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
def test_a_cancelled_request_is_closed_and_not_answered(era: str) -> None:
    sent: list[str] = []
    closed: list[bool] = []

    async def answer(asked: Request, message: dict[str, Any]) -> Response:
        sent.append(message["method"])
        if message["method"] == "slow":
            for _ in range(500):
                await asyncio.sleep(0.02)
                if await asked.is_disconnected():
                    closed.append(True)
                    break
        if "id" not in message:
            return Response(status_code=202)
        return JSONResponse(result(message, protocolVersion="2025-11-25"))

    with server_that(answer) as url, ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, *arguments(url)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={"PYTHONPATH": str(SOURCE)},
            )
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "one"}}
        if era == "legacy":
            process.stdin.write(request(0, "initialize"))
        process.stdin.write(request("one", "slow"))
        process.stdin.flush()
        deadline = time.monotonic() + 20
        while "slow" not in sent and time.monotonic() < deadline:
            time.sleep(0.02)
        process.stdin.write(json.dumps(cancel) + "\n" + request(2))
        process.stdin.close()
        answers = [json.loads(line)["id"] for line in process.stdout]
    assert answers == ([0, 2] if era == "legacy" else [2])
    assert closed == [True]
    assert ("notifications/cancelled" in sent) == (era == "legacy")
