"""What is in a package: browse it, search it, compare two versions."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field
from pydantic_core import to_json

from ..auth.principal import Principal, may_touch, principal
from ..aws import Gateway
from ..aws.objects import read_part
from ..globs import matcher
from ..protocol import paging
from ..protocol.tool import Cursor, NextCursor, PackageName, Registry, TopHash, tool
from ..quilt.diff import Change, compare
from ..quilt.integrity import Integrity, IntegrityChecks
from ..quilt.locations import ObjectLocation, check_package_name, is_top_hash, parse_bucket, parse_package
from ..quilt.manifest import entry_key, entry_size, is_text, lines, physical_location
from ..quilt.registry import LATEST, complete_hash, manifest_answer, open_manifest, resolve

MAXIMUM_TEXT = 256 * 1024  # bytes of a file that its resource shows
MAXIMUM_META = 64 * 1024  # bytes of one metadata object that are shown
MAXIMUM_HASH = 200  # characters
SCAN_SECONDS = 20.0  # after which a page ends, however little it found

Limit = Annotated[int, Field(ge=1, le=1000)]


class PackageEntry(BaseModel):
    logical_key: str
    size: int | None
    s3_uri: str | None  # None: a bucket that the caller may not touch
    hash: str | None = None
    meta: dict[str, Any] | None = None


class PackageContents(BaseModel):
    registry: str
    package_name: str
    top_hash: str
    integrity: Integrity  # whether the content is what the top hash says
    meta: dict[str, Any] | None = None  # on the first page
    message: str | None = None
    entries: list[PackageEntry]
    next_cursor: NextCursor = None


class PackageMatches(BaseModel):
    top_hash: str
    entries: list[PackageEntry]
    next_cursor: NextCursor = None


class ChangedEntry(BaseModel):
    logical_key: str
    change: str
    size_before: int | None = None
    size_after: int | None = None


class PackageDiff(BaseModel):
    before: str
    after: str
    added: int
    removed: int
    modified: int
    unchanged: int
    meta_changed: bool
    changes: list[ChangedEntry]
    truncated: bool  # more changes than the limit


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of a package, and how its entries are shown."""

    bucket: str
    name: str
    top_hash: str
    include_meta: bool


