"""The MCP server: the SDK's, with this server's rules for every tool call."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Self

from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolResult,
    GetPromptResult,
    InputRequiredResult,
    TextContent,
    ToolAnnotations,
)
from pydantic import AnyUrl, PrivateAttr, ValidationError
from pydantic_core import from_json, to_json

from .. import __version__
from ..globs import is_granted
from ..telemetry import mcp_methods
from ..telemetry.logs import record
from ..transport.disconnect import ClientGoneError, WhileConnected
from .resource_uri import template_form
from .schemas import for_arguments, for_results
from .tool import ToolOptions, tools_of, without_empty

log = logging.getLogger(__name__)

_GONE = "the client hung up, and the request was stopped"  # for the log; nobody reads the answer
# The lists that have one page: where its items are, and what an item is known by.
_LISTS = {
    "tools/list": ("tools", "name"),
    "prompts/list": ("prompts", "name"),
    "resources/list": ("resources", "uri"),
    "resources/templates/list": ("resourceTemplates", "uriTemplate"),
}
_PRIVATE: dict[CacheableMethod, CacheHint] = {
    "tools/list": CacheHint(scope="private"),
    "prompts/list": CacheHint(scope="private"),
    "resources/list": CacheHint(scope="private"),
    "resources/templates/list": CacheHint(scope="private"),
    "resources/read": CacheHint(scope="private"),
}
_FAULTS, _FAULT = 20, 500  # reasons in one error, and characters of one
MAXIMUM_RESULT = 1024 * 1024  # characters of a tool's result
INSTRUCTIONS = (
    "Data in Amazon S3, organized as Quilt packages. bucket_list shows the buckets you may use; packages_list and "
    "package_browse show packages, which are versioned; bucket_object_text reads a file. Lists are paged: pass "
    "next_cursor on as cursor."
)


class QuiltServer(MCPServer[Any]):
    """The SDK's server; every tool call passes through `call_tool`."""

    def __init__(self, tool_timeout: int, permissions: Callable[[], frozenset[str] | None] = lambda: None) -> None:
        """Make a server without tools.

        Args:
            tool_timeout: Seconds that a call may take.
            permissions: The actions that the caller of the request being served is limited to.
        """
        self._tool_timeout = tool_timeout
        self._lists = UsableLists(permissions)
        self._optional: dict[str, frozenset[str]] = {}
        self._guards: dict[str, frozenset[str]] = {}
        super().__init__(
            name="quilt-mcp-server",
            title="Quilt",
            version=__version__,
            instructions=INSTRUCTIONS,
            subscriptions=False,
            middleware=[self._bounded, OnePageLists(), self._lists],
            # What is listed depends on the caller's permissions.
            cache_hints=_PRIVATE,
        )

    def add_group(self, group: object) -> None:
        """Register every tool of a group."""
        for method, options in tools_of(group):
            self._add(method, options)

    def _add(self, method: Callable[..., Any], options: ToolOptions) -> None:
        name = method.__name__
        self.add_tool(
            method,
            title=options.title,
            description=" ".join((method.__doc__ or "").split()),
            annotations=ToolAnnotations(
                read_only_hint=options.read_only,
                # For a tool that only reads, the protocol ignores the other hints.
                destructive_hint=None if options.read_only else options.destructive,
                idempotent_hint=None if options.read_only else options.idempotent,
            ),
            structured_output=True,
        )
        added = self._tool_manager.get_tool(name)
        results = added.fn_metadata.output_schema if added is not None else None
        if added is None or results is None:
            raise TypeError(f"the tool {name} has no output schema")
        properties, required = added.parameters.get("properties", {}), added.parameters.get("required", ())
        self._optional[name] = frozenset(properties) - frozenset(required)
        self._guards[name] = options.guards
        self._lists.add(name, options.actions)
        added.fn_metadata = ArgumentsAsWritten.of(added.fn_metadata)
        added.parameters = for_arguments(added.parameters)
        added.fn_metadata.output_schema = for_results(results)

    def require(self, uri: str, *actions: str) -> None:
        """Say which actions a resource always takes, by its URI or template."""
        self._lists.add(uri, actions)

    async def _bounded(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Serve any request within the time of a tool, and write its method into its record.

        Raises:
            MCPError: without what went wrong inside, which the SDK would send.
        """
        method = record().method = mcp_methods.for_logs(ctx.method)
        # A tool's own end comes first, and is reported as a tool's error.
        seconds = self._tool_timeout + (method == "tools/call")
        try:
            if method == "tools/call":  # Which knows whether it only reads.
                async with asyncio.timeout(seconds):
                    return await call_next(ctx)
            async with WhileConnected(), asyncio.timeout(seconds):
                return await call_next(ctx)
        except MCPError:
            raise
        except ClientGoneError as error:
            record().outcome = "disconnected"
            raise MCPError(INTERNAL_ERROR, _GONE) from error
        except ValidationError as error:
            raise MCPError(INVALID_PARAMS, f"Invalid request parameters: {_faults(error, 'params')}", "") from error
        except TimeoutError as error:
            record().outcome = "timeout"
            raise MCPError(INTERNAL_ERROR, f"{method} took longer than {seconds} s and was stopped") from error
        except Exception as error:
            record().outcome = "crash"
            log.exception("%s failed", method)
            raise MCPError(INTERNAL_ERROR, _own_fault("the request")) from error

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool within its time; what fails becomes a sentence for the model.

        Raises:
            ToolError: as the SDK's own, with a message that needs no knowledge of the SDK.
        MCPError: if there is no such tool.
        """
        known = self._tool_manager.get_tool(name)
        if known is None:
            # The log and the metrics are never grouped by a value that a caller chose.
            record().tool, record().outcome = "unknown", "unknown_tool"
            raise MCPError(INVALID_PARAMS, f"there is no tool {name[:100]!r}; tools/list shows them")
        record().tool = name
        try:
            _check_names(name, known.parameters["properties"], arguments)
            _check_guards(name, self._guards.get(name, frozenset()), arguments)
            arguments = without_empty(arguments, self._optional.get(name, ()))
            async with WhileConnected(read=_only_reads(known)), asyncio.timeout(self._tool_timeout):
                result = _compact(await super().call_tool(name, arguments, context))
        except TimeoutError as error:
            record().outcome = "timeout"
            raise ToolError(
                f"{name} took longer than {self._tool_timeout} s and was stopped; ask for less at once"
            ) from error
        except ClientGoneError as error:
            record().outcome = "disconnected"
            raise ToolError(_GONE) from error
        except UnexpectedToolError as error:
            record().outcome = "crash"
            raise UnexpectedToolError(_own_fault(name)) from error.__cause__
        except ToolError as error:
            record().outcome = "tool_error"
            raise ToolError(_plain(name, error)) from error.__cause__
        record().outcome = "ok"
        return result

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Any, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read a resource, whose URI is compared in the form of its template.

        Raises:
            MCPError: if the URI cannot be read.
        """
        try:
            form = template_form(str(uri))
        except ValueError as error:
            raise MCPError(INVALID_PARAMS, str(error)) from error
        return await super().read_resource(form, context)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Any, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Write a prompt.

        Raises:
            MCPError: with a sentence for the caller.
        """
        prompt = self._prompt_manager.get_prompt(name)
        if prompt is None:
            raise MCPError(INVALID_PARAMS, f"there is no prompt {name[:100]!r}; prompts/list shows them")
        known = {argument.name: bool(argument.required) for argument in prompt.arguments or ()}
        given = set(arguments or {})
        if given - set(known) or any(required and each not in given for each, required in known.items()):
            listed = ", ".join(f"{each}{'' if required else ' (optional)'}" for each, required in known.items())
            raise MCPError(INVALID_PARAMS, f"the arguments of the prompt {name} are: {listed or 'none'}")
        try:
            return await super().get_prompt(name, arguments, context)
        except ValueError as error:
            raise MCPError(INVALID_PARAMS, f"an argument of the prompt {name} is too long") from error


class ArgumentsAsWritten(FuncMetadata):
    """The SDK's validation of arguments, without its guess that text that is JSON stands for what is in it.

    Some clients write whole objects and lists as text. Arguments that are objects or lists take these still: they are
    never text.
    """

    _written_as_text: frozenset[str] = PrivateAttr(default=frozenset())

    @classmethod
    def of(cls, metadata: FuncMetadata) -> Self:
        """The same for the same arguments."""
        found = cls(
            arg_model=metadata.arg_model,
            output_schema=metadata.output_schema,
            output_model=metadata.output_model,
            wrap_output=metadata.wrap_output,
        )
        properties = metadata.arg_model.model_json_schema()["properties"]
        found._written_as_text = frozenset(name for name, schema in properties.items() if not _takes_text(schema))
        return found

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        """The arguments, with objects and lists read that are written as text."""
        return {name: _read(value) if name in self._written_as_text else value for name, value in data.items()}


def _takes_text(schema: Mapping[str, Any]) -> bool:
    """Whether a value of this schema may be text, or anything but an object or a list."""
    kinds = {option.get("type") for option in schema.get("anyOf", [schema])} - {"null"}
    return not kinds or not kinds <= {"object", "array"}


def _read(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        read = from_json(value)
    except ValueError:
        return value
    return read if isinstance(read, dict | list) else value


class OnePageLists:
    """Refuses cursors of lists that have one page, as none of them is this server's. No cursor, null and "" are one."""

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        params = ctx.params or {}
        if ctx.method not in _LISTS or "cursor" not in params:
            return await call_next(ctx)
        if isinstance(params["cursor"], str) and params["cursor"]:
            raise MCPError(
                INVALID_PARAMS, f"the cursor is none of this server's: {ctx.method} has one page, without one"
            )
        if params["cursor"] in (None, ""):
            ctx = replace(ctx, params={name: value for name, value in params.items() if name != "cursor"})
        return await call_next(ctx)


class UsableLists:
    """Lists of tools and resources without those that the caller's permissions exclude.

    The list of everything is kept, in the form of each protocol revision. What a caller gets is chosen from it, so that
    no caller's permissions take memory here.
    """

    def __init__(self, permissions: Callable[[], frozenset[str] | None]) -> None:
        self._permissions = permissions
        self._actions: dict[str, tuple[str, ...]] = {}
        self._known: dict[tuple[str, str], dict[str, Any]] = {}

    def add(self, name: str, actions: tuple[str, ...]) -> None:
        """Say which actions a tool (by its name) or a resource (by its URI or template) always takes."""
        self._actions[name] = actions

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method not in _LISTS or "cursor" in (ctx.params or {}):
            return await call_next(ctx)
        kind = (ctx.method, ctx.protocol_version)
        if kind not in self._known:
            whole = await call_next(ctx)
            if not isinstance(whole, dict):
                return whole
            self._known[kind] = whole
        whole, granted = self._known[kind], self._permissions()
        if granted is None:
            return whole
        field, name = _LISTS[ctx.method]
        return whole | {field: [item for item in whole[field] if self._usable(item[name], granted)]}

    def _usable(self, name: str, granted: frozenset[str]) -> bool:
        return all(
            any(is_granted(pattern, action) for action in either.split("|") for pattern in granted)
            for either in self._actions.get(name, ())
        )


def _only_reads(known: Tool | None) -> bool:
    return known is not None and known.annotations is not None and known.annotations.read_only_hint is True


def _own_fault(what: str) -> str:
    return f"{what} failed: internal server error; give the operator the request id {record().request_id}"


def _check_names(name: str, accepted: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    unknown = sorted(set(arguments) - set(accepted))
    if unknown:
        listed = ", ".join(accepted) or "none"
        raise ToolError(f"{name} has no argument {', '.join(map(repr, unknown))[:200]}; its arguments are: {listed}")


def _check_guards(name: str, guards: frozenset[str], arguments: Mapping[str, Any]) -> None:
    for guard in sorted(guards):
        if arguments.get(guard) == "":
            raise ToolError(f'{name}: {guard}: "" guards nothing; give the value, or leave {guard} out')


def _plain(name: str, error: ToolError) -> str:
    """The error's message without the SDK's prefix and pydantic's links and echoes of the input."""
    if isinstance(error.__cause__, ValidationError):
        return f"{name}: {_faults(error.__cause__, 'arguments')}"
    return str(error).removeprefix(f"Error executing tool {name}: ")


def _faults(error: ValidationError, whole: str) -> str:
    """What is wrong, without links and echoes of the input."""
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or whole}: {fault['msg']}"[:_FAULT]
        for fault in error.errors(include_input=False, include_url=False)[:_FAULTS]
    )


def _compact(result: CallToolResult | InputRequiredResult) -> CallToolResult | InputRequiredResult:
    """The text form without indentation, which only costs a model tokens.

    Raises:
        ToolError: if it is too long. Lists end before, with a cursor.
    """
    if isinstance(result, CallToolResult) and result.structured_content is not None:
        text = to_json(result.structured_content).decode()
        if len(text) > MAXIMUM_RESULT:
            raise ToolError(f"the result would be {len(text)} characters, more than {MAXIMUM_RESULT}; ask for less")
        return result.model_copy(update={"content": [TextContent(type="text", text=text)]})
    return result
