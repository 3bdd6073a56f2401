"""The process of one account: the sandbox's AWS APIs, with simulated tasks that are healthy at once.

It says its URL in one line of JSON, and ends when its standard input does.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bench.speed.sandbox import ROUTE
from sandbox.account import Account
from sandbox.dataplane.context import Context
from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.simulated import SimulatedEngine
from sandbox.emulator.control_plane import ControlPlane
from sandbox.emulator.lock import api_lock
from sandbox.emulator.snapshot import Snapshot
from sandbox.network import AddressBook
from sandbox.seed.lay import Seed
from sandbox.seed.sales_prod import SALES_PROD
from sandbox.tls import Certificates

Document = dict[str, Any]


class Control:
    """Keeps named states of the account and delays its answers."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._states: dict[str, Snapshot] = {}
        self._actions: dict[str, Callable[[Document], Document]] = {
            "calls": self._calls,
            "delay": self._delay,
            "resources": self._resources,
            "restore": self._restore,
            "save": self._save,
        }

    def __call__(self, environ: Document, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI: do what the request's document asks for."""
        request = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        body = json.dumps(self._actions[request["do"]](request)).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _calls(self, request: Document) -> Document:
        """The calls after a mark."""
        return {"mark": self._plane.mark(), "calls": [vars(call) for call in self._plane.calls(request["since"])]}

    def _delay(self, request: Document) -> Document:
        """Answer each call so many seconds later."""
        self._plane.faults.clear()
        if seconds := request["seconds"]:
            self._plane.faults.add("*", "*", "before", times=None, callback=lambda: time.sleep(seconds))
        return {}

    def _resources(self, _request: Document) -> Document:
        """Every resource of the account by its key, with its document."""
        found = {key: document for key, document, _ in Account(self._plane.platform).read()}
        return {"resources": json.loads(json.dumps(found, default=str))}

    def _restore(self, request: Document) -> Document:
        with api_lock:
            self._states[request["state"]].restore()
        return {}

    def _save(self, request: Document) -> Document:
        with api_lock:
            self._states[request["state"]] = Snapshot()
        return {}


def main() -> None:
    """Run until the reader closes the stream."""
    with tempfile.TemporaryDirectory() as folder, ControlPlane(Seed(SALES_PROD)) as plane:
        nowhere = Path(folder) / "none"
        context = Context(
            home=Path(folder),
            home_id=f"bench-{os.getpid()}",
            account_id=plane.account_id,
            region=plane.region,
            endpoint_url=plane.url,
            aws_socket=nowhere,
            addresses=AddressBook(),
            certificates=Certificates(nowhere, nowhere, nowhere),
            credentials=plane.credentials,
            routes=plane.routes,
            registry=None,
            registry_auth=None,
            engine="process",
        )
        plane.routes[ROUTE] = Control(plane)
        launcher = FargateLauncher(context, SimulatedEngine())
        launcher.start()
        Account(plane.platform).foreign()  # the others' services settle at the first look
        print(json.dumps({"url": plane.url}), flush=True)
        sys.stdin.read()
        launcher.stop()


if __name__ == "__main__":
    main()
