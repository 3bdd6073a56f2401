"""Fault injection: throttling, errors, lost replies, and another deployer that acts just before a call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sandbox.emulator.identify import Request

Kind = Literal["throttle", "error", "lost_reply", "before"]

# Common errors in the API references; the JSON services say ThrottlingException.
_THROTTLING = {
    "ec2": ("RequestLimitExceeded", 503),
    "s3": ("SlowDown", 503),
    **dict.fromkeys(("elbv2", "iam", "sts", "cloudwatch"), ("Throttling", 400)),
}


@dataclass
class Fault:
    """What to do to matching calls. `service` and `operation` "*" are all of them."""

    service: str
    operation: str
    kind: Kind
    code: str | None
    status: int | None
    message: str
    times: int | None
    every: int
    skip: int
    writes: bool
    callback: Callable[[], object] | None
    seen: int = field(default=0)
    fired: int = field(default=0)

    def matches(self, request: Request) -> bool:
        named = self.service in ("*", request.service) and self.operation in ("*", request.operation)
        return named and (request.write or not self.writes)

    def answer(self, service: str) -> tuple[str, int]:
        """Error code and HTTP status, where none were asked for those with which this service throttles or breaks."""
        code, status = throttling(service) if self.kind == "throttle" else ("InternalFailure", 500)
        return self.code or code, self.status or status


def throttling(service: str) -> tuple[str, int]:
    """The throttling error of a service."""
    return _THROTTLING.get(service, ("ThrottlingException", 400))


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
        skip: int = 0,
        writes: bool = False,
        callback: Callable[[], object] | None = None,
    ) -> Fault:
        """Disturb calls of one operation, `service` being the boto3 client's name.

        `times` is how often it fires (None: always), `every` = 2 hits the first, third, fifth ... matching call,
        `skip` lets so many pass first, `writes` leaves calls alone that only read.
        throttle answers as the service does, error answers `code`, both without performing the call. lost_reply
        performs it and drops the connection. before runs `callback` and then performs the call; it does not
        fire again for calls that the callback itself makes.
        """
        if kind == "before" and callback is None:
            raise ValueError("a fault of kind 'before' needs a callback")
        fault = Fault(service, operation, kind, code, status, message, times, every, skip, writes, callback)
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
        if fault.seen <= fault.skip or (fault.seen - fault.skip - 1) % fault.every:
            return False
        fault.fired += 1
        return True
