"""Long work leaves the event loop to others, and processes are for all users."""

import asyncio
import time
from collections import Counter

import pytest

from quilt_mcp_server.turns import SECONDS, Turn, UserTurns


def compute(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


async def longest_wait(stop: asyncio.Event) -> float:
    longest = 0.0
    while not stop.is_set():
        begin = time.perf_counter()
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - begin)
    return longest


@pytest.mark.parametrize("workers", [1, 20])
async def test_others_are_served_between_two_turns_of_however_many(workers: int) -> None:
    done: Counter[int] = Counter()
    stop = asyncio.Event()

    async def work(number: int) -> None:
        turn = Turn()
        await turn.take()
        for _ in range(1000 // workers):
            compute(0.001)
            done[number] += 1
            await turn.pause()

    looking = asyncio.create_task(longest_wait(stop))
    working = [asyncio.create_task(work(number)) for number in range(workers)]
    await asyncio.sleep(0.5)
    # All go on alike.
    if workers > 1:
        assert len(done) == workers and max(done.values()) < 10 * min(done.values())
    await asyncio.gather(*working)
    stop.set()
    assert await looking < 10 * SECONDS


async def test_who_is_cancelled_gives_the_turn_on() -> None:
    taken = [asyncio.create_task(Turn().take()) for _ in range(10)]
    await asyncio.sleep(0)
    for task in taken[:9]:
        task.cancel()
    await asyncio.wait_for(taken[9], 1)


async def test_one_user_does_not_take_the_places_of_others() -> None:
    turns = UserTurns(2)
    order: list[str] = []
    at_once: Counter[str] = Counter()

    async def check(user: str) -> None:
        async with turns.turn(user):
            order.append(user)
            at_once[user] += 1
            assert at_once[user] == 1 and at_once.total() <= 2
            await asyncio.sleep(0.01)
            at_once[user] -= 1

    tasks = [asyncio.create_task(check("mallory")) for _ in range(20)]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(check(user)) for user in ("alice", "bob", "carol")]
    await asyncio.gather(*tasks)
    assert {"alice", "bob", "carol"} <= set(order[:6])
    assert len(order) == 23 and not turns._waiting and not turns._having


async def test_a_place_is_not_lost_by_who_gives_up() -> None:
    turns = UserTurns(1)
    begun, end = asyncio.Event(), asyncio.Event()

    async def hold(user: str) -> None:
        async with turns.turn(user):
            begun.set()
            await end.wait()

    first = asyncio.create_task(hold("a"))
    await begun.wait()
    others = [asyncio.create_task(hold(user)) for user in "bbc"]
    await asyncio.sleep(0)
    others[0].cancel()
    end.set()
    await asyncio.sleep(0)  # The place is given to somebody who gives up at this moment.
    others[1].cancel()
    await asyncio.wait([first, *others], timeout=1)
    assert others[2].done() and not others[2].cancelled()
    assert not turns._waiting and not turns._having
