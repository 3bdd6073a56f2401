"""SQL with Athena: check a statement, run it, get its rows.

Whether a statement may run is decided in `athena/query_authorization.py`.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from ..athena import executions
from ..athena.describing import Describer
from ..athena.query_authorization import AuthorizedQuery
from ..athena.sql import MAXIMUM_QUERY
from ..athena.watching import MAXIMUM_WATCHED, QueryWatcher, Watched
from ..auth.principal import authorize_action, principal
from ..aws import Gateway
from ..aws.grants import Query
from ..config import Config
from ..protocol import paging
from ..protocol.tool import TIME_SHARE, Cursor, NextCursor, tool
from ..transport.disconnect import is_cancelled
from .athena_catalog import AthenaCatalogTools, Database

log = logging.getLogger(__name__)

MAXIMUM_ROWS = 1000
MAXIMUM_RESULT = 256 * 1024  # characters of cells in one page
VALIDATION_SECONDS = 15.0

Sql = Annotated[str, Field(description="One SELECT (or WITH); Trino SQL.", max_length=MAXIMUM_QUERY)]
Group = Annotated[str | None, Field(max_length=128)]
ExecutionId = Annotated[str, Field(max_length=36)]
Rows = Annotated[int, Field(ge=1, le=MAXIMUM_ROWS)]


class Validation(BaseModel):
    valid: bool
    problem: str | None
    tables: list[str]


class QueryPage(BaseModel):
    execution_id: str
    state: Annotated[str, Field(description="QUEUED, RUNNING: ask athena_query_result later.")]
    columns: list[str]
    rows: list[list[str | None]]
    next_cursor: NextCursor = None
    scanned_bytes: int
    problem: str | None = None
    scan_limit: Annotated[str | None, Field(description="While it runs: what stops it.")] = None


class QueryState(BaseModel):
    execution_id: str
    state: str


class Execution(BaseModel):
    execution_id: str
    state: str
    query: str
    database: str | None
    submitted: str | None
    scanned_bytes: int


class History(BaseModel):
    queries: list[Execution]
    next_cursor: NextCursor = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a query's rows go.

    Attributes:
        workgroup: Its name.
        results: s3://bucket/prefix.
        configuration: What the query says of it; None where the workgroup decides, with one location for all callers.
        cutoff: Bytes from which on the workgroup itself stops a query, if it does.
    """

    workgroup: str
    results: str
    configuration: dict[str, Any] | None
    cutoff: int | None

    @property
    def own(self) -> bool:
        return self.configuration is not None

    @property
    def limit(self) -> str:
        """What an answer says of the workgroup's own limit."""
        if self.cutoff is None:
            return f"the workgroup {self.workgroup} has no limit of its own (BytesScannedCutoffPerQuery)"
        return f"the workgroup {self.workgroup} stops it above {self.cutoff} scanned bytes"


