"""The tools, resources and prompts that the conformance suite asks for by name, on the server's own ASGI stack.

Everything but these is the server as it is deployed: routes, middleware, transport settings, QuiltServer.call_tool.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Annotated, Any

from mcp import MCPError
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp_types import (
    AudioContent,
    CallToolResult,
    Completion,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    EmbeddedResource,
    ImageContent,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    TextContent,
    TextResourceContents,
)
from pydantic import Field

from quilt_mcp_server.protocol.server import QuiltServer

# The smallest PNG (one pixel) and the smallest WAV (one sample).
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WAV = base64.b64encode(
    b"RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x02\0\0\0\0\0"
).decode()
MISSING_CAPABILITY = -32021
SCHEMA_2020_12: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
Ctx = Context[Any, Any]


def text(value: str) -> TextContent:
    return TextContent(type="text", text=value)


def image() -> ImageContent:
    return ImageContent(type="image", data=PNG, mime_type="image/png")


def embedded(uri: str, content: str, mime_type: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=content))


def ask(message: str, name: str, kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sample(prompt: str, tokens: int) -> CreateMessageRequest:
    messages = [SamplingMessage(role="user", content=text(prompt))]
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=messages, max_tokens=tokens))


def answered(ctx: Ctx, *keys: str) -> dict[str, Any] | None:
    """What the client said to each of these questions, None if one is open."""
    given = ctx.input_responses or {}
    return {key: given[key] for key in keys} if all(key in given for key in keys) else None


def field(answer: Any, name: str) -> Any:
    """One value of an elicitation's accepted form; None where it was not given."""
    return (getattr(answer, "content", None) or {}).get(name)


class FixtureServer(QuiltServer):
    """The server, with what the suite requires in addition to the server's own tools."""

    def __init__(self, tool_timeout: int, permissions: Callable[[], frozenset[str] | None]) -> None:
        super().__init__(tool_timeout, permissions)
        _contents(self)
        _input_required(self)
        _resources(self)
        _prompts(self)


def _contents(server: FixtureServer) -> None:
    @server.tool()
    def test_simple_text() -> str:
        """Plain text."""
        return "This is a simple text response for testing."

    @server.tool()
    def test_image_content() -> list[ImageContent]:
        """An image."""
        return [image()]

    @server.tool()
    def test_audio_content() -> list[AudioContent]:
        """A sound."""
        return [AudioContent(type="audio", data=WAV, mime_type="audio/wav")]

    @server.tool()
    def test_embedded_resource() -> list[EmbeddedResource]:
        """A resource."""
        return [embedded("test://embedded-resource", "This is an embedded resource content.")]

    @server.tool()
    def test_multiple_content_types() -> CallToolResult:
        """Three kinds at once."""
        data = json.dumps({"test": "data", "value": 123})
        resource = embedded("test://mixed-content-resource", data, "application/json")
        return CallToolResult(content=[text("Multiple content types test:"), image(), resource])

    @server.tool()
    async def test_tool_with_logging(ctx: Ctx) -> str:
        """Three log messages."""
        for step in ("started", "processing data", "completed"):
            await ctx.info(f"Tool execution {step}")
        return "done"

    @server.tool()
    async def test_tool_with_progress(ctx: Ctx) -> str:
        """Three reports."""
        for step in (0, 50, 100):
            await ctx.report_progress(step, 100)
        return "done"

    @server.tool()
    async def test_logging_tool(ctx: Ctx) -> str:
        """A log message, which nobody asked for."""
        await ctx.info("Tool execution")
        return "done"

    @server.tool()
    def test_streaming_elicitation() -> str:
        """Asks nothing: there is no stream."""
        return "done"

    @server.tool()
    def test_error_handling() -> str:
        """Fails."""
        raise RuntimeError("This tool intentionally returns an error for testing")

    @server.tool()
    def test_missing_capability(ctx: Ctx) -> str:
        """Needs a client that can sample."""
        capabilities = ctx.client_capabilities
        if capabilities is None or capabilities.sampling is None:
            needed: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
            raise MCPError(MISSING_CAPABILITY, "this tool needs the client capability sampling", needed)
        return "done"

    @server.tool()
    def test_x_mcp_header(
        region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
        count: Annotated[int, Field(json_schema_extra={"x-mcp-header": "Count"})] = 1,
    ) -> str:
        """Arguments that are repeated in headers."""
        return f"{region} {count}"

    @server.tool()
    def json_schema_2020_12_tool() -> str:
        """Tool with JSON Schema 2020-12 features"""
        return "done"

    tool = server._tool_manager.get_tool("json_schema_2020_12_tool")
    assert tool is not None
    tool.parameters = SCHEMA_2020_12


