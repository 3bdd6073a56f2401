"""One poller for each set of credentials looks at all queries, and stops those that scan too much."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mcp.server.mcpserver.exceptions import ToolError

from quilt_mcp_server.athena import watching
from quilt_mcp_server.athena.watching import MAXIMUM_OPEN, MAXIMUM_WATCHED, QueryWatcher, Watched
from quilt_mcp_server.auth.principal import Principal, current_principal, principal

MOST = 1000


class Athena:
    """Executions, who looks at them, and what is refused."""

    def __init__(self) -> None:
        self.state: dict[str, str] = {}
        self.bytes: Counter[str] = Counter()
        self.refused: dict[str, str] = {}
        self.calls: list[tuple[str, str, int]] = []  # operation, caller, executions
        self.times: list[float] = []
        self.stopped: list[str] = []

    def _called(self, operation: str, count: int) -> None:
        self.calls.append((operation, principal().identity, count))
        self.times.append(asyncio.get_running_loop().time())
        if code := self.refused.get(operation):
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)

    def _execution(self, execution_id: str) -> dict[str, Any]:
        return {
            "QueryExecutionId": execution_id,
            "Status": {"State": self.state[execution_id]},
            "Statistics": {"DataScannedInBytes": self.bytes[execution_id]},
        }

    async def batch_get_query_execution(self, QueryExecutionIds: list[str]) -> dict[str, Any]:
        self._called("BatchGetQueryExecution", len(QueryExecutionIds))
        assert len(QueryExecutionIds) <= 50
        known = [each for each in QueryExecutionIds if each in self.state]
        return {"QueryExecutions": [self._execution(each) for each in known]}

    async def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:
        self._called("GetQueryExecution", 1)
        if QueryExecutionId not in self.state:
            raise ClientError({"Error": {"Code": "InvalidRequestException", "Message": "not found"}}, "x")
        return {"QueryExecution": self._execution(QueryExecutionId)}

    async def stop_query_execution(self, QueryExecutionId: str) -> None:
        self._called("StopQueryExecution", 1)
        self.stopped.append(QueryExecutionId)
        self.state[QueryExecutionId] = "CANCELLED"


class Aws:
    """As much of the gateway as the watcher uses. Every caller has a set of credentials, or all have one."""

    def __init__(self, athena: Athena, *, shared: bool) -> None:
        self.athena = athena
        self.shared = shared
        self.until: datetime | None = None
        self.failing = False

    def credential_set(self) -> tuple[str, ...]:
        return () if self.shared else (principal().identity,)

    async def credentials_end(self, asked: str) -> datetime | None:
        return self.until

    @asynccontextmanager
    async def service(self, service: str, asked: str, action: str | None = None) -> AsyncIterator[Athena]:
        if self.failing:
            raise ToolError("STS does not answer")
        yield self.athena


@pytest.fixture
def athena(monkeypatch: pytest.MonkeyPatch) -> Athena:
    for name, value in {
        "_POLL_FIRST": 0.01,
        "_POLL_LAST": 0.03,
        "_BACK_OFF_FIRST": 0.05,
        "_BACK_OFF_LAST": 0.4,
    }.items():
        monkeypatch.setattr(watching, name, value)
    monkeypatch.setattr(watching, "FIRST_LOOK", 0.5)
    return Athena()


@contextmanager
def acting(user: str) -> Iterator[None]:
    token = current_principal.set(Principal(user))
    try:
        yield
    finally:
        current_principal.reset(token)


async def start(watcher: QueryWatcher, athena: Athena, user: str, execution_id: str) -> Watched:
    with acting(user):
        async with watcher.starting() as watch:
            athena.state[execution_id] = "RUNNING"
            return watch(execution_id)


def watcher_of(athena: Athena, *, shared: bool = True) -> tuple[QueryWatcher, Aws]:
    aws = Aws(athena, shared=shared)
    return QueryWatcher(aws, MOST), aws  # type: ignore[arg-type]  # as much of it as is used


@pytest.mark.parametrize(("shared", "pollers"), [(True, 1), (False, 5)])
async def test_one_poller_for_each_set_of_credentials(athena: Athena, shared: bool, pollers: int) -> None:
    watcher, _ = watcher_of(athena, shared=shared)
    for user in range(5):
        for number in range(8):
            await start(watcher, athena, f"user{user}", f"{user}-{number}")
    await asyncio.sleep(0.2)
    assert {operation for operation, _, _ in athena.calls} == {"BatchGetQueryExecution"}
    assert len(watcher._pollers) == pollers
    assert max(count for _, _, count in athena.calls) == 40 / pollers
    # In the name of the query's own caller, where names matter.
    if not shared:
        assert {who for _, who, _ in athena.calls} == {f"user{user}" for user in range(5)}
        assert all(count <= 8 for _, _, count in athena.calls)


async def test_all_who_wait_get_the_end(athena: Athena) -> None:
    watcher, _ = watcher_of(athena)
    watched = [await start(watcher, athena, "alice", f"{number}") for number in range(10)]
    waiting = [asyncio.create_task(each.wait(5)) for each in watched]
    await asyncio.sleep(0.05)
    athena.state |= dict.fromkeys(athena.state, "SUCCEEDED")
    assert {(await each)["Status"]["State"] for each in waiting} == {"SUCCEEDED"}
    await asyncio.sleep(0.05)
    before = len(athena.calls)
    await asyncio.sleep(0.1)
    assert len(athena.calls) == before and not watcher._pollers and not watcher._watched and not watcher._of_user


async def test_a_call_that_does_not_wait_sees_the_state_once(athena: Athena) -> None:
    watcher, _ = watcher_of(athena)
    assert (await (await start(watcher, athena, "alice", "1")).wait(0))["Status"]["State"] == "RUNNING"


async def test_without_the_batch_s_permission_each_is_asked_for(athena: Athena) -> None:
    watcher, _ = watcher_of(athena)
    athena.refused["BatchGetQueryExecution"] = "AccessDeniedException"
    watched = [await start(watcher, athena, "alice", f"{number}") for number in range(15)]
    await asyncio.sleep(0.1)
    assert all(each.last for each in watched)
    assert Counter(operation for operation, _, _ in athena.calls)["BatchGetQueryExecution"] == 1
    athena.state |= dict.fromkeys(athena.state, "SUCCEEDED")
    assert {(await each.wait(2))["Status"]["State"] for each in watched} == {"SUCCEEDED"}


@pytest.mark.parametrize("batch", [True, False])
async def test_it_backs_off_and_comes_back(athena: Athena, batch: bool) -> None:
    watcher, _ = watcher_of(athena)
    if not batch:
        athena.refused["BatchGetQueryExecution"] = "AccessDeniedException"
    watched = [await start(watcher, athena, "alice", f"{number}") for number in range(3)]
    await asyncio.sleep(0.1)
    throttled = "BatchGetQueryExecution" if batch else "GetQueryExecution"
    athena.refused[throttled] = "ThrottlingException"
    athena.times.clear()
    await asyncio.sleep(1.2)
    looks = len(athena.times) / (1 if batch else 3)
    assert 3 <= looks <= 8, "0.05, 0.1, 0.2, 0.4, 0.4 and so on"
    assert (await watched[0].wait(0))["Status"]["State"] == "RUNNING"  # as it was last seen
    del athena.refused[throttled]
    athena.state["0"] = "SUCCEEDED"
    assert (await watched[0].wait(2))["Status"]["State"] == "SUCCEEDED"
    athena.times.clear()
    await asyncio.sleep(0.3)
    assert len(athena.times) / (1 if batch else 2) > 4


async def test_it_comes_back_when_there_were_no_credentials(athena: Athena) -> None:
    watcher, aws = watcher_of(athena)
    aws.failing = True
    watched = await start(watcher, athena, "alice", "1")
    assert (await watched.wait(0))["Status"]["State"] == "QUEUED"
    aws.failing = False
    athena.state["1"] = "SUCCEEDED"
    assert (await watched.wait(2))["Status"]["State"] == "SUCCEEDED"


async def test_looks_are_spread(athena: Athena, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[float, float]] = []

    def middle(low: float, high: float) -> float:
        asked.append((low, high))
        return (low + high) / 2

    monkeypatch.setattr(watching, "uniform", middle)
    watcher, _ = watcher_of(athena)
    await start(watcher, athena, "alice", "1")
    await asyncio.sleep(0.1)
    assert asked and all(low < 1 < high for low, high in asked)


async def test_what_scans_too_much_is_stopped_though_nobody_waits(athena: Athena) -> None:
    watcher, _ = watcher_of(athena, shared=False)
    watched = await start(watcher, athena, "alice", "1")
    other = await start(watcher, athena, "alice", "2")
    await asyncio.sleep(0.05)
    athena.bytes |= {"1": MOST + 1, "2": MOST}
    await asyncio.sleep(0.2)
    assert athena.stopped == ["1"]
    assert ("StopQueryExecution", "alice", 1) in athena.calls
    with pytest.raises(ToolError, match="scanned more than 1000 bytes"):
        await watched.wait(1)
    assert (await other.wait(0))["Status"]["State"] == "RUNNING"


async def test_what_cannot_be_stopped_is_tried_again_and_keeps_nobody_waiting(athena: Athena) -> None:
    watcher, _ = watcher_of(athena)
    athena.refused["StopQueryExecution"] = "AccessDeniedException"
    watched, other = [await start(watcher, athena, "alice", each) for each in "12"]
    athena.bytes["1"] = MOST + 1
    with pytest.raises(ToolError, match="could not be stopped"):
        await watched.wait(2)
    athena.state["2"] = "SUCCEEDED"
    assert (await other.wait(1))["Status"]["State"] == "SUCCEEDED"
    del athena.refused["StopQueryExecution"]
    await asyncio.sleep(0.3)
    assert athena.stopped == ["1"]


async def test_what_athena_does_not_know_ends_the_wait(athena: Athena) -> None:
    watcher, _ = watcher_of(athena)
    watched = await start(watcher, athena, "alice", "1")
    other = await start(watcher, athena, "alice", "2")
    del athena.state["1"]
    with pytest.raises(ToolError, match="InvalidRequestException"):
        await watched.wait(2)
    assert (await other.wait(0))["Status"]["State"] == "RUNNING"


async def test_the_watch_ends_with_the_credentials(athena: Athena, caplog: pytest.LogCaptureFixture) -> None:
    watcher, aws = watcher_of(athena)
    aws.until = datetime.now(UTC) + timedelta(seconds=0.2)
    watched = await start(watcher, athena, "alice", "1")
    assert watched.until == aws.until
    await asyncio.sleep(0.5)
    assert not watcher._watched and "unwatched" in caplog.text
    # The caller is back with another token.
    aws.until = datetime.now(UTC) + timedelta(seconds=60)
    with acting("alice"):
        again = await watcher.take_up("1")
    athena.bytes["1"] = MOST + 1
    assert again is not None
    with pytest.raises(ToolError, match="was stopped"):
        await again.wait(2)


async def test_a_new_token_prolongs_the_watch(athena: Athena) -> None:
    watcher, aws = watcher_of(athena)
    aws.until = datetime.now(UTC) + timedelta(seconds=0.3)
    await start(watcher, athena, "alice", "1")
    aws.until = datetime.now(UTC) + timedelta(seconds=60)
    with acting("alice"):
        assert await watcher.take_up("1") is watcher._watched["1"]
    await asyncio.sleep(0.5)
    assert "1" in watcher._watched


async def test_open_queries_of_a_user_are_bounded(athena: Athena) -> None:
    watcher, _ = watcher_of(athena)
    for number in range(MAXIMUM_OPEN):
        await start(watcher, athena, "alice", f"{number}")
    with pytest.raises(ToolError, match=f"{MAXIMUM_OPEN} of your queries are running"):
        await start(watcher, athena, "alice", "one more")
    await start(watcher, athena, "bob", "another's")
    athena.state["0"] = "SUCCEEDED"
    await asyncio.sleep(0.2)
    await start(watcher, athena, "alice", "one more")


async def test_those_that_are_about_to_start_count(athena: Athena) -> None:
    watcher, _ = watcher_of(athena)
    begun = asyncio.Event()

    async def slowly() -> None:
        with acting("alice"):
            async with watcher.starting():
                await begun.wait()

    tasks = [asyncio.create_task(slowly()) for _ in range(MAXIMUM_OPEN)]
    await asyncio.sleep(0)
    with pytest.raises(ToolError, match="are running"):
        await start(watcher, athena, "alice", "one more")
    begun.set()
    await asyncio.gather(*tasks)
    await start(watcher, athena, "alice", "one more")


async def test_what_is_taken_up_is_bounded(athena: Athena) -> None:
    watcher, _ = watcher_of(athena)
    with acting("alice"):
        for number in range(MAXIMUM_WATCHED):
            athena.state[f"{number}"] = "RUNNING"
            assert await watcher.take_up(f"{number}") is not None
        assert await watcher.take_up("one more") is None
        assert await watcher.take_up("0") is not None
