"""Health and readiness."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from conftest import KEY, Running, token
from starlette.requests import Request

from quilt_mcp_server.health import MAXIMUM_WAITING, Readiness


@pytest.mark.parametrize("path", ["/healthz", "/mcp/healthz"])
@pytest.mark.parametrize("host", ["10.0.1.17:8000", "localhost", "anything.example"])
def test_health_needs_neither_token_nor_host(server: Running, path: str, host: str) -> None:
    response = server.http.get(path, headers={"Host": host})
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readiness_asks_sts_and_details_are_for_the_authorized(server: Running) -> None:
    assert server.http.get("/readyz").json() == {"status": "ok"}
    answer = server.http.get("/readyz", headers={"Authorization": f"Bearer {token()}"}).json()
    assert answer["checks"] == {"keys": "ok", "sts": "ok"}
    assert server.http.get("/readyz", headers={"Authorization": f"Bearer {token(KEY[::-1])}"}).json() == {
        "status": "ok"
    }


def test_readiness_is_503_when_sts_cannot_be_reached(serve: Callable[..., Running], monkeypatch: Any) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    response = serve().http.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "not ready"})


async def test_few_wait_for_readiness_and_it_is_asked_once() -> None:
    asked, answer = 0, asyncio.Event()

    async def check() -> None:
        nonlocal asked
        asked += 1
        await answer.wait()

    request = Request({"type": "http", "headers": []})
    readiness = Readiness(None, check)
    tasks = [asyncio.create_task(readiness.answer(request)) for _ in range(100)]
    done, waiting = await asyncio.wait(tasks, timeout=0.2)
    assert len(waiting) == MAXIMUM_WAITING
    assert {task.result().status_code for task in done} == {503}
    answer.set()
    assert {(await task).status_code for task in waiting} == {200}
    assert (await readiness.answer(request)).status_code == 200 and asked == 1
