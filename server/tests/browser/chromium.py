"""A headless Chromium that opens a page, and what the page reports of itself."""

import contextlib
import json
import queue
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from stub import serving

PAGE = Path(__file__).with_name("page.html")
# Without the background flags Chromium calls home at each start.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 60


def program() -> str | None:
    """The installed Chromium, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def origin() -> Iterator[tuple[str, "queue.Queue[Any]"]]:
    """An origin that serves the page, and what the page reports."""
    reports: queue.Queue[Any] = queue.Queue()

    async def page(_: Request) -> Response:
        return HTMLResponse(PAGE.read_text())

    async def report(request: Request) -> Response:
        reports.put(await request.json())
        return Response(status_code=204)

    with serving(Starlette(routes=[Route("/", page), Route("/report", report, methods=["POST"])])) as url:
        # A name of its own: another site for the browser, not only another port.
        yield url.replace("127.0.0.1", "localhost"), reports


def visit(url: str, reports: "queue.Queue[Any]", settings: dict[str, str], flags: Sequence[str] = ()) -> Any:
    """Open the page with these settings and wait for its report."""
    chromium = program()
    assert chromium is not None
    address = f"{url}/#{quote(json.dumps(settings))}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [chromium, *FLAGS, *flags, f"--user-data-dir={profile}", "--remote-debugging-port=0", address],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            return reports.get(timeout=SECONDS)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
