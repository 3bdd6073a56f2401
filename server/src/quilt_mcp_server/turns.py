"""Who computes: long work in short turns on the event loop, and processes of users one after the other."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

SECONDS = 0.01  # of a turn


class _Queue:
    """Those who wait for a turn on one event loop. One has it in each round of the loop, all others are served too."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._planned = False

    async def wait(self) -> None:
        turn: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append(turn)
        self._plan()
        await turn

    def _plan(self) -> None:
        if not self._planned:
            self._planned = True
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        self._planned = False
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # Who is cancelled has no turn.
                turn.set_result(None)
                break
        if self._waiting:
            self._plan()


_queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue] = WeakKeyDictionary()


class Turn:
    """The turns of one piece of work: `await turn.pause()` wherever it can be interrupted, a few times a millisecond.

    However many work at once, the loop serves everybody else between two turns.
    """

    def __init__(self) -> None:
        self._end = 0.0

    async def take(self) -> None:
        """Wait for a turn: at the beginning, and after waiting for something else."""
        loop = asyncio.get_running_loop()
        queue = _queues.get(loop)
        if queue is None:
            queue = _queues[loop] = _Queue(loop)
        await queue.wait()
        self._end = time.monotonic() + SECONDS

    async def pause(self) -> None:
        """Go on while the turn lasts, else wait for the next one."""
        if time.monotonic() >= self._end:
            await self.take()


class UserTurns:
    """Places that are given to users one after the other, however many places one of them waits for.

    Args:
        places: That are there. A user has one of them at most.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._having: set[str] = set()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, user: str) -> AsyncIterator[None]:
        """A place for a user, until the block ends."""
        await self._place(user)
        try:
            yield
        finally:
            self._having.discard(user)
            self._give()

    async def _place(self, user: str) -> None:
        if user not in self._having and len(self._having) < self._places:
            self._having.add(user)
            return
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(user, deque()).append(given)
        try:
            await given
        except asyncio.CancelledError:
            if given.done() and not given.cancelled():
                # It was given at the same moment.
                self._having.discard(user)
                self._give()
            raise

    def _give(self) -> None:
        for user in list(self._waiting):
            if len(self._having) >= self._places:
                return
            if user in self._having:
                continue
            waiting = self._waiting[user]
            while waiting:
                given = waiting.popleft()
                if not given.done():
                    given.set_result(None)
                    self._having.add(user)
                    break
            if waiting:
                self._waiting.move_to_end(user)
            else:
                del self._waiting[user]
