"""Requests at a steady rate through the load balancer's route, half of them on new connections, half on kept ones."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpcore

# A slow machine is no failed request; one that hangs is.
_SECONDS = 60.0
# Requests under way. A machine that is too slow for the rate shows in the rate, not buried under what waits.
_MOST = 40
_PING = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()


@dataclass
class Outcome:
    """What became of the requests. `failures` are the statuses, or the exceptions where there was none."""

    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    sent: Counter[str] = field(default_factory=Counter)  # by kind of connection
    answered: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.sent.total() / self.seconds

    def __str__(self) -> str:
        return (
            f"{self.answered.total()} answered of {dict(self.sent)} in {self.seconds:.0f} s ({self.rate:.0f}/s), the "
            f"slowest after {self.slowest:.1f} s; failed: {dict(Counter(self.failures)) or 'none'}"
        )


class Load:
    """`with Load(url, ca_file, token) as load:` sends requests until its end; then `load.outcome` has the result."""

    def __init__(self, url: str, ca_file: str, token: str, rate: float = 60.0) -> None:
        """`rate` is in requests per second; one that comes late is caught up."""
        self._url, self._rate = url, rate
        self._ssl = ssl.create_default_context(cafile=ca_file)
        self._headers = {
            "Host": httpcore.URL(url).host,
            "Authorization": f"Bearer {token}",
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
        }
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._ask()), name="load", daemon=True)
        self.outcome = Outcome()

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    async def _ask(self) -> None:
        pools = {
            "new": httpcore.AsyncConnectionPool(self._ssl, max_connections=None, max_keepalive_connections=0),
            "kept": httpcore.AsyncConnectionPool(self._ssl, max_connections=None, max_keepalive_connections=20),
        }
        self.outcome = outcome = Outcome()
        free = asyncio.Semaphore(_MOST)
        async with asyncio.TaskGroup() as requests:
            while not self._stopping.is_set():
                await free.acquire()
                kind = "new" if outcome.sent.total() % 2 else "kept"
                outcome.sent[kind] += 1
                request = requests.create_task(self._one(pools[kind], kind, outcome))
                request.add_done_callback(lambda _: free.release())
                due = outcome.began + outcome.sent.total() / self._rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            outcome.seconds = time.monotonic() - outcome.began
        for pool in pools.values():
            await pool.aclose()

    async def _one(self, pool: httpcore.AsyncConnectionPool, kind: str, outcome: Outcome) -> None:
        """A ping goes through the token check and the whole stack of the server, and AWS has no part in it."""
        headers: dict[str, Any] = {**self._headers, **({"Connection": "close"} if kind == "new" else {})}
        began = time.monotonic()
        try:
            timeout = dict.fromkeys(("connect", "read", "write", "pool"), _SECONDS)
            response = await pool.request(
                "POST", self._url, headers=headers, content=_PING, extensions={"timeout": timeout}
            )
            wrong = "" if response.status == 200 and b'"result"' in response.content else str(response.status)
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        outcome.slowest = max(outcome.slowest, time.monotonic() - began)
        if wrong:
            outcome.failures.append(f"{kind}: {wrong}")
        else:
            outcome.answered[kind] += 1