def _input_required(server: FixtureServer) -> None:
    """Tools of the revision 2026-07-28 that answer with questions to the client."""

    @server.tool()
    def test_input_required_result_elicitation(ctx: Ctx) -> str | InputRequiredResult:
        """One form."""
        answers = answered(ctx, "user_name")
        if answers is None or not isinstance(field(answers["user_name"], "name"), str):
            return InputRequiredResult(input_requests={"user_name": ask("What is your name?", "name")})
        return f"Hello, {field(answers['user_name'], 'name')}!"

    @server.tool()
    def test_input_required_result_sampling(ctx: Ctx) -> str | InputRequiredResult:
        """One question to the model."""
        answers = answered(ctx, "capital_question")
        if answers is None:
            question = sample("What is the capital of France?", 100)
            return InputRequiredResult(input_requests={"capital_question": question})
        return str(answers["capital_question"].content.text)

    @server.tool()
    def test_input_required_result_list_roots(ctx: Ctx) -> str | InputRequiredResult:
        """The client's roots."""
        answers = answered(ctx, "client_roots")
        if answers is None:
            return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})
        return ", ".join(str(root.uri) for root in answers["client_roots"].roots)

    @server.tool()
    def test_input_required_result_request_state(ctx: Ctx) -> str | InputRequiredResult:
        """State that comes back."""
        if answered(ctx, "confirm") is None or ctx.request_state != "round 1":
            form = ask("Please confirm", "ok", "boolean")
            return InputRequiredResult(input_requests={"confirm": form}, request_state="round 1")
        return "state-ok"

    @server.tool()
    def test_input_required_result_tampered_state(ctx: Ctx) -> str | InputRequiredResult:
        """State that is sealed by the SDK."""
        if ctx.request_state is None:
            form = ask("Please confirm", "ok", "boolean")
            return InputRequiredResult(input_requests={"confirm": form}, request_state="sealed")
        return "state-ok"

    @server.tool()
    def test_input_required_result_multiple_inputs(ctx: Ctx) -> str | InputRequiredResult:
        """All kinds at once."""
        if answered(ctx, "user_name", "greeting", "client_roots") is None:
            questions: dict[str, Any] = {
                "user_name": ask("What is your name?", "name"),
                "greeting": sample("Generate a greeting", 50),
                "client_roots": ListRootsRequest(),
            }
            return InputRequiredResult(input_requests=questions, request_state="all")
        return "done"

    @server.tool()
    def test_input_required_result_multi_round(ctx: Ctx) -> str | InputRequiredResult:
        """Two rounds."""
        if ctx.request_state == "round 2" and answered(ctx, "step2") is not None:
            return "done"
        if ctx.request_state == "round 1" and answered(ctx, "step1") is not None:
            form = ask("Step 2: What is your favorite color?", "color")
            return InputRequiredResult(input_requests={"step2": form}, request_state="round 2")
        form = ask("Step 1: What is your name?", "name")
        return InputRequiredResult(input_requests={"step1": form}, request_state="round 1")

    @server.tool()
    def test_input_required_result_capabilities(ctx: Ctx) -> str | InputRequiredResult:
        """Asks only for what the client declared."""
        capabilities = ctx.client_capabilities
        questions: dict[str, Any] = {}
        if capabilities is not None and capabilities.sampling is not None:
            questions["sampled"] = sample("Generate a greeting", 50)
        if capabilities is not None and capabilities.elicitation is not None:
            questions["asked"] = ask("What is your name?", "name")
        return InputRequiredResult(input_requests=questions) if questions else "nothing to ask with"

    @server.prompt()
    def test_input_required_result_prompt(ctx: Ctx) -> list[UserMessage] | InputRequiredResult:
        """A prompt that asks first."""
        answers = answered(ctx, "user_context")
        if answers is None:
            form = ask("What context should the prompt use?", "context")
            return InputRequiredResult(input_requests={"user_context": form})
        return [UserMessage(content=text(f"Use this context: {field(answers['user_context'], 'context')}"))]


def _resources(server: FixtureServer) -> None:
    @server.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        """Text."""
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        """Bytes."""
        return base64.b64decode(PNG)

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def template(id: str) -> str:
        """Text that depends on the address."""
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})

    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator]
    async def complete(ref: Any, argument: Any, context: Any) -> Completion:
        """Words that begin like the argument."""
        words = [word for word in ("paris", "park", "party") if word.startswith(argument.value)]
        return Completion(values=words, total=len(words), has_more=False)


def _prompts(server: FixtureServer) -> None:
    @server.prompt()
    def test_simple_prompt() -> list[UserMessage]:
        """Without arguments."""
        return [UserMessage(content=text("This is a simple prompt for testing."))]

    @server.prompt()
    def test_prompt_with_arguments(arg1: str, arg2: str) -> list[UserMessage]:
        """With two."""
        return [UserMessage(content=text(f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"))]

    @server.prompt()
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[UserMessage]:
        """With a resource."""
        resource = embedded(resourceUri, "Embedded resource content for testing.")
        return [UserMessage(content=resource), UserMessage(content=text("Please process the embedded resource above."))]

    @server.prompt()
    def test_prompt_with_image() -> list[UserMessage]:
        """With an image."""
        return [UserMessage(content=image()), UserMessage(content=text("Please analyze the image above."))]
