"""Whether a package is what it says: its manifest, the workflow it was pushed under, the objects of its entries."""

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from ..auth.principal import may_touch, principal
from ..aws import Gateway
from ..aws.hashing import Found, calculate, look_up
from ..config import Config
from ..protocol import paging
from ..protocol.tool import NO_WORKFLOW, TIME_SHARE, Cursor, NextCursor, PackageName, Registry, TopHash, tool
from ..quilt import checksums
from ..quilt.draft import Draft, Value
from ..quilt.locations import check_package_name, parse_bucket
from ..quilt.manifest import entry_key, lines, physical_location
from ..quilt.merging import merge
from ..quilt.registry import open_manifest
from ..workflows import Workflows
from .packages_read import where

MAXIMUM_READ = 64 * 1024 * 1024  # bytes of an object that is read to be hashed
MAXIMUM_READ_CRC = 8 * 1024 * 1024  # the same where Python calculates it byte by byte
MAXIMUM_PART = 1024 * 1024  # bytes of a manifest whose entries are checked in one call
_AT_ONCE = 16
_CHECKED = ("logical_key", "physical_keys", "size", "hash")


class EntryProblem(BaseModel):
    logical_key: str | None  # None: the package itself
    problem: str


class PackageValidation(BaseModel):
    top_hash: str
    checked: int  # entries of this page
    unverified: Annotated[int, Field(description="Of these not the hash.")]
    problems: list[EntryProblem]
    next_cursor: NextCursor = None


class PackagesValidateTools:
    """Checks packages."""

    def __init__(self, config: Config, aws: Gateway, workflows: Workflows) -> None:
        self._aws = aws
        self._workflows = workflows
        self._seconds = config.tool_timeout * TIME_SHARE

    @tool("Check a package", actions=("s3:GetObject",))
    async def package_validate(
        self,
        registry: Registry,
        package_name: PackageName,
        top_hash: TopHash = None,
        read_objects: Annotated[bool, Field(description="Hash what S3 keeps no checksum of.")] = False,
        limit: Annotated[int, Field(ge=1, le=1000)] = 200,
        cursor: Cursor = None,
    ) -> PackageValidation:
        """Check a Quilt package: its top hash and workflow (first page), each entry's object, its size and hash."""
        bucket, name = parse_bucket(registry), check_package_name(package_name)
        deadline = time.monotonic() + self._seconds
        question = ("validate", bucket, name, top_hash, read_objects)
        async with self._aws.bucket(bucket, f"checking the package {name} in s3://{bucket}") as s3:
            version, start = await where(s3, bucket, name, top_hash, paging.decode(question, cursor, str))
        problems = [] if start else await self._package(bucket, name, version)
        async with self._aws.bucket(bucket, f"checking the package {name} in s3://{bucket}") as s3:
            page, more = await _entries(s3, bucket, version, start, limit)
        checked, unverified, budget = 0, 0, paging.PageBudget()
        while checked < len(page) and (not checked or (budget and time.monotonic() < deadline)):
            some = page[checked : checked + _AT_ONCE]
            said_of = await asyncio.gather(*(self._entry(entry.value, read_objects) for entry in some))
            for entry, said in zip(some, said_of, strict=True):
                unverified += said is None
                if said:
                    problem = EntryProblem(logical_key=entry.value["logical_key"], problem=said)
                    problems.append(problem)
                    budget.take(problem)
            checked += len(some)
        position = f"{version}@{page[checked - 1].end}" if more or checked < len(page) else None
        return PackageValidation(
            top_hash=version,
            checked=checked,
            unverified=unverified,
            problems=problems,
            next_cursor=None if position is None else paging.encode(question, position),
        )

    async def _package(self, bucket: str, name: str, version: str) -> list[EntryProblem]:
        """What is wrong with the manifest as a whole."""
        faults: list[str] = []
        try:
            async with (
                asyncio.timeout(self._seconds / 2),
                self._aws.bucket(bucket, f"reading the package {name} in s3://{bucket}") as s3,
                await open_manifest(s3, bucket, version, 0) as body,
            ):
                draft = await merge(lines(body), lambda header: header, {})
            with draft:
                if draft.top_hash != version:
                    faults.append(f"the content has the top hash {draft.top_hash}: the manifest was changed")
                await self._workflow(bucket, name, draft)
        except TimeoutError:
            faults.append("its manifest is too large for top hash and workflow to be checked here; quilt3 can")
        except ToolError as error:
            faults.append(str(error))
        return [EntryProblem(logical_key=None, problem=fault) for fault in faults]

    async def _workflow(self, bucket: str, name: str, draft: Draft) -> None:
        """Pass, if the package is as its workflow wants it, as that is today."""
        kept = draft.header.get("workflow")
        workflow = (kept.get("id") or NO_WORKFLOW) if isinstance(kept, dict) else None
        chosen = await self._workflows.choose(bucket, name, workflow, draft.header.get("message"))
        await self._workflows.check_metadata(chosen, draft.header.get("user_meta"))
        await self._workflows.check_entries(chosen, draft)

    async def _entry(self, value: Value, read_objects: bool) -> str | None:
        """What is wrong with an entry; empty if nothing is, None if its hash could not be checked."""
        place, digest = physical_location(value), value.get("hash")
        if place is None:
            return "its object is not in S3"
        if not may_touch(principal(), place.bucket):
            return "its object is in a bucket that your token does not grant"
        if not isinstance(digest, dict) or digest.get("type") not in checksums.KINDS:
            return "it has no hash of a known kind"
        try:
            found = await look_up(self._aws, place)
            if found.size != value.get("size"):
                return f"its object has {found.size} bytes, not {value.get('size')}"
            kept = await self._hash(found, digest["type"], read_objects)
        except ToolError as error:
            return str(error)
        if kept is None:
            return None
        return "" if kept == digest.get("value") else f"its object has another content: {digest['type']} {kept}"

    async def _hash(self, found: Found, kind: str, read_objects: bool) -> str | None:
        limit = MAXIMUM_READ_CRC if kind == checksums.CRC64NVME else MAXIMUM_READ
        if kind in found.hashes or not read_objects or found.size > limit:
            return found.hashes.get(kind)
        return await calculate(self._aws, found, kind)


@dataclass(slots=True)
class _Entry:
    """What is checked of an entry, and the offset of the line after it."""

    value: Value
    end: int


async def _entries(s3: Any, bucket: str, version: str, start: int, limit: int) -> tuple[list[_Entry], bool]:
    """Up to `limit` entries from an offset in the manifest on, fewer if they are long; whether there are more."""
    found: list[_Entry] = []
    budget = MAXIMUM_PART
    async with await open_manifest(s3, bucket, version, start) as body:
        async for line in lines(body, start):
            if entry_key(line.value) is not None:
                if len(found) == limit or budget <= 0:
                    return found, True
                budget -= line.length
                found.append(_Entry({name: line.value.get(name) for name in _CHECKED}, line.end))
            del line
    return found, False
