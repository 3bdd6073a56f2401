"""Making packages and new versions of them. Objects are not copied: entries refer to them where they are."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from ..aws import Gateway
from ..config import Config
from ..globs import matcher
from ..protocol.tool import TIME_SHARE, Bucket, Message, Metadata, PackageName, Registry, WorkflowId, tool
from ..quilt.draft import Draft, Value
from ..quilt.locations import ObjectLocation, check_package_name, logical_problem, parse_bucket
from ..quilt.manifest import lines
from ..quilt.merging import merge, path_order
from ..quilt.publishing import publish, record_time
from ..quilt.registry import Pointer, has_time, no_package, open_manifest, read_pointer
from ..transport.disconnect import uninterrupted
from ..turns import Turn
from ..workflows import Workflow, Workflows
from .entries_to_add import EntryToAdd, Item, describe, items, refuse

MAXIMUM_OBJECTS = 5000  # of a prefix that become a package in one call
_OWN = ".quilt/"

Patterns = Annotated[list[Annotated[str, Field(max_length=200)]] | None, Field(max_length=20)]


class PackageRevision(BaseModel):
    top_hash: str
    entries: int
    size: int
    written: Annotated[bool, Field(description="False: it was the latest already.")]


class PackagesWriteTools:
    """Writes packages."""

    def __init__(self, config: Config, aws: Gateway, workflows: Workflows) -> None:
        self._aws = aws
        self._workflows = workflows
        self._seconds = config.tool_timeout * TIME_SHARE

    @tool(
        "Make a package of a prefix",
        read_only=False,
        actions=(
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutObject",
        ),
    )
    async def package_create_from_s3(
        self,
        source_bucket: Bucket,
        package_name: PackageName,
        source_prefix: Annotated[str, Field(max_length=1024)] = "",
        target_registry: Annotated[str | None, Field(description="Default: source_bucket.", max_length=70)] = None,
        include_patterns: Annotated[Patterns, Field(description="Globs.")] = None,
        exclude_patterns: Patterns = None,
        metadata: Metadata = None,
        message: Message = None,
        workflow: WorkflowId = None,
    ) -> PackageRevision:
        """Make a new Quilt package of all objects below a prefix. Nothing is copied."""
        source, name = parse_bucket(source_bucket), check_package_name(package_name)
        registry = parse_bucket(target_registry) if target_registry else source
        await self._may_write(registry, name)
        chosen = await self._workflows.choose(registry, name, workflow, message)
        await self._workflows.check_metadata(chosen, metadata)
        found = await self._below(source, source_prefix, include_patterns, exclude_patterns or [])
        return await self._create(registry, name, found, _header(metadata, chosen, message), chosen)

    @tool(
        "Make a package",
        read_only=False,
        actions=(
            "s3:GetObject",
            "s3:PutObject",
        ),
    )
    async def package_create(
        self,
        registry: Registry,
        package_name: PackageName,
        entries: Annotated[list[EntryToAdd], Field(min_length=1, max_length=1000)],
        metadata: Metadata = None,
        message: Message = None,
        workflow: WorkflowId = None,
    ) -> PackageRevision:
        """Make a new Quilt package of objects in S3, from any of your buckets. Nothing is copied."""
        bucket, name, wanted = parse_bucket(registry), check_package_name(package_name), items(entries)
        await self._may_write(bucket, name)
        chosen = await self._workflows.choose(bucket, name, workflow, message)
        await self._workflows.check_metadata(chosen, metadata)
        return await self._create(bucket, name, wanted, _header(metadata, chosen, message), chosen)

    @tool(
        "Change a package",
        read_only=False,
        guards=("top_hash",),
        actions=(
            "s3:GetObject",
            "s3:PutObject",
        ),
    )
    async def package_update(
        self,
        registry: Registry,
        package_name: PackageName,
        entries: Annotated[list[EntryToAdd], Field(description="Added or replaced.", max_length=1000)] = [],  # noqa: B006
        remove: Annotated[list[Annotated[str, Field(max_length=1024)]], Field(max_length=1000)] = [],  # noqa: B006
        metadata: Annotated[Metadata, Field(description="Replaces the package's.")] = None,
        message: Message = None,
        workflow: WorkflowId = None,
        top_hash: Annotated[
            str | None, Field(description="Refuse if the latest is another.", min_length=64, max_length=64)
        ] = None,
    ) -> PackageRevision:
        """Push a new version of a Quilt package: entries added, replaced or removed. Older versions stay."""
        bucket, name, wanted = parse_bucket(registry), check_package_name(package_name), items(entries, remove)
        if not wanted and not remove and metadata is None:
            raise ToolError("nothing would change: give entries, remove or metadata")
        await self._may_write(bucket, name)
        before = await self._latest(bucket, name)
        if before is None:
            raise no_package(bucket, name)
        if before.top_hash is None:
            raise ToolError(f"the package {name} in s3://{bucket} is damaged: its tag latest holds no top hash")
        if top_hash not in (None, before.top_hash):
            raise ToolError(
                f"the latest version of {name} is {before.top_hash}, not {top_hash}; look at it and try again"
            )
        chosen = await self._workflows.choose(bucket, name, workflow, message)
        if metadata is not None:
            await self._workflows.check_metadata(chosen, metadata)
        values = await describe(self._aws, wanted, self._seconds)
        changes: dict[str, Value | None] = {value["logical_key"]: value for value in values}
        changes |= dict.fromkeys(remove)
        async with (
            self._aws.bucket(bucket, f"reading the package {name} in s3://{bucket}") as s3,
            await open_manifest(s3, bucket, before.top_hash, 0) as body,
        ):
            draft = await merge(
                lines(body), lambda old: _header(metadata, chosen, message, old), changes, before.top_hash
            )
        with draft:
            if metadata is None:
                await self._workflows.check_metadata(chosen, draft.header.get("user_meta"))
            return await self._push(bucket, name, draft, chosen, before)

    async def _create(
        self, bucket: str, name: str, wanted: list[Item], header: Value, chosen: Workflow
    ) -> PackageRevision:
        values = await describe(self._aws, wanted, self._seconds)
        with Draft(header) as draft:
            turn = Turn()
            for value in sorted(values, key=lambda value: path_order(value["logical_key"])):
                await turn.pause()
                draft.entry(value)
            before = await self._latest(bucket, name)
            if before is not None and before.top_hash != draft.top_hash:
                raise ToolError(f"there is a package {name} in s3://{bucket} already; change it with package_update")
            return await self._push(bucket, name, draft, chosen, before)

    async def _push(
        self, bucket: str, name: str, draft: Draft, chosen: Workflow, before: Pointer | None
    ) -> PackageRevision:
        await self._workflows.check_entries(chosen, draft)
        # The same again, such as a call that is repeated because its answer was lost, is no new version.
        written = before is None or before.top_hash != draft.top_hash
        async with self._aws.bucket(bucket, _pushing(bucket, name), "s3:PutObject") as s3:
            if written:
                await publish(s3, bucket, name, draft, before)
            elif not await has_time(s3, bucket, name, draft.top_hash):
                # The rest of an earlier call that was interrupted.
                with uninterrupted():
                    await record_time(s3, bucket, name, draft.top_hash)
        return PackageRevision(top_hash=draft.top_hash, entries=draft.entries, size=draft.size, written=written)

    async def _may_write(self, bucket: str, name: str) -> None:
        """Pass, if the token lets the caller write there. Checked before the work."""
        async with self._aws.bucket(bucket, _pushing(bucket, name), "s3:PutObject"):
            pass

    async def _latest(self, bucket: str, name: str) -> Pointer | None:
        async with self._aws.bucket(bucket, f"looking for the package {name} in s3://{bucket}") as s3:
            return await read_pointer(s3, bucket, name)

    async def _below(
        self, bucket: str, prefix: str, include: Iterable[str] | None, exclude: Iterable[str]
    ) -> list[Item]:
        """The objects below a prefix whose paths are wanted; paths begin behind the prefix's last slash."""
        start = prefix.rpartition("/")[0]
        start = f"{start}/" if start else ""
        request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
        found: list[Item] = []
        wanted = _wanted(include, exclude)
        turn = Turn()
        while True:
            async with self._aws.bucket(bucket, f"listing s3://{bucket}/{prefix}", "s3:ListBucket") as s3:
                answer = await s3.list_objects_v2(**request)
            for listed in answer.get("Contents", ()):
                await turn.pause()
                key = listed["Key"]
                path = key[len(start) :]
                # A key that ends in a slash is a console's folder; Quilt's own files are no data.
                if path.endswith("/") or not path or key.startswith(_OWN):
                    continue
                if wanted(path):
                    found.append(Item(path, ObjectLocation(bucket, key)))
            if len(found) > MAXIMUM_OBJECTS:
                raise ToolError(
                    f"there are more than {MAXIMUM_OBJECTS} objects below s3://{bucket}/{prefix}; narrow the prefix or "
                    "the patterns, and add the rest with package_update"
                )
            if not answer.get("IsTruncated"):
                break
            request["ContinuationToken"] = answer["NextContinuationToken"]
        if not found:
            raise ToolError(
                f"no object below s3://{bucket}/{prefix} is wanted; bucket_objects_list shows what is there"
            )
        refuse([problem for item in found if (problem := logical_problem(item.key))])
        return found


def _wanted(include: Iterable[str] | None, exclude: Iterable[str]) -> Callable[[str], bool]:
    included = None if include is None else [matcher(pattern) for pattern in include]
    excluded = [matcher(pattern) for pattern in exclude]

    def wanted(path: str) -> bool:
        if included is not None and not any(matches(path) for matches in included):
            return False
        return not any(matches(path) for matches in excluded)

    return wanted


def _header(metadata: Metadata, chosen: Workflow, message: str | None, old: Value | None = None) -> Value:
    """A manifest's first line, with the parts in quilt3's order."""
    header = {name: value for name, value in (old or {"version": "v0"}).items() if name not in ("top_hash", "workflow")}
    if metadata is not None:
        header["user_meta"] = metadata
    if chosen.header is not None:
        header["workflow"] = chosen.header
    return header | {"message": message}


def _pushing(bucket: str, name: str) -> str:
    return f"pushing the package {name} to s3://{bucket}"
