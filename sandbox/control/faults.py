"""Faults on request: throttling, errors, lost replies, and a foreign deployer who acts just before a call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sandbox.control.identify import Request

Kind = Literal["throttle", "error", "lost_reply", "before"]


@dataclass
class Fault:
    """What to do to matching calls. `operation` "*" is every operation of the service."""

    service: str
    operation: str
    kind: Kind
    code: str
    status: int
    message: str
    times: int | None
    every: int
    callback: Callable[[], object] | None
    seen: int = field(default=0)
    fired: int = field(default=0)

    def matches(self, request: Request) -> bool:
        return self.service == request.service and self.operation in ("*", request.operation)


class Faults:
    """The faults of one control plane. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(
        self,
        service: str,
        operation: str,
        kind: Kind = "throttle",
        *,
        code: str | None = None,
        status: int | None = None,
        message: str = "a fault that was asked for",
        times: int | None = 1,
        every: int = 1,
        callback: Callable[[], object] | None = None,
    ) -> Fault:
        """Disturb calls of one operation, `service` being the boto3 client's name.

        `times` is how often it fires (None: for ever), `every` = 2 hits the first, third, fifth ... matching call.
        throttle answers ThrottlingException, error answers `code`, both without performing the call. lost_reply
        performs it and drops the connection. before runs `callback` and then performs the call; it does not
        fire again for calls that the callback itself makes.
        """
        if kind == "before" and callback is None:
            raise ValueError("a fault of kind 'before' needs a callback")
        default_code, default_status = ("ThrottlingException", 400) if kind == "throttle" else ("InternalFailure", 500)
        fault = Fault(
            service, operation, kind, code or default_code, status or default_status, message, times, every, callback
        )
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def describe(self) -> list[dict[str, object]]:
        """The faults that were asked for, and how often each has fired."""
        with self._lock:
            return [
                {"service": fault.service, "operation": fault.operation, "kind": fault.kind, "fired": fault.fired}
                for fault in self._faults
            ]

    def take(self, request: Request) -> list[Fault]:
        """The faults that fire for this call, counted."""
        with self._lock:
            return [fault for fault in self._faults if fault.matches(request) and self._due(fault)]

    @staticmethod
    def _due(fault: Fault) -> bool:
        if fault.times is not None and fault.fired >= fault.times:
            return False
        fault.seen += 1
        if (fault.seen - 1) % fault.every:
            return False
        fault.fired += 1
        return True
