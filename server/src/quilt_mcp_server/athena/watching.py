"""Queries that run: their end, and the limit of what they may scan.

All calls that wait for a query share one poller for each set of credentials, so that what Athena is asked does not grow
with the callers. It goes on when a call has ended, because a scan costs money whether or not somebody waits for it.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import uniform
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from ..auth.principal import Principal, current_principal, principal
from ..aws import Gateway
from ..aws.errors import explain
from .describing import MAXIMUM_ALONE, MAXIMUM_TOGETHER, Describer
from .executions import DONE, scanned

log = logging.getLogger(__name__)

MAXIMUM_OPEN = 20  # queries of a user that run at once
MAXIMUM_WATCHED = 100  # of a user, with those that an earlier process of the server has started
FIRST_LOOK = 5.0  # seconds that a call waits for the first state of its query at least
_POLL_FIRST, _POLL_LAST = 0.2, 3.0  # seconds between two looks at a query
_BACK_OFF_FIRST, _BACK_OFF_LAST = 1.0, 60.0  # seconds without a look after Athena or STS did not answer


@dataclass(eq=False, slots=True)
class Watched:
    """A query that is watched.

    Attributes:
        until: When the credentials end with which it is watched; None if they do not.
        end: The execution when it is done.
        seen: Set by the first look.
    """

    execution_id: str
    user: str
    until: datetime | None
    end: asyncio.Future[dict[str, Any]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    seen: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    last: dict[str, Any] | None = None
    pause: float = field(default_factory=lambda: _POLL_FIRST)
    due: float = 0.0

    async def wait(self, seconds: float) -> dict[str, Any]:
        """The execution when it is done, or as it was last seen after some seconds.

        Raises:
            ToolError: if it scanned too much and was stopped, or Athena does not describe it.
        """
        if not (await asyncio.wait({self.end}, timeout=seconds))[0] and self.last is None:
            waited: set[asyncio.Future[Any]] = {self.end, self.seen}
            await asyncio.wait(waited, timeout=max(0.0, FIRST_LOOK - seconds), return_when=asyncio.FIRST_COMPLETED)
        if self.end.done():
            return self.end.result()
        # Athena has taken it, and has not said more yet.
        return self.last or {"QueryExecutionId": self.execution_id, "Status": {"State": "QUEUED"}}

    def look(self, execution: dict[str, Any], now: float) -> None:
        """Note how it is."""
        self.last = execution
        if not self.seen.done():
            self.seen.set_result(None)
        self.due = now + self.pause * uniform(0.8, 1.2)  # noqa: S311 - spreads calls, protects nothing
        self.pause = min(self.pause * 1.5, _POLL_LAST)

    def fail(self, error: Exception) -> None:
        """There is nothing to wait for any longer."""
        if not self.end.done():
            self.end.set_exception(error)
            self.end.exception()  # Nobody need wait for it.


class QueryWatcher:
    """Watches every query that is started, or seen to run, until it ends or the credentials for it do."""

    def __init__(self, aws: Gateway, most_bytes: int) -> None:
        self._aws = aws
        self._most = most_bytes
        self._pollers: dict[tuple[str, ...], _Poller] = {}
        self._watched: dict[str, Watched] = {}
        self._of_user: Counter[str] = Counter()
        self._starting: Counter[str] = Counter()

    @asynccontextmanager
    async def starting(self) -> AsyncIterator[Callable[[str], Watched]]:
        """Around the start of a query of the caller's: gives what watches it as soon as it has an id.

        Raises:
            ToolError: if too many of them run, or the caller gets no credentials to look at it with.
        """
        user = principal().identity
        if self._of_user[user] + self._starting[user] >= MAXIMUM_OPEN:
            raise ToolError(
                f"{MAXIMUM_OPEN} of your queries are running here; wait until one is done, or stop one with "
                "athena_query_cancel"
            )
        self._starting[user] += 1
        try:
            # Before it costs anything.
            until = await self._aws.credentials_end("watching the query")
            yield lambda execution_id: self._add(execution_id, until)
        finally:
            _less(self._starting, user)

    async def take_up(self, execution_id: str) -> Watched | None:
        """Watch a query of the caller's that runs; None if too many of the caller's are watched."""
        until = await self._aws.credentials_end("watching the query")
        if execution_id not in self._watched and self._of_user[principal().identity] >= MAXIMUM_WATCHED:
            return None
        return self._add(execution_id, until)

    def _add(self, execution_id: str, until: datetime | None) -> Watched:
        if known := self._watched.get(execution_id):
            # The caller has come back, perhaps with another token.
            known.until = until if until is None or known.until is None else max(until, known.until)
            return known
        who = principal()
        found = self._watched[execution_id] = Watched(execution_id, who.identity, until)
        self._of_user[who.identity] += 1
        key = self._aws.credential_set()
        poller = self._pollers.get(key)
        if poller is None:
            poller = _Poller(self._aws, self._most, self._forget, lambda: self._pollers.pop(key, None))
            self._pollers[key] = poller
        poller.add(found, who)
        return found

    def _forget(self, watched: Watched) -> None:
        self._watched.pop(watched.execution_id, None)
        _less(self._of_user, watched.user)


class _Poller:
    """Looks at all queries of one set of credentials."""

    def __init__(
        self, aws: Gateway, most_bytes: int, forget: Callable[[Watched], None], ended: Callable[[], object]
    ) -> None:
        self._aws = aws
        self._most = most_bytes
        self._forget = forget
        self._ended = ended
        self._describer = Describer()
        self._queries: list[Watched] = []
        self._wake = asyncio.Event()
        self._not_before = 0.0
        self._back_off = 0.0
        self._who: Principal | None = None
        # Not in the context of the call that happens to be the first.
        self._task = asyncio.get_running_loop().create_task(self._run(), context=Context())

    def add(self, watched: Watched, who: Principal) -> None:
        self._who = who  # whose token is the newest
        self._queries.append(watched)
        self._wake.set()

    async def _run(self) -> None:
        try:
            while self._queries:
                self._wake.clear()
                now = time.monotonic()
                next_look = max(self._not_before, min(query.due for query in self._queries))
                if next_look > now:
                    try:
                        async with asyncio.timeout(next_look - now):
                            await self._wake.wait()
                    except TimeoutError:
                        pass
                    continue
                await self._turn(now)
        finally:
            # At the end of the server too: nobody shall wait for a look that does not come.
            self._ended()
            for query in list(self._queries):
                self._drop(query)

    async def _turn(self, now: float) -> None:
        for query in list(self._queries):
            if query.until is not None and query.until <= datetime.now(UTC):
                log.warning("the query %s runs on unwatched: the credentials for it have ended", query.execution_id)
                self._drop(query)
        asked = self._next(now)
        if not asked:
            return
        try:
            current_principal.set(self._who)
            async with self._aws.service("athena", "watching the queries") as athena:
                await self._look(athena, asked)
        except Exception as error:
            # Whatever it is, it may pass; the queries are still there.
            self._back_off = min(max(self._back_off * 2, _BACK_OFF_FIRST), _BACK_OFF_LAST)
            log.warning("the queries could not be looked at: %s", error)
        else:
            self._back_off = 0.0
        pause = (self._back_off or _POLL_FIRST) * uniform(0.8, 1.2)  # noqa: S311 - spreads calls, protects nothing
        self._not_before = time.monotonic() + pause

    def _next(self, now: float) -> list[Watched]:
        """Those that are looked at now: all, as far as one call describes them, or those that are due."""
        ordered = sorted(self._queries, key=lambda query: query.due)
        if self._describer.together:
            return ordered[:MAXIMUM_TOGETHER]
        return [query for query in ordered[:MAXIMUM_ALONE] if query.due <= now]

    async def _look(self, athena: Any, queries: list[Watched]) -> None:
        found, faults = await self._describer.describe(athena, [query.execution_id for query in queries])
        for query in queries:
            if query.execution_id in found:
                await self._judge(athena, query, found[query.execution_id])
            elif error := faults.get(query.execution_id):
                query.fail(explain("looking at the query", error) or error)
                self._drop(query)

    async def _judge(self, athena: Any, query: Watched, execution: dict[str, Any]) -> None:
        query.look(execution, time.monotonic())
        if execution["Status"]["State"] in DONE:
            if not query.end.done():
                query.end.set_result(execution)
            self._drop(query)
        elif scanned(execution) > self._most:
            await self._stop(athena, query)

    async def _stop(self, athena: Any, query: Watched) -> None:
        too_much = f"it scanned more than {self._most} bytes"
        try:
            await athena.stop_query_execution(QueryExecutionId=query.execution_id)
        except Exception as error:
            # Others are looked at meanwhile, and this one again.
            log.warning("the query %s could not be stopped: %s", query.execution_id, error)
            query.fail(ToolError(f"the query could not be stopped, although {too_much}; it is tried again"))
            query.due = time.monotonic() + _BACK_OFF_FIRST
        else:
            advice = "filter by partition keys, or select fewer columns"
            query.fail(ToolError(f"the query was stopped: {too_much}; {advice}"))
            self._drop(query)

    def _drop(self, query: Watched) -> None:
        self._queries.remove(query)
        self._forget(query)


def _less(counts: Counter[str], user: str) -> None:
    counts[user] -= 1
    if not counts[user]:
        del counts[user]  # no memory of those who were here