class AthenaQueryTools:
    """Runs what reads the caller's own tables, in the caller's name."""

    def __init__(self, config: Config, aws: Gateway) -> None:
        self._aws = aws
        self._workgroup = config.athena_workgroup
        self._most = config.athena_max_scan
        self._seconds = config.tool_timeout * TIME_SHARE
        self._catalog = AthenaCatalogTools(config, aws)
        self._watcher = QueryWatcher(aws, config.athena_max_scan)
        self._stopping: set[asyncio.Task[None]] = set()

    @tool(
        "Check a query",
        actions=(
            "athena:GetQueryExecution",
            "athena:StartQueryExecution",
            "glue:GetTables",
            "s3:GetObject",
        ),
    )
    async def athena_query_validate(self, query: Sql, database: Database, workgroup: Group = None) -> Validation:
        """Check whether a query may run and is valid SQL, without running it."""
        place = await self._place(workgroup)
        try:
            authorized = await self._authorized(query, database, place.own)
        except ToolError as error:
            return Validation(valid=False, problem=str(error), tables=[])
        started = await self._started(authorized, f"{executions.VALIDATE} {authorized.text}", database, place)
        async with self._attended(started):
            execution = await started.wait(VALIDATION_SECONDS)
        state = execution["Status"]["State"]
        problem = None if state == "SUCCEEDED" else execution["Status"].get("StateChangeReason") or f"it is {state}"
        tables = [".".join(name) for name in authorized.tables]
        return Validation(valid=state == "SUCCEEDED", problem=problem, tables=tables)

    @tool(
        "Run a query",
        idempotent=False,
        actions=(
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:StartQueryExecution",
            "glue:GetTables",
            "s3:GetObject",
        ),
    )
    async def athena_query_execute(
        self,
        query: Sql,
        database: Database,
        workgroup: Group = None,
        wait_seconds: Annotated[int, Field(ge=0, le=35)] = 20,
        limit: Rows = 100,
    ) -> QueryPage:
        """Run a query that only reads, wait for a limited time, and return its first rows."""
        begin = time.monotonic()
        place = await self._place(workgroup)
        authorized = await self._authorized(query, database, place.own)
        started = await self._started(authorized, authorized.text, database, place)
        left = begin + self._seconds - time.monotonic()
        async with self._attended(started):
            execution = await started.wait(min(wait_seconds, left))
        page = await self._page(execution, limit, None)
        if page.state not in executions.DONE:
            page.scan_limit = f"{self._limit(started)}; {place.limit}"
        return page

    @tool(
        "Get a query's rows",
        actions=(
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "glue:GetTables",
            "s3:GetObject",
        ),
    )
    async def athena_query_result(
        self, execution_id: ExecutionId, limit: Rows = 100, cursor: Cursor = None
    ) -> QueryPage:
        """The state of a query that you started, and its rows page by page when it has SUCCEEDED."""
        token = paging.decode(("rows", execution_id), cursor, str)
        async with self._athena("looking for the query", "athena:GetQueryExecution") as athena:
            execution = await executions.own(athena, principal(), execution_id)
        # What was granted when the query ran may have been withdrawn.
        database = execution.get("QueryExecutionContext", {}).get("Database", "")
        own = f"/{executions.owner(principal())}/" in _location(execution)
        await self._authorized(executions.unsigned(execution["Query"]), database, own)
        page = await self._page(execution, limit, token)
        if page.state not in executions.DONE:
            # It may have been started by a process of this server that is no more.
            page.scan_limit = self._limit(await self._watcher.take_up(execution_id))
        return page

    @tool("Cancel a query", read_only=False, actions=("athena:StopQueryExecution",))
    async def athena_query_cancel(self, execution_id: ExecutionId) -> QueryState:
        """Stop a query that you started."""
        async with self._athena("stopping the query", "athena:StopQueryExecution") as athena:
            execution = await executions.own(athena, principal(), execution_id)
            if execution["Status"]["State"] not in executions.DONE:
                await athena.stop_query_execution(QueryExecutionId=execution_id)
                if watched := await self._watcher.take_up(execution_id):
                    execution = await watched.wait(5)
        return QueryState(execution_id=execution_id, state=execution["Status"]["State"])

    @tool("List your queries", actions=("athena:ListQueryExecutions",))
    async def athena_query_history(self, workgroup: Group = None, cursor: Cursor = None) -> History:
        """The queries that you started here, the newest first. A page may be empty: go on with next_cursor."""
        group, who = workgroup or self._workgroup, principal()
        question = ("history", group, who.identity)
        request: dict[str, Any] = {"WorkGroup": group, "MaxResults": 50}
        if token := paging.decode(question, cursor, str):
            request["NextToken"] = token
        async with self._athena(f"listing the queries of {group}", "athena:ListQueryExecutions") as athena:
            answer = await athena.list_query_executions(**request)
            listed = answer.get("QueryExecutionIds", ())
            described, faults = await Describer().describe(athena, listed)
            for error in faults.values():
                raise error
        found = [described[each] for each in listed]
        for execution in found:
            if execution["Status"]["State"] not in executions.DONE and executions.is_of(who, execution):
                await self._watcher.take_up(execution["QueryExecutionId"])
        following = answer.get("NextToken")
        return History(
            queries=[_shown(execution) for execution in found if executions.is_of(who, execution, validations=False)],
            next_cursor=paging.encode(question, following) if following else None,
        )

    async def _authorized(self, query: str, database: str, own_results: bool) -> AuthorizedQuery:
        async with self._catalog.authorizer("judging the query", thorough=True, own_results=own_results) as authorizer:
            return await authorizer.authorize(query, database)

    async def _place(self, workgroup: str | None) -> _Place:
        """Where rows go: a prefix of the caller's own, unless the workgroup enforces one location for all."""
        group = workgroup or self._workgroup
        async with self._athena(f"looking at the workgroup {group[:128]!r}", "athena:StartQueryExecution") as athena:
            found = (await athena.get_work_group(WorkGroup=group)).get("WorkGroup", {})
        settings = found.get("Configuration", {})
        configuration = settings.get("ResultConfiguration", {})
        results = configuration.get("OutputLocation", "")
        cutoff = settings.get("BytesScannedCutoffPerQuery")
        if not results.startswith("s3://"):
            raise ToolError(
                f"the workgroup {group!r} says no place in S3 for results; name another one, athena_workgroups_list "
                "shows them, or let the operator set it"
            )
        # Athena's default; what a query says of its results is ignored then.
        if settings.get("EnforceWorkGroupConfiguration", True):
            return _Place(group, results, None, cutoff)
        results = f"{results.rstrip('/')}/{executions.owner(principal())}/"
        return _Place(group, results, configuration | {"OutputLocation": results}, cutoff)

    async def _start(self, authorized: AuthorizedQuery, text: str, database: str, place: _Place) -> str:
        """Start an authorized statement, or its explanation."""
        async with self._aws.service(
            "athena", "running the query", "athena:StartQueryExecution", Query(authorized.buckets, place.results)
        ) as athena:
            answer = await athena.start_query_execution(
                QueryString=executions.signed(principal(), text),
                QueryExecutionContext={"Catalog": "AwsDataCatalog", "Database": database.lower()},
                WorkGroup=place.workgroup,
                **({"ResultConfiguration": place.configuration} if place.configuration else {}),
            )
        started: str = answer["QueryExecutionId"]
        return started

    async def _started(self, authorized: AuthorizedQuery, text: str, database: str, place: _Place) -> Watched:
        """Start it, and watch it also when this call ends before Athena has answered."""
        authorize_action(principal(), "athena:GetQueryExecution")

        async def start() -> Watched:
            async with self._watcher.starting() as watch:
                return watch(await self._start(authorized, text, database, place))

        starting = asyncio.ensure_future(start())
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            self._keep(self._abandoned(starting))
            raise

    @asynccontextmanager
    async def _attended(self, started: Watched) -> AsyncIterator[None]:
        """While a call waits for a query."""
        try:
            yield
        except asyncio.CancelledError:
            self._keep(self._abandoned(started))
            raise

    async def _abandoned(self, started: Watched | asyncio.Future[Watched]) -> None:
        """Stop a query whose caller has cancelled the call; it is watched if the call ended otherwise."""
        watched = started if isinstance(started, Watched) else await started
        if is_cancelled():
            async with self._athena("stopping the query", "athena:StopQueryExecution") as athena:
                await athena.stop_query_execution(QueryExecutionId=watched.execution_id)

    def _limit(self, watched: Watched | None) -> str:
        """What an answer says of the limit of a query that still runs."""
        if watched is None:
            return (
                f"more than {MAXIMUM_WATCHED} of your queries run, and this server does not limit what this one scans"
            )
        until = "" if watched.until is None else f" until {watched.until:%Y-%m-%dT%H:%M:%SZ}, when your credentials end"
        return f"this server stops it above {self._most} scanned bytes{until}"

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it after the call's end."""
        task = asyncio.create_task(work)
        self._stopping.add(task)
        task.add_done_callback(self._kept)

    def _kept(self, task: asyncio.Task[None]) -> None:
        self._stopping.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The watcher goes on with it, if it was started.
            log.warning("a query that nobody waits for was not stopped: %s", error)

    async def _page(self, execution: dict[str, Any], limit: int, token: str | None) -> QueryPage:
        execution_id, status = execution["QueryExecutionId"], execution["Status"]
        page = QueryPage(
            execution_id=execution_id,
            state=status["State"],
            columns=[],
            rows=[],
            scanned_bytes=executions.scanned(execution),
            problem=status.get("StateChangeReason") if status["State"] in ("FAILED", "CANCELLED") else None,
        )
        if status["State"] != "SUCCEEDED":
            return page
        results = _location(execution)
        request: dict[str, Any] = {"QueryExecutionId": execution_id, "MaxResults": limit if token else limit + 1}
        if token:
            request["NextToken"] = token
        request["MaxResults"] = min(request["MaxResults"], MAXIMUM_ROWS)
        query = Query((), results) if results.startswith("s3://") else None
        async with self._aws.service("athena", "reading the rows", "athena:GetQueryResults", query) as athena:
            answer = await athena.get_query_results(**request)
        page.columns = [item["Name"] for item in answer["ResultSet"].get("ResultSetMetadata", {}).get("ColumnInfo", ())]
        rows = [
            [cell.get("VarCharValue") for cell in row.get("Data", ())] for row in answer["ResultSet"].get("Rows", ())
        ]
        # Athena's first row is the header.
        page.rows = _bounded(rows[1:] if token is None and rows[:1] == [page.columns] else rows)
        if following := answer.get("NextToken"):
            page.next_cursor = paging.encode(("rows", execution_id), following)
        return page

    def _athena(self, asked: str, action: str) -> Any:
        return self._aws.service("athena", asked, action)


def _location(execution: dict[str, Any]) -> str:
    """The S3 location of the execution's rows."""
    return str(execution.get("ResultConfiguration", {}).get("OutputLocation", ""))


def _bounded(rows: list[list[str | None]]) -> list[list[str | None]]:
    """The rows with long cells cut, so that the page stays within its size."""
    cells = sum(map(len, rows))
    if sum(len(cell or "") for row in rows for cell in row) <= MAXIMUM_RESULT:
        return rows
    most = MAXIMUM_RESULT // cells
    return [
        [cell if cell is None or len(cell) <= most else f"{cell[:most]}... ({len(cell)} characters)" for cell in row]
        for row in rows
    ]


def _shown(execution: dict[str, Any]) -> Execution:
    submitted = execution["Status"].get("SubmissionDateTime")
    return Execution(
        execution_id=execution["QueryExecutionId"],
        state=execution["Status"]["State"],
        query=executions.unsigned(execution["Query"])[:2000],
        database=execution.get("QueryExecutionContext", {}).get("Database"),
        submitted=submitted.isoformat() if submitted is not None else None,
        scanned_bytes=executions.scanned(execution),
    )
