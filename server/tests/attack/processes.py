"""The server as a separate process, so that its memory can be measured."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import Running, environment, free_port

SOURCE = Path(__file__).parents[2] / "src"


class Process(Running):
    """The running server and what the kernel says of it."""

    def __init__(self, port: int, pid: int) -> None:
        super().__init__(port)
        self.pid = pid
        self._status = Path(f"/proc/{pid}/status")

    def open_files(self) -> int:
        """Files and connections that are open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def peak(self) -> float:
        """The most memory that was resident at any time, MiB."""
        lines = self._status.read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:"))) / 1024


@contextmanager
def process(**changes: str) -> Iterator[Process]:
    """The server with changes to a complete environment, until the block ends."""
    port = free_port()
    values = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), "AWS_ACCESS_KEY_ID": "ambient"}
    values |= {"AWS_SECRET_ACCESS_KEY": "ambient", "QUILT_MCP_HOST": "127.0.0.1", "QUILT_MCP_PORT": str(port)}
    server = subprocess.Popen(
        [sys.executable, "-m", "quilt_mcp_server"], env=values | environment(**changes), stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while not _listens(port):
            assert server.poll() is None and time.monotonic() < deadline, "the server did not start"
            time.sleep(0.05)
        yield Process(port, server.pid)
    finally:
        server.terminate()
        server.wait(30)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
