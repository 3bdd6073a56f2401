"""Query executions: start, wait, and identification of their owner."""

import asyncio
import hashlib
import re
import time
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from ..auth.principal import Principal

VALIDATE = "EXPLAIN (TYPE VALIDATE)"  # before a statement that is only checked
DONE = ("SUCCEEDED", "FAILED", "CANCELLED")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_POLL_FIRST, _POLL_LAST = 0.2, 3.0  # seconds between two polls


def signed(who: Principal, text: str) -> str:
    """The statement with a comment at its end that names its owner."""
    return f"{text}\n{_owner_comment(who)}"


def is_of(who: Principal, execution: dict[str, Any], *, validations: bool = True) -> bool:
    """Whether the caller started this execution here; `validations`: also if it only checked a statement."""
    query = str(execution.get("Query", ""))
    return query.endswith(f"\n{_owner_comment(who)}") and (validations or not query.startswith(VALIDATE))


def unsigned(text: str) -> str:
    """The statement as its owner knows it."""
    return text.rpartition("\n-- quilt-mcp ")[0]


def owner(who: Principal) -> str:
    """A short name of the caller that does not reveal the identity."""
    return hashlib.sha256(who.identity.encode()).hexdigest()[:24]


def _owner_comment(who: Principal) -> str:
    return f"-- quilt-mcp {owner(who)}"


async def own(athena: Any, who: Principal, execution_id: str) -> dict[str, Any]:
    """An execution of the caller's.

    Raises:
        ToolError: if it is another's, or there is none: the same words for both.
    """
    from botocore.exceptions import ClientError

    missing = ToolError(f"you started no query {execution_id[:40]!r} here; athena_query_history shows yours")
    if not _ID.match(execution_id):
        raise missing
    try:
        execution: dict[str, Any] = (await athena.get_query_execution(QueryExecutionId=execution_id))["QueryExecution"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidRequestException":
            raise
        raise missing from error
    if not is_of(who, execution):
        raise missing
    return execution


async def wait(athena: Any, execution_id: str, seconds: float, most_bytes: int) -> dict[str, Any]:
    """The execution when it is done, or as it is after some seconds.

    Raises:
        ToolError: if it scanned more than `most_bytes`, after which it is stopped.
    """
    deadline = time.monotonic() + seconds
    pause = _POLL_FIRST
    while True:
        execution: dict[str, Any] = (await athena.get_query_execution(QueryExecutionId=execution_id))["QueryExecution"]
        if execution["Status"]["State"] in DONE:
            return execution
        if scanned(execution) > most_bytes:
            await athena.stop_query_execution(QueryExecutionId=execution_id)
            raise ToolError(
                f"the query was stopped: it scanned more than {most_bytes} bytes; filter by partition keys, or select "
                "fewer columns"
            )
        if time.monotonic() + pause > deadline:
            return execution
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _POLL_LAST)


def scanned(execution: dict[str, Any]) -> int:
    """Bytes of S3 that the execution has read."""
    return int(execution.get("Statistics", {}).get("DataScannedInBytes", 0))
