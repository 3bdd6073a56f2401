"""ControlPlane: start it, point an SDK at `.url`, read back what was called."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import Any, Protocol

# moto reads these once, when its modules are imported: no EC2 image catalog, AWS's own IAM policies, no wait in ACM.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_ACM_VALIDATION_WAIT", "0")

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.access_keys import PLATFORM_KEY
from sandbox.clients import Clients
from sandbox.emulator import corrections, ended_sessions, managed_policies, snapshot, task_credentials
from sandbox.emulator.application import Application, WsgiApp
from sandbox.emulator.faults import Faults
from sandbox.emulator.lock import api_lock
from sandbox.emulator.recorder import Call, Recorder
from sandbox.emulator.snapshot import Snapshot
from sandbox.emulator.task_credentials import TaskCredentials


class Seed(Protocol):
    """What is in the account before anything is deployed; sandbox.seed has one."""

    @property
    def account_id(self) -> str: ...

    @property
    def region(self) -> str: ...

    def lay(self, aws: Clients) -> None:
        """Create it, in an empty account."""


class ControlPlane:
    """The AWS APIs of the seed's account and region on a loopback port.

    moto keeps its state in module globals, so a process has one account's state at a time: start a second
    ControlPlane only after the first was stopped (several sandboxes are several processes).
    """

    _running: ControlPlane | None = None

    def __init__(self, seed: Seed, *, seeded: bool = True, port: int = 0) -> None:
        """`seeded` lays the seed's stack at the start, else the account is empty. `port` 0 takes a free one."""
        self.account_id = seed.account_id
        self.region = seed.region
        self.faults = Faults()
        self._seed = seed
        self._seeded = seeded
        self._port = port
        self._recorder = Recorder()
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._application: Application | None = None
        self._kept: Snapshot | None = None
        self.credentials = TaskCredentials(self.account_id, self.region)
        self._routes: dict[str, WsgiApp] = {task_credentials.PREFIX: self.credentials}

    @property
    def routes(self) -> dict[str, WsgiApp]:
        """WSGI applications of the platform by path prefix, such as /_platform/credentials; add to it any time."""
        return self._routes

    @property
    def url(self) -> str:
        """http://127.0.0.1:PORT, for AWS_ENDPOINT_URL."""
        if self._server is None:
            raise RuntimeError("the control plane is not running; call start() first")
        return f"http://127.0.0.1:{self._server.server_port}"

    def platform(self, service: str) -> Any:
        """A boto3 client of the sandbox itself: neither recorded nor subject to faults."""
        return self._clients(service)

    def start(self) -> None:
        """Listen, then seed. Raises OSError when the port is taken."""
        if ControlPlane._running is not None:
            raise RuntimeError("another ControlPlane is running in this process; stop it first")
        managed_policies.keep()
        corrections.install_all()
        application = Application(self.account_id, self._recorder, self.faults, [PLATFORM_KEY])
        application.routes = self._routes
        self._server = make_server("127.0.0.1", self._port, application, threaded=True, request_handler=_Handler)
        self._clients = Clients(self.url, self.region, PLATFORM_KEY)
        ControlPlane._running = self
        self._thread = threading.Thread(target=self._server.serve_forever, name="aws-apis", daemon=True)
        self._thread.start()
        self.reset(self._seeded)

    def stop(self) -> None:
        """Stop listening and discard the account. Does nothing when not running."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None
        snapshot.clear()
        ControlPlane._running = None

    def reset(self, seed: bool = True) -> None:
        """A fresh account, no faults, no recorded calls. `seed` lays the stack again, with the same ids as before."""
        with api_lock:
            self.faults.clear()
            snapshot.clear()
            if seed and self._kept is not None:
                self._kept.restore()
        if seed and self._kept is None:
            self._seed.lay(self._clients)
            with api_lock:
                self._kept = Snapshot()
        self._recorder.clear()

    def end_sessions(self) -> None:
        """Let every session of a role end now."""
        ended_sessions.end_all(self.account_id)

    def calls(self, since: int = 0) -> list[Call]:
        """Every recorded call after the mark, of whatever access key."""
        return self._recorder.since(since)

    def mark(self) -> int:
        return self._recorder.mark()

    def __enter__(self) -> ControlPlane:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Handler(MotoRequestHandler):  # type: ignore[misc]
    """Without access log and Nagle's delay, and able to drop a connection on purpose."""

    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        self.close_connection = True