class PackagesReadTools:
    """Reads packages' manifests, as streams."""

    def __init__(self, aws: Gateway) -> None:
        self._aws = aws
        self._integrity = IntegrityChecks()

    @tool("Browse a package", actions=("s3:GetObject",))
    async def package_browse(
        self,
        registry: Registry,
        package_name: PackageName,
        top_hash: TopHash = None,
        path: Annotated[str, Field(max_length=1024)] = "",
        include_meta: bool = False,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> PackageContents:
        """List the entries of a Quilt package (path, size, hash, S3 location; null: not yours) and its metadata."""
        bucket, name = parse_bucket(registry), check_package_name(package_name)
        question = ("browse", bucket, name, top_hash, path, include_meta)
        async with self._aws.bucket(bucket, f"browsing the package {name} in s3://{bucket}") as s3:
            version, start = await where(s3, bucket, name, top_hash, paging.decode(question, cursor, str))
            shown = _Version(bucket, name, version, include_meta)
            page = await _page(s3, shown, start, limit, lambda key: key.startswith(path))
            integrity = await self._integrity.check(s3, bucket, version, page.etag, page.size)
        return PackageContents(
            registry=f"s3://{bucket}",
            package_name=name,
            top_hash=version,
            integrity=integrity,
            meta=page.meta,
            message=page.message,
            entries=page.entries,
            next_cursor=page.cursor(question, version),
        )

    @tool("Search a package's entries", actions=("s3:GetObject",))
    async def package_entries_search(
        self,
        registry: Registry,
        package_name: PackageName,
        pattern: Annotated[
            str,
            Field(description="Glob over the whole path: data/*/2024-??.csv", min_length=1, max_length=200),
        ],
        top_hash: TopHash = None,
        include_meta: bool = False,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> PackageMatches:
        """Find entries of a Quilt package by a glob pattern; * also matches slashes. A page may be empty: go on
        with next_cursor."""
        bucket, name = parse_bucket(registry), check_package_name(package_name)
        question = ("search", bucket, name, top_hash, pattern, include_meta)
        async with self._aws.bucket(bucket, f"searching the package {name} in s3://{bucket}") as s3:
            version, start = await where(s3, bucket, name, top_hash, paging.decode(question, cursor, str))
            shown = _Version(bucket, name, version, include_meta)
            page = await _page(s3, shown, start, limit, matcher(pattern))
        return PackageMatches(
            top_hash=version,
            entries=page.entries,
            next_cursor=page.cursor(question, version),
        )

    async def version(self, registry: str, package: str) -> tuple[str, str]:
        """The name and the top hash of `user/name`, `user/name@hash` (or its beginning) or `user/name:tag`.

        Raises:
            ToolError: if there is no such version, or the caller may not look for it.
        """
        bucket, place = parse_bucket(registry), parse_package(package)
        asked = f"looking for the package {place.name} in s3://{bucket}"
        if place.hash is None:
            async with self._aws.bucket(bucket, asked) as s3:
                return place.name, await resolve(s3, bucket, place.name, place.tag or LATEST)
        # Only the beginning of a hash takes a list.
        action = "s3:GetObject" if is_top_hash(place.hash) else "s3:ListBucket"
        async with self._aws.bucket(bucket, asked, action) as s3:
            return place.name, await complete_hash(s3, bucket, place.hash)

    async def text(self, registry: str, package_name: str, top_hash: str | None, path: str) -> str:
        """The beginning of a text file in a package, in any bucket.

        Raises:
            ToolError: if there is none, the caller may not read its bucket, or it is not text.
        """
        bucket, name = parse_bucket(registry), check_package_name(package_name)
        async with self._aws.bucket(bucket, f"looking for {path} in the package {name} in s3://{bucket}") as s3:
            version = top_hash or await resolve(s3, bucket, name)
            async with await open_manifest(s3, bucket, version, 0) as body:
                place = await _place(body, path)
        if place is None:
            raise ToolError(
                f"there is no {path!r} in the package {name} in s3://{bucket}; package_browse shows its entries"
            )
        async with self._aws.bucket(place.bucket, f"reading {path} of the package {name}", place.action) as s3:
            request = {"Bucket": place.bucket, "Key": place.key}
            request |= {"VersionId": place.version} if place.version else {}
            part = await read_part(s3, request, 0, MAXIMUM_TEXT, unpack=True)
        if b"\0" in part.data:
            raise ToolError(f"{path!r} is not text; bucket_object_link gives a link to it")
        return part.data.decode("utf-8", "replace")

    @tool("Compare two versions of a package", actions=("s3:GetObject",))
    async def package_diff(
        self,
        registry: Registry,
        package_name: PackageName,
        before: Annotated[str, Field(min_length=64, max_length=64)],
        after: TopHash = None,
        other_package_name: Annotated[
            str | None,
            Field(description="Package of `after`, if another.", max_length=200),
        ] = None,
        limit: Limit = 100,
    ) -> PackageDiff:
        """What was added, removed and modified between two versions (top hashes) of a Quilt package."""
        bucket, name = parse_bucket(registry), check_package_name(package_name)
        other = check_package_name(other_package_name) if other_package_name else name
        async with self._aws.bucket(bucket, f"comparing versions of {name} in s3://{bucket}") as s3:
            second = after or await resolve(s3, bucket, other)
            async with (
                await open_manifest(s3, bucket, before, 0) as first_body,
                await open_manifest(s3, bucket, second, 0) as second_body,
            ):
                found = await compare(lines(first_body), lines(second_body), limit)
        return PackageDiff(
            before=before,
            after=second,
            added=found.counts["added"],
            removed=found.counts["removed"],
            modified=found.counts["modified"],
            unchanged=found.counts["unchanged"],
            meta_changed=found.meta_changed,
            changes=[_changed(change) for change in found.changes],
            truncated=sum(found.counts.values()) - found.counts["unchanged"] > len(found.changes),
        )


@dataclass(slots=True)
class _Page:
    """Some entries of a manifest, what its header says if the page begins with it, and where the next page begins.

    Attributes:
        etag: The state of the manifest.
        size: Its bytes, where S3 says them.
    """

    entries: list[PackageEntry]
    etag: str
    size: int | None
    meta: dict[str, Any] | None = None
    message: str | None = None
    end: int | None = None

    def cursor(self, question: tuple[object, ...], version: str) -> str | None:
        return None if self.end is None else paging.encode(question, f"{version}@{self.end}")


async def where(s3: Any, bucket: str, name: str, top_hash: str | None, position: str | None) -> tuple[str, int]:
    """The version to read and the offset to start at: a cursor stays with the version that its first page had."""
    if position is None:
        return top_hash or await resolve(s3, bucket, name), 0
    version, _, offset = position.partition("@")
    if not offset.isascii() or not offset.isdigit():
        raise ToolError("the cursor is damaged; pass next_cursor of the previous page unchanged, or none")
    return version, int(offset)


async def _page(s3: Any, version: _Version, start: int, limit: int, wanted: Callable[[str], object]) -> _Page:
    """Up to `limit` wanted entries from an offset on; fewer when they are large or far apart."""
    who = principal()
    deadline = time.monotonic() + SCAN_SECONDS
    answer = await manifest_answer(s3, version.bucket, version.top_hash, start)
    length = answer.get("ContentLength")
    page = _Page([], etag=answer.get("ETag", ""), size=None if length is None else start + length)
    budget, position = paging.PageBudget(), start
    async with answer["Body"] as body:
        async for line in lines(body, start):
            if len(page.entries) >= limit or not budget or time.monotonic() > deadline:
                page.end = position
                return page
            key = entry_key(line.value)
            if key is None and not position:
                page.meta = _bounded(line.value.get("user_meta"))
                page.message = _text(line.value.get("message"), MAXIMUM_META)
            elif key is not None and wanted(key):
                entry = _entry(who, line.value, version.include_meta)
                page.entries.append(entry)
                budget.take(entry)
            position = line.end
            del line
    return page


async def _place(body: Any, path: str) -> ObjectLocation | None:
    """Where the bytes of a manifest's entry are."""
    async for line in lines(body):
        if entry_key(line.value) == path:
            return physical_location(line.value)
        del line
    return None


def _entry(who: Principal, value: dict[str, Any], include_meta: bool) -> PackageEntry:
    place = physical_location(value)
    digest = value.get("hash")
    uri = None
    if place is not None and may_touch(who, place.bucket):
        uri = f"{place}?versionId={place.version}" if place.version else str(place)
    return PackageEntry(
        logical_key=str(value["logical_key"]),
        size=entry_size(value),
        s3_uri=uri,
        hash=_text(f"{digest.get('type')}:{digest.get('value')}", MAXIMUM_HASH) if isinstance(digest, dict) else None,
        meta=_bounded(value.get("meta")) if include_meta else None,
    )


def _text(value: object, most: int) -> str | None:
    """A text from the package, if it can be shown."""
    return str(value) if is_text(value, most) else None


def _bounded(meta: object) -> dict[str, Any] | None:
    """Metadata, or what is said in its place when it is too much for a model to read."""
    if not isinstance(meta, dict):
        return None
    try:
        size = len(to_json(meta))
    except (ValueError, RecursionError):
        return {"omitted": "metadata that is nested too deeply, or not text"}
    return meta if size <= MAXIMUM_META else {"omitted": f"{size} bytes of metadata, more than {MAXIMUM_META}"}


def _changed(change: Change) -> ChangedEntry:
    return ChangedEntry(
        logical_key=change.key, change=change.kind, size_before=change.size_before, size_after=change.size_after
    )
