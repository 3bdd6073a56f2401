"""A headless Chromium that opens a page, and what the page reports of itself.

Needs the standard library alone: the sandbox's tests use it from another environment.
"""

import contextlib
import json
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

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


class _Pages(BaseHTTPRequestHandler):
    """Serves the page and takes its report."""

    reports: "queue.Queue[Any]"

    def do_GET(self) -> None:
        body = PAGE.read_bytes() if self.path == "/" else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.reports.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the tests' output is not the place."""


@contextmanager
def origin() -> Iterator[tuple[str, "queue.Queue[Any]"]]:
    """An origin that serves the page, and what the page reports."""
    reports: queue.Queue[Any] = queue.Queue()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Pages", (_Pages,), {"reports": reports}))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        # A name of its own: another site for the browser, not only another port.
        yield f"http://localhost:{server.server_port}", reports
    finally:
        server.shutdown()
        server.server_close()


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
