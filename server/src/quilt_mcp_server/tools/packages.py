"""Quilt packages: named, versioned sets of objects, described by a manifest in their registry bucket."""

import time
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from .. import paging
from ..authz import may_touch, principal
from ..aws import Gateway
from ..quilt.locations import check_package_name, parse_bucket
from ..quilt.manifest import lines, physical_location
from ..quilt.registry import open_manifest, package_names, resolve
from .marking import Cursor, NextCursor, PackageName, Registry, tool

MAXIMUM_RESULT = 256 * 1024  # bytes of entries that one page may hold
SCAN_SECONDS = 20.0  # after which a page ends, however little it found


class PackageList(BaseModel):
    registry: str
    packages: list[str]
    next_cursor: NextCursor = None


class PackageEntry(BaseModel):
    logical_key: Annotated[str, Field(description="Path in the package.")]
    size: int | None
    s3_uri: Annotated[str | None, Field(description="Where the bytes are; null if you may not touch that bucket.")]
    hash: Annotated[str | None, Field(description="type:value")] = None
    meta: Annotated[dict[str, Any] | None, Field(description="Only with include_meta.")] = None


class PackageContents(BaseModel):
    registry: str
    package_name: str
    top_hash: Annotated[str, Field(description="Identifies this version for ever.")]
    meta: Annotated[dict[str, Any] | None, Field(description="The package's own; first page only.")] = None
    message: str | None = None
    entries: list[PackageEntry]
    next_cursor: NextCursor = None


class PackageTools:
    """What packages there are and what is in them."""

    def __init__(self, aws: Gateway) -> None:
        self._aws = aws

    @tool("List packages")
    async def packages_list(
        self,
        registry: Registry,
        prefix: Annotated[str, Field(description="Only names that start with this.", max_length=200)] = "",
        limit: Annotated[int, Field(ge=1, le=1000)] = 100,
        cursor: Cursor = None,
    ) -> PackageList:
        """List the Quilt packages of a registry by name (user/name)."""
        bucket = parse_bucket(registry)
        question = (bucket, prefix)
        after = paging.decode(question, cursor, str) or ""
        async with self._aws.bucket(bucket, f"listing the packages of s3://{bucket}", "s3:ListBucket") as s3:
            names = await package_names(s3, bucket, prefix, after, limit + 1)
        more = len(names) > limit
        names = names[:limit]
        return PackageList(
            registry=f"s3://{bucket}",
            packages=names,
            next_cursor=paging.encode(question, names[-1]) if more else None,
        )

    @tool("Browse a package")
    async def package_browse(
        self,
        registry: Registry,
        package_name: PackageName,
        top_hash: Annotated[
            str | None, Field(description="Which version; the latest if left out.", min_length=64, max_length=64)
        ] = None,
        path: Annotated[str, Field(description="Only entries whose path starts with this.", max_length=1024)] = "",
        include_meta: bool = False,
        limit: Annotated[int, Field(ge=1, le=1000)] = 100,
        cursor: Cursor = None,
    ) -> PackageContents:
        """List the entries of a Quilt package: path, size, hash and S3 location, and the package's own metadata."""
        bucket = parse_bucket(registry)
        name = check_package_name(package_name)
        question = (bucket, name, top_hash, path, include_meta)
        position = paging.decode(question, cursor, str)
        async with self._aws.bucket(bucket, f"browsing the package {name} in s3://{bucket}") as s3:
            if position is not None:
                version, start = _split_position(position)
            else:
                version, start = top_hash or await resolve(s3, bucket, name), 0
            contents = PackageContents(registry=f"s3://{bucket}", package_name=name, top_hash=version, entries=[])
            end = await self._page(s3, bucket, contents, start, path, include_meta, limit)
        if end is not None:
            contents.next_cursor = paging.encode(question, f"{version}@{end}")
        return contents

    async def _page(
        self, s3: Any, bucket: str, contents: PackageContents, start: int, path: str, include_meta: bool, limit: int
    ) -> int | None:
        """Fill one page of entries; the offset of the next one, or None at the end of the manifest."""
        who = principal()
        deadline = time.monotonic() + SCAN_SECONDS
        size = 0
        async with await open_manifest(s3, bucket, contents.top_hash, start) as body:
            position = start
            async for line in lines(body, start):
                if len(contents.entries) >= limit or size > MAXIMUM_RESULT or time.monotonic() > deadline:
                    return position
                position = line.end
                if "logical_key" not in line.value:
                    _set_header(contents, line.value)
                elif str(line.value["logical_key"]).startswith(path):
                    entry = _entry(who, line.value, include_meta)
                    contents.entries.append(entry)
                    size += len(entry.model_dump_json())
        return None


def _set_header(contents: PackageContents, header: dict[str, Any]) -> None:
    message, meta = header.get("message"), header.get("user_meta")
    contents.message = message if isinstance(message, str) else None
    contents.meta = meta if isinstance(meta, dict) else None


def _entry(who: Any, value: dict[str, Any], include_meta: bool) -> PackageEntry:
    place = physical_location(value)
    size, digest, meta = value.get("size"), value.get("hash"), value.get("meta")
    uri = None
    if place is not None and may_touch(who, place.bucket):
        uri = f"{place}?versionId={place.version}" if place.version else str(place)
    return PackageEntry(
        logical_key=str(value["logical_key"]),
        size=size if isinstance(size, int) else None,
        s3_uri=uri,
        hash=f"{digest.get('type')}:{digest.get('value')}" if isinstance(digest, dict) else None,
        meta=meta if include_meta and isinstance(meta, dict) else None,
    )


def _split_position(position: str) -> tuple[str, int]:
    version, _, offset = position.partition("@")
    if not offset.isascii() or not offset.isdigit():
        raise ToolError("the cursor is damaged; pass next_cursor of the previous page unchanged, or none")
    return version, int(offset)
