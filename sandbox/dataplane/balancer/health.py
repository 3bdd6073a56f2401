"""Target health checks, as an Application Load Balancer makes them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from weakref import WeakKeyDictionary

import httpcore

from sandbox.dataplane.balancer.model import Model
from sandbox.dataplane.balancer.upstream import new_pool
from sandbox.emulator.services.elbv2 import health
from sandbox.emulator.services.elbv2.health import Health
from sandbox.emulator.services.elbv2.target_groups import Target, TargetGroup
from sandbox.network import AddressBook
from sandbox.pace import wait_of

log = logging.getLogger("sandbox.balancer")

# How soon a newly registered target is noticed.
_NOTICE_SECONDS = 0.1


class Verdict:
    """Counts the results of one target's checks and decides. Pure.

    AWS: a new target is healthy after one passed check; later it takes the group's thresholds in a row.
    """

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def after(self, now: Health | None, result: Health, healthy_threshold: int, unhealthy_threshold: int) -> Health:
        """The health after a check. `now` is None before the first one; `result` is HEALTHY or says why not."""
        current = now or health.INITIAL
        if result == health.HEALTHY:
            self.passed, self.failed = self.passed + 1, 0
            enough = current.state == "initial" or self.passed >= healthy_threshold
            return health.HEALTHY if enough else current
        self.passed, self.failed = 0, self.failed + 1
        return result if current.state == "unhealthy" or self.failed >= unhealthy_threshold else current


class HealthChecks:
    """Checks every registered target of every group in use: at once, and then at the group's interval."""

    def __init__(self, model: Model, addresses: AddressBook) -> None:
        self._model = model
        self._addresses = addresses
        self._watches: WeakKeyDictionary[Target, asyncio.Task[None]] = WeakKeyDictionary()
        # A separate connection for every check, as AWS does: an idle one does not show whether the port listens.
        self._pool = new_pool(keepalive_connections=0)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                try:
                    self._notice()
                except Exception:  # a reset of the control plane takes its state apart meanwhile; look again
                    log.debug("the control plane could not be read", exc_info=True)
                await asyncio.sleep(_NOTICE_SECONDS)
        finally:
            for watch in list(self._watches.values()):
                watch.cancel()
            await self._pool.aclose()

    def _notice(self) -> None:
        for group in self._model.groups_in_use():
            for target in group.registered():
                watch = self._watches.get(target)
                if watch is None or watch.done():
                    self._watches[target] = asyncio.create_task(self._watch(group, target))

    async def _watch(self, group: TargetGroup, target: Target) -> None:
        verdict = Verdict()
        while self._wanted(group, target):
            result = await self._check(group, target)
            before = target.health
            after = verdict.after(before, result, group.healthy_threshold_count, group.unhealthy_threshold_count)
            target.health = after
            if before != after:
                log.info("%s %s:%s is %s %s", group.name, target.id, target.port, after.state, after.description or "")
            await asyncio.sleep(wait_of(group.health_check_interval_seconds))

    def _wanted(self, group: TargetGroup, target: Target) -> bool:
        """Is the target still registered, in a group that was neither deleted nor lost to a reset?"""
        if self._model.group(group.arn) is not group or target not in group.registered():
            return False
        if group.load_balancer_arns:
            return True
        # In use again later it starts again, with one check.
        target.health = None
        return False

    async def _check(self, group: TargetGroup, target: Target) -> Health:
        port = target.port if group.health_check_port == "traffic-port" else int(group.health_check_port)
        address = self._addresses.resolve(target.id, port)
        if address is None:
            # Nothing listens there. At AWS the check would time out; here it fails without the wait.
            return health.TIMEOUT
        try:
            async with asyncio.timeout(float(group.health_check_timeout_seconds)):
                status = await self._status(group, target.id, port, address)
        except (TimeoutError, httpcore.TimeoutException):
            return health.TIMEOUT
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            return health.FAILED
        return health.HEALTHY if accepts(group.matcher.get("HttpCode", "200"), status) else health.mismatch(status)

    async def _status(self, group: TargetGroup, ip: str, port: int, address: tuple[str, int]) -> int:
        scheme = group.health_check_protocol.lower()
        response = await self._pool.request(
            "GET",
            httpcore.URL(scheme=scheme, host=address[0], port=address[1], target=group.health_check_path or "/"),
            headers=[("Host", f"{ip}:{port}"), ("Connection", "close"), ("User-Agent", "ELB-HealthChecker/2.0")],
        )
        return response.status


def accepts(matcher: str, status: int) -> bool:
    """Does a matcher such as "200", "200,202" or "200-299,301" accept the status?"""
    for part in matcher.split(","):
        low, _, high = part.partition("-")
        with contextlib.suppress(ValueError):
            if int(low) <= status <= int(high or low):
                return True
    return False
