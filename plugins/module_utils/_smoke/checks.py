# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The checks of the smoke test, in order, through the real route."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import remedies
from .route import Answer, Route
from .tokens import GARBAGE, expired_for, forge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

with suppress(ImportError):  # the module says so before any of this runs
    import httpx2
    from mcp import Client, MCPError
    from mcp.client.streamable_http import streamable_http_client

    BELOW_HTTP = (httpx2.HTTPError, OSError)  # TLS's own errors are not always wrapped

MODERN_PROTOCOL = "2026-07-28"
PAUSE = 2.0  # seconds between two looks at a route that is not there yet
NOT_THERE_YET = {404, 502, 503, 504}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "quilt.mcp_server.mcp_smoke_test", "version": "1"},
    },
}
JSON = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@dataclass(frozen=True)
class Plan:
    """What is checked.

    Attributes:
        token: the caller's good token.
        expired_token: one that only its age makes bad; None: that check is left out.
        secrets: what must never be printed.
        expected_tools: names that tools/list must hold.
        tool_name: the tool that is called; None: that check is left out.
        wait: seconds that the route may take to answer at all.
        hint: what to say where another listener rule may have answered.
    """

    route: Route
    token: str
    expired_token: str | None = None
    secrets: tuple[str, ...] = ()
    expected_tools: tuple[str, ...] = ()
    tool_name: str | None = None
    tool_arguments: dict[str, Any] = field(default_factory=dict)
    wait: float = 30.0
    hint: str = ""


@dataclass(frozen=True)
class Check:
    """The outcome of one check; `seconds` is how long it took."""

    name: str
    seconds: float
    seen: str = ""
    failure: CheckFailed | None = None

    @property
    def ok(self) -> bool:
        return self.failure is None

    def result(self) -> dict[str, Any]:
        """As the module returns it."""
        detail = str(self.failure) if self.failure else self.seen
        return {"name": self.name, "ok": self.ok, "detail": detail, "seconds": self.seconds}


class CheckFailed(Exception):
    """A check failed: what was expected, what came, what to do."""

    def __init__(self, expected: str, came: object, remedy: str) -> None:
        super().__init__(f"expected {expected}; came {came}; {remedy}")
        self.expected, self.came, self.remedy = expected, str(came), remedy

    def shown(self, plan: Plan) -> CheckFailed:
        """The same as it is printed: without secrets, and with the hint where another rule may have answered."""
        hinted = plan.hint and self.remedy.endswith(remedies.ELSEWHERE)
        return type(self)(
            self.expected, plan.route.hide(self.came), f"{self.remedy}; {plan.hint}" if hinted else self.remedy
        )


class Unreachable(CheckFailed):
    """Nothing answers at all: the other checks would only repeat it."""


def names(plan: Plan) -> list[str]:
    """The checks of this plan, in order."""
    return [name for name, _check in _checks(plan)]


def run(plan: Plan) -> list[Check]:
    """Every check; after a route that does not answer at all the rest is left out."""
    return asyncio.run(_run(plan))


async def _run(plan: Plan) -> list[Check]:
    done: list[Check] = []
    for name, check in _checks(plan):
        started = time.monotonic()
        plan.route.failure = None
        seen, failure = "", None
        try:
            seen = await check(plan)
        except CheckFailed as error:
            failure = error.shown(plan)
        done.append(Check(name, round(time.monotonic() - started, 3), seen, failure))
        if isinstance(failure, Unreachable):
            break
    return done


def complaint(checks: list[Check]) -> str:
    """The failures of a run, a line each; what came from the same cause is reported once."""
    causes: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        if check.failure:
            causes.setdefault((check.failure.came, check.failure.remedy), []).append(check)
    lines = []
    for first, *others in causes.values():
        also = f" (as do {', '.join(check.name for check in others)})" if others else ""
        lines.append(f"- {first.name}{also}: {first.failure}")
    return "\n".join(lines)


def _checks(plan: Plan) -> list[tuple[str, Callable[[Plan], Awaitable[str]]]]:
    checks: list[tuple[str, Callable[[Plan], Awaitable[str]]]] = [
        ("health", _health),
        ("no_token", _refused(None, "a request without a token")),
        ("garbage_token", _refused(GARBAGE, "a token that is none")),
        ("forged_token", _refused(forge(plan.token), "a token signed with another key")),
    ]
    if plan.expired_token:
        checks.append(("expired_token", _refused(plan.expired_token, "an expired token")))
    checks += [("initialize", _initialize), ("tools_list", _tools_list)]
    if plan.tool_name:
        checks.append(("tool_call", _tool_call))
    return [*checks, ("modern_protocol", _modern)]


async def _health(plan: Plan) -> str:
    """The route answers with the server's own health; a fresh rule or target may take a moment."""
    expected = f"status 200 and the server's health from {plan.route.health_url}"
    deadline = time.monotonic() + plan.wait
    while True:
        last = deadline - time.monotonic() < PAUSE
        try:
            async with plan.route.client() as client:
                response = await client.get(plan.route.health_url)
        except BELOW_HTTP as error:
            raise Unreachable(expected, *_of_error(plan, error)) from error
        if response.status_code == 200 and response.headers.get("content-type", "").startswith("application/json"):
            return f"status 200 from {plan.route.health_url}"
        if last or response.status_code not in NOT_THERE_YET:
            raise CheckFailed(expected, plan.route.answer(response), remedies.of_status(response.status_code))
        await asyncio.sleep(PAUSE)


