"""Resources, completions and prompts: the tools' functions through the same gateway."""

from collections.abc import Awaitable

from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.mcpserver.prompts.base import Prompt
from mcp_types import Completion, CompletionArgument, CompletionContext
from pydantic import BaseModel

from .aws import Gateway
from .config import Config
from .protocol import prompts
from .protocol.server import QuiltServer
from .tools.athena_catalog import AthenaCatalogTools
from .tools.buckets import BucketTools
from .tools.identity import IdentityTools
from .tools.packages_list import PackagesListTools
from .tools.packages_read import PackagesReadTools

MAXIMUM_ENTRIES = 1000  # of a package that its resource lists; package_browse has the rest
MAXIMUM_VALUES = 100  # of a completion; the protocol's own limit


class Resources:
    """The resources that the server offers in addition to its tools."""

    def __init__(self, config: Config, aws: Gateway) -> None:
        self._identity = IdentityTools(config)
        self._buckets = BucketTools(aws)
        self._packages = PackagesListTools(aws)
        self._entries = PackagesReadTools(aws)
        self._databases = AthenaCatalogTools(config, aws)

    def register(self, server: QuiltServer) -> None:
        """Add everything to the server."""
        kind = "application/json"
        server.resource("auth://status", title="Who you act for", mime_type=kind)(self.auth_status)
        server.resource("athena://databases", title="Databases", mime_type=kind)(self.databases)
        server.resource("athena://workgroups", title="Workgroups", mime_type=kind)(self.workgroups)
        server.resource("quilt+s3://{bucket}#package={name}", title="Package", mime_type=kind)(self.package)
        server.resource("quilt+s3://{bucket}#package={name}&path={path}", title="Text file of a package")(self.file)
        server.require("athena://databases", "glue:GetTables")
        server.require("athena://workgroups", "athena:ListWorkGroups")
        for template in ("quilt+s3://{bucket}#package={name}", "quilt+s3://{bucket}#package={name}&path={path}"):
            server.require(template, "s3:GetObject")
        for prompt in (getattr(prompts, name) for name in prompts.__all__):
            server.add_prompt(Prompt.from_function(prompt))
        server.completion()(self.complete)  # type: ignore[no-untyped-call]  # the SDK has no type here

    async def auth_status(self) -> str:
        """The user, what the token grants, and when it expires."""
        return await _json(self._identity.whoami())

    async def databases(self) -> str:
        """The databases that hold tables you may read."""
        return await _json(self._databases.athena_databases_list())

    async def workgroups(self) -> str:
        """Athena's workgroups, and the default one."""
        return await _json(self._databases.athena_workgroups_list())

    async def package(self, bucket: str, name: str) -> str:
        """A Quilt package (user/name, user/name@top_hash or user/name:tag): its metadata and its first 1000 entries."""
        name, top_hash = await _asked(self._entries.version(bucket, name))
        return await _json(self._entries.package_browse(bucket, name, top_hash, limit=MAXIMUM_ENTRIES))

    async def file(self, bucket: str, name: str, path: str) -> str:
        """A text file in a Quilt package, such as its README.md; the first 256 KiB."""
        name, top_hash = await _asked(self._entries.version(bucket, name))
        return await _asked(self._entries.text(bucket, name, top_hash, path))

    async def complete(
        self, ref: object, argument: CompletionArgument, context: CompletionContext | None
    ) -> Completion | None:
        """The completions of an argument of a prompt or a resource, without values that the caller may not see."""
        given = (context.arguments if context is not None else None) or {}
        try:
            values = await self._values(argument.name, argument.value, given)
        except ToolError:
            return None
        return Completion(values=values[:MAXIMUM_VALUES], has_more=len(values) > MAXIMUM_VALUES)

    async def _values(self, name: str, begun: str, given: dict[str, str]) -> list[str]:
        if name == "bucket":
            return [bucket for bucket in (await self._buckets.bucket_list()).buckets if bucket.startswith(begun)]
        if name in ("name", "package") and "bucket" in given:
            found = await self._packages.packages_list(given["bucket"], begun[:200], limit=MAXIMUM_VALUES + 1)
            return found.packages
        if name == "database":
            names = (await self._databases.athena_databases_list()).databases
        elif name == "table" and "database" in given:
            names = (await self._databases.athena_tables_list(given["database"], limit=1000)).tables
        else:
            names = []
        return [each for each in names if each.startswith(begun.lower())]


async def _json(question: Awaitable[BaseModel]) -> str:
    return (await _asked(question)).model_dump_json()


async def _asked[T](question: Awaitable[T]) -> T:
    """The answer; what fails becomes a resource's error with the same sentence."""
    try:
        return await question
    except ToolError as error:
        raise ResourceError(str(error)) from error
