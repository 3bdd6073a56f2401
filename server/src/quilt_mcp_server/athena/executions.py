"""Query executions: identification of their owner, and what they say."""

import hashlib
import re
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from ..auth.principal import Principal

VALIDATE = "EXPLAIN (TYPE VALIDATE)"  # before a statement that is only checked
DONE = ("SUCCEEDED", "FAILED", "CANCELLED")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


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


def scanned(execution: dict[str, Any]) -> int:
    """Bytes of S3 that the execution has read."""
    return int(execution.get("Statistics", {}).get("DataScannedInBytes", 0))
