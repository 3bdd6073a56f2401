"""An AWS account of the sandbox for one contender: its state, its calls, its answers' delay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.access_keys import DEPLOYER_KEY, PLATFORM_KEY
from sandbox.cli.environment import scrubbed
from sandbox.clients import Clients
from sandbox.seed.sales_prod import SALES_PROD

ROOT = Path(__file__).parents[2]
Document = dict[str, Any]
ROUTE = "/_platform/bench"
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Call:
    """An AWS call of the deployer."""

    service: str
    operation: str
    write: bool

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


class Sandbox:
    """The account at a URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.platform = Clients(url, SALES_PROD.region, PLATFORM_KEY)

    def mark(self) -> int:
        """Where `calls` begins later."""
        return int(self._ask(do="calls", since=sys.maxsize)["mark"])

    def calls(self, since: int) -> list[Call]:
        """The deployer's calls after a mark."""
        found = self._ask(do="calls", since=since)["calls"]
        return [
            Call(one["service"], one["operation"], one["write"]) for one in found if one["access_key"] == DEPLOYER_KEY
        ]

    def delay(self, seconds: float) -> None:
        """Answer each call so many seconds later."""
        self._ask(do="delay", seconds=seconds)

    def resources(self) -> Document:
        """Every resource by its key, with its document."""
        found: Document = self._ask(do="resources")["resources"]
        return found

    def save(self, state: str) -> None:
        """Remember the account as it is."""
        self._ask(do="save", state=state)

    def restore(self, state: str) -> None:
        """Bring the account back to what was saved under this name."""
        self._ask(do="restore", state=state)

    def _ask(self, **request: Any) -> Document:
        with _opener.open(self.url + ROUTE, json.dumps(request).encode(), timeout=60) as answer:
            found: Document = json.load(answer)
        return found


@contextmanager
def running() -> Iterator[Sandbox]:
    """An account with the stack sales-prod."""
    environment = scrubbed(os.environ) | {"SANDBOX_SPEED": "10"}
    command = [sys.executable, "-m", "bench.speed.control"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin and process.stdout
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"The sandbox did not start; run {' '.join(command)} to see why.")
        try:
            yield Sandbox(json.loads(line)["url"])
        finally:
            process.stdin.close()
