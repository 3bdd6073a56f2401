"""Every AWS call that was made, so that a test can say "no writes" and "n calls"."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from sandbox.emulator.identify import Request

# A sandbox may run for days; a task's health check makes no AWS calls, but its traffic does.
_KEPT = 100_000


@dataclass(frozen=True)
class Call:
    """One finished AWS call. `status` is the HTTP status, 0 when the reply was lost on purpose."""

    seq: int
    service: str
    operation: str
    write: bool
    status: int
    access_key: str


class Recorder:
    """Thread-safe list of calls, numbered from 1 in the order of their replies."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=_KEPT)
        self._last = 0

    def add(self, request: Request, status: int) -> None:
        with self._lock:
            self._last += 1
            call = Call(self._last, request.service, request.operation, request.write, status, request.access_key)
            self._calls.append(call)

    def clear(self) -> None:
        """Discard the calls. Numbers continue, so that an old mark stays valid."""
        with self._lock:
            self._calls.clear()

    def mark(self) -> int:
        """The number of the last call: `since(mark())` is what comes after."""
        with self._lock:
            return self._last

    def since(self, mark: int = 0) -> list[Call]:
        with self._lock:
            return [call for call in self._calls if call.seq > mark]
