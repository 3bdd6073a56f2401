"""The state of several executions, with as few calls of AWS as its permissions allow."""

import asyncio
from collections.abc import Sequence
from typing import Any

MAXIMUM_TOGETHER = 50  # Athena's own limit
MAXIMUM_ALONE = 10  # calls at once where each execution takes one
_THROTTLED = frozenset(
    ("ThrottlingException", "TooManyRequestsException", "ThrottledException", "Throttling", "RequestLimitExceeded")
)


class Describer:
    """Asks by BatchGetQueryExecution, or by GetQueryExecution where a role does not allow that.

    One for each set of credentials, as it remembers what they allow.
    """

    def __init__(self) -> None:
        self._together = True

    @property
    def together(self) -> bool:
        """Whether several executions are as cheap as one."""
        return self._together

    async def describe(
        self, athena: Any, execution_ids: Sequence[str]
    ) -> tuple[dict[str, dict[str, Any]], dict[str, Exception]]:
        """Executions by their ids, and why others are not known.

        Raises:
            botocore.exceptions.ClientError: if Athena throttles.
        """
        from botocore.exceptions import ClientError

        found: dict[str, dict[str, Any]] = {}
        if self._together:
            try:
                for start in range(0, len(execution_ids), MAXIMUM_TOGETHER):
                    some = list(execution_ids[start : start + MAXIMUM_TOGETHER])
                    answer = await athena.batch_get_query_execution(QueryExecutionIds=some)
                    found |= {each["QueryExecutionId"]: each for each in answer.get("QueryExecutions", ())}
            except ClientError as error:
                if is_throttled(error):
                    raise
                self._together = False
        # Also those that a batch could not describe: each has its own reason.
        left = [each for each in execution_ids if each not in found]
        alone, faults = await _one_by_one(athena, left)
        return found | alone, faults


async def _one_by_one(
    athena: Any, execution_ids: Sequence[str]
) -> tuple[dict[str, dict[str, Any]], dict[str, Exception]]:
    from botocore.exceptions import ClientError

    found: dict[str, dict[str, Any]] = {}
    faults: dict[str, Exception] = {}
    turn = asyncio.Semaphore(MAXIMUM_ALONE)

    async def look(execution_id: str) -> None:
        async with turn:
            try:
                answer = await athena.get_query_execution(QueryExecutionId=execution_id)
            except ClientError as error:
                faults[execution_id] = error
            else:
                found[execution_id] = answer["QueryExecution"]

    await asyncio.gather(*map(look, execution_ids))
    for error in faults.values():
        if is_throttled(error):
            raise error
    return found, faults


def is_throttled(error: Exception) -> bool:
    """Whether AWS asks for fewer requests."""
    answer = getattr(error, "response", {}).get("Error", {})
    return answer.get("Code") in _THROTTLED or "Rate exceeded" in str(answer.get("Message"))