def _refused(token: str | None, what: str) -> Callable[[Plan], Awaitable[str]]:
    """A check that the token is answered with 401 and a Bearer challenge."""

    async def check(plan: Plan) -> str:
        expected = f"{what} to be refused with 401 and a Bearer challenge"
        try:
            async with plan.route.client(token) as client:
                response = await client.post(plan.route.url, json=INITIALIZE, headers=JSON)
        except BELOW_HTTP as error:
            raise CheckFailed(expected, *_of_error(plan, error)) from error
        answer = plan.route.answer(response)
        if response.is_success:
            remedy = (
                "whoever answers does not authenticate: if it is the MCP server, QUILT_MCP_AUTH must be jwt; otherwise "
            )
            raise CheckFailed(expected, answer, remedy + remedies.ANOTHER_RULE)
        if answer.status != 401:
            raise CheckFailed(expected, answer, remedies.of_status(answer.status))
        if not answer.challenge.startswith("Bearer"):
            raise CheckFailed(expected, answer, remedies.ANOTHER_RULE)
        return "refused with 401"

    return check


async def _initialize(plan: Plan) -> str:
    async with _session(plan, "legacy", "an initialize with a good token") as client:
        info = client.server_info
        return f"{info.name if info else 'server'} speaks {client.protocol_version}"


async def _tools_list(plan: Plan) -> str:
    expected = "tools/list with " + (", ".join(plan.expected_tools) or "at least one tool")
    async with _session(plan, "legacy", expected) as client:
        return await _list_tools(plan, client, expected)


async def _modern(plan: Plan) -> str:
    expected = f"tools/list in protocol {MODERN_PROTOCOL} (without a session)"
    async with _session(plan, MODERN_PROTOCOL, expected) as client:
        return await _list_tools(plan, client, expected)


async def _list_tools(plan: Plan, client: Client, expected: str) -> str:
    tools = {tool.name for tool in (await client.list_tools()).tools}
    missing = sorted(set(plan.expected_tools) - tools)
    if not tools or missing:
        came = f"{', '.join(sorted(tools)) or 'no tool'} (missing: {', '.join(missing) or 'all'})"
        remedy = (
            "check that the running image is the one that was deployed, and that a token of your own has no claim "
            "permissions that excludes the tools: the list has only what the token lets its caller use"
        )
        raise CheckFailed(expected, came, remedy)
    return f"{len(tools)} tools"


async def _tool_call(plan: Plan) -> str:
    arguments = ", ".join(f"{key}={value!r}" for key, value in plan.tool_arguments.items())
    expected = f"a result of {plan.tool_name}({arguments})"
    async with _session(plan, "legacy", expected) as client:
        result = await client.call_tool(plan.tool_name or "", plan.tool_arguments)
    text = " ".join(" ".join(getattr(block, "text", "") for block in result.content).split())
    if result.is_error:
        remedy = "check that the bucket exists and that the task role (or the role it assumes) may read it"
        raise CheckFailed(expected, f"a tool error: {plan.route.hide(text)[:400]}", remedy)
    return f"{plan.tool_name} answered with {len(text)} characters"


@asynccontextmanager
async def _session(plan: Plan, mode: str, expected: str) -> AsyncIterator[Client]:
    """An MCP session of the official client with the good token; its errors become CheckFailed."""
    try:
        async with (
            plan.route.client(plan.token) as http,
            Client(
                _transport(plan.route, http), mode=mode, cache=None, read_timeout_seconds=plan.route.timeout
            ) as client,
        ):
            yield client
    except Exception as error:
        first = _first(error)
        if isinstance(first, CheckFailed):
            raise first from None
        raise _session_failure(plan, expected, first) from error


def _transport(route: Route, http: httpx2.AsyncClient) -> AbstractAsyncContextManager[Any]:
    return streamable_http_client(route.url, http_client=http)


def _first(group: BaseException) -> BaseException:
    """The SDK runs in task groups, which wrap what went wrong."""
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


def _session_failure(plan: Plan, expected: str, error: BaseException) -> CheckFailed:
    answer = plan.route.failure
    if answer is None and isinstance(error, MCPError):
        return CheckFailed(expected, f"the error {error}", "read the task's log")
    if answer is None:
        return CheckFailed(expected, *_of_error(plan, error))
    if answer.status == 401:
        return CheckFailed(expected, answer, _of_refused_token(plan, answer))
    return CheckFailed(expected, answer, remedies.of_status(answer.status))


def _of_error(plan: Plan, error: BaseException) -> tuple[str, str]:
    return remedies.of_error(error, has_certificate=bool(plan.route.client_certificate))


def _of_refused_token(plan: Plan, answer: Answer) -> str:
    ago = expired_for(plan.token)
    if ago is not None:
        return f"the token given expired {ago} seconds ago: give a fresh one, or jwt_secret_id to have one made"
    return remedies.KEY_DIFFERS
