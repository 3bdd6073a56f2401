"""LoadBalancer: the HTTPS listener of an ALB on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import time
from typing import Any

import uvicorn

from sandbox.dataplane.balancer.health import HealthChecks
from sandbox.dataplane.balancer.http_protocol import HttpProtocol
from sandbox.dataplane.balancer.log import AccessLog
from sandbox.dataplane.balancer.model import Model
from sandbox.dataplane.balancer.proxy import Proxy
from sandbox.dataplane.context import Context
from sandbox.emulator.services.elbv2 import health

log = logging.getLogger("sandbox.balancer")

# AWS closes running requests when a deregistration ends; a sandbox that goes down waits for less time.
_STOP_SECONDS = 3


class LoadBalancer:
    """An ALB's HTTPS listener: TLS, rules, health checks and proxying, in a thread with an event loop of its own.

    HTTP/1.1 only, one address, no stickiness, no authentication actions (they are answered with 501).
    """

    def __init__(
        self, context: Context, public_host: str, port: int = 0, name: str | None = None, log_file: str = "alb.log"
    ) -> None:
        """`public_host` is what localhost stands for, `name` the load balancer's (None: the first); `port` 0 is any."""
        self._context = context
        self._public_host = public_host
        self._port = port
        self._name = name
        self._access_log = AccessLog(context.home / log_file)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The loopback port that stands for the listener's 443."""
        return self._port

    def recent(self, n: int = 100) -> list[dict[str, Any]]:
        """The newest n entries of the access log, the oldest of them first: rule, target, status, times (log.Entry)."""
        return self._access_log.recent(n)

    def start(self) -> None:
        """Listen and begin to check targets. Raises OSError when the port is taken."""
        # The protocol must be named: asyncio switches Nagle's delay off only for sockets that say they are TCP.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", self._port))
        except OSError as error:
            listening.close()
            text = f"the load balancer cannot listen on 127.0.0.1:{self._port} ({error.strerror}); choose another port"
            raise OSError(error.errno, text) from error
        self._port = listening.getsockname()[1]
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening)), name="load-balancer", daemon=True
        )
        self._thread.start()
        while not (self._server and self._server.started):
            if not self._thread.is_alive():
                raise RuntimeError("the load balancer could not start; the log has the reason")
            time.sleep(0.01)
        health.watch(self._context.account_id, self._context.region)

    def stop(self) -> None:
        """Stop listening; running requests get a few seconds. Does nothing when not running."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._server = self._thread = None
        health.unwatch(self._context.account_id, self._context.region)
        self._access_log.close()

    async def _serve(self, listening: socket.socket) -> None:
        model = Model(self._context.account_id, self._context.region, self._name)
        proxy = Proxy(model, self._context.addresses, self._access_log, self._public_host, self._port)
        certificates = self._context.certificates
        self._server = uvicorn.Server(
            uvicorn.Config(
                proxy,
                http=HttpProtocol,
                ws="none",
                lifespan="off",
                ssl_certfile=certificates.cert,
                ssl_keyfile=certificates.key,
                # What reaches the client is the target's: no added Server and Date, no rewriting of the peer.
                server_header=False,
                date_header=False,
                proxy_headers=False,
                access_log=False,
                log_config=None,
                timeout_keep_alive=60,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        checks = asyncio.create_task(HealthChecks(model, self._context.addresses).run())
        try:
            await self._server.serve(sockets=[listening])
        finally:
            checks.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await checks
            await proxy.close()
            listening.close()
