"""ECR's registry: the server for `docker login`, `push` and `pull`.

Docker distribution (the program docker-registry) keeps blobs and manifests on a private loopback port. In front of it
stands a small proxy that makes it ECR: it asks for a token of GetAuthorizationToken, knows only repositories that were
created through ECR's API, and keeps tags where ECR's API reads and writes them, in the control plane. So an immutable
tag cannot be overwritten, a deleted image is gone, and DescribeImages shows the true digests.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import shutil
import subprocess
import threading
import time
from pathlib import Path

from sandbox.dataplane.registry.front import Front
from sandbox.emulator import ecr_registry
from sandbox.network import free_port

_PROGRAM = "docker-registry"
_START_SECONDS = 15

_CONFIG = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: "{folder}/data"}}
  delete: {{enabled: true}}
http:
  addr: 127.0.0.1:{port}
  secret: {secret}
  # The proxy in front has another port: locations must not name this one.
  relativeurls: true
"""


class Registry:
    """The registry of one sandbox. Without the program there is none: `host` is None and `note` says why."""

    def __init__(self, folder: Path, port: int, account_id: str, region: str) -> None:
        self._folder = folder
        self._port = port
        self._account_id = account_id
        self._region = region
        self._process: subprocess.Popen[bytes] | None = None
        self._front: Front | None = None
        self.note = ""

    @property
    def host(self) -> str | None:
        """127.0.0.1:PORT, the part of an image's name before the repository."""
        return f"127.0.0.1:{self._port}" if self._front else None

    @property
    def auth(self) -> dict[str, str] | None:
        """Credentials for the Docker engine that do not expire while the sandbox runs."""
        return {"username": "AWS", "password": self._front.platform_password} if self._front else None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the program and the proxy. Raises OSError when the port is taken or the program does not come up."""
        program = shutil.which(_PROGRAM)
        if program is None:
            self.note = f"the program {_PROGRAM} is not installed (Debian: apt-get install docker-registry)"
            return
        upstream = free_port()
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "config.yml"
        config.write_text(_CONFIG.format(folder=self._folder, port=upstream, secret=secrets.token_hex(16)))
        with (self._folder / "registry.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "serve", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ.get("PATH", ""), "OTEL_TRACES_EXPORTER": "none"},
            )
        self._wait(upstream)
        self._front = Front(self._port, upstream, self._account_id, self._region)
        threading.Thread(target=self._front.serve_forever, name="registry", daemon=True).start()
        ecr_registry.attach(f"127.0.0.1:{self._port}", self._front)

    def stop(self) -> None:
        ecr_registry.detach()
        if self._front is not None:
            self._front.shutdown()
            self._front.server_close()
            self._front = None
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self, port: int) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
                connection.request("GET", "/v2/")
                connection.getresponse()
                connection.close()
                return
            time.sleep(0.02)
        tail = (self._folder / "registry.log").read_text(errors="replace")[-500:].strip()
        raise OSError(f"{_PROGRAM} did not start within {_START_SECONDS} s: {tail}")
