"""Quilt packages: named, versioned sets of objects, described by a manifest in their registry bucket."""

import asyncio
import time
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from .. import paging
from ..authz import may_touch, principal
from ..aws import Gateway
from ..quilt.locations import check_package_name, is_top_hash, parse_bucket
from ..quilt.manifest import MANIFESTS, NAMED, lines, physical_location
from .marking import Cursor, NextCursor, PackageName, Registry, tool

MAXIMUM_RESULT = 256 * 1024  # bytes of entries that one page may hold
SCAN_SECONDS = 20.0  # after which a page ends, however little it found
_USERS_AT_ONCE = 8
_AFTER_SLASH = chr(ord("/") + 1)


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
            names = await _package_names(s3, bucket, prefix, after, limit + 1)
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
                version, start = top_hash or await latest(s3, bucket, name), 0
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


async def latest(s3: Any, bucket: str, name: str) -> str:
    """The top hash of a package's latest version.

    Raises:
        ToolError: if there is no such package.
    """
    return await resolve(s3, bucket, name, "latest")


async def resolve(s3: Any, bucket: str, name: str, tag: str) -> str:
    """The top hash that a tag (`latest`, or a time in seconds since 1970) of a package points to.

    Raises:
        ToolError: if there is no such package or tag, or it points nowhere.
    """
    from botocore.exceptions import ClientError

    try:
        answer = await s3.get_object(Bucket=bucket, Key=f"{NAMED}{name}/{tag}", Range="bytes=0-255")
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "404"):
            raise
        raise ToolError(
            f"there is no package {name} in s3://{bucket} (tag {tag}); packages_list shows what is there"
        ) from error
    async with answer["Body"] as body:
        raw: bytes = await body.read(256)
    text = raw.decode("ascii", "replace").strip()
    if not is_top_hash(text):
        raise ToolError(f"the package {name} in s3://{bucket} is damaged: its tag {tag} holds no top hash")
    return text


async def open_manifest(s3: Any, bucket: str, top_hash: str, start: int) -> Any:
    """The body of a manifest from the offset `start` on.

    Raises:
        ToolError: if there is no such manifest, or nothing at that offset.
    """
    from botocore.exceptions import ClientError

    if not is_top_hash(top_hash):
        raise ToolError("top_hash must be 64 hexadecimal digits in lower case")
    request: dict[str, Any] = {"Bucket": bucket, "Key": MANIFESTS + top_hash}
    if start:
        request["Range"] = f"bytes={start}-"
    try:
        return (await s3.get_object(**request))["Body"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "InvalidRange":
            raise ToolError("the cursor points behind the end of the package; start again without it") from error
        if code not in ("NoSuchKey", "404"):
            raise
        raise ToolError(f"there is no package version {top_hash} in s3://{bucket}; check top_hash") from error


async def _package_names(s3: Any, bucket: str, prefix: str, after: str, count: int) -> list[str]:
    """Up to `count` package names in order, from the first one behind `after` that starts with `prefix`.

    Names are two levels of folders and the tags below them are many, so each level is listed with a delimiter.
    """
    names: list[str] = []
    user, slash, _ = prefix.partition("/")
    if slash:
        return await _folders(s3, bucket, prefix, after, count)
    if after:
        last_user = after.partition("/")[0]
        names = await _folders(s3, bucket, f"{last_user}/", after, count)
        after = last_user
    while len(names) < count:
        users = await _folders(s3, bucket, user, after, _USERS_AT_ONCE)
        found = await asyncio.gather(*(_folders(s3, bucket, f"{each}/", "", count) for each in users))
        names.extend(name for group in found for name in group)
        if len(users) < _USERS_AT_ONCE:
            break
        after = users[-1]
    return names[:count]


async def _folders(s3: Any, bucket: str, prefix: str, after: str, count: int) -> list[str]:
    """Up to `count` folders (without the slash) that start with `prefix` and come behind the folder `after`."""
    found: list[str] = []
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": NAMED + prefix, "Delimiter": "/"}
    if after:
        # Everything inside the folder sorts before this.
        request["StartAfter"] = NAMED + after + _AFTER_SLASH
    while len(found) < count:
        answer = await s3.list_objects_v2(**request, MaxKeys=min(1000, count - len(found)))
        found.extend(item["Prefix"].removeprefix(NAMED).removesuffix("/") for item in answer.get("CommonPrefixes", ()))
        if not answer.get("IsTruncated"):
            break
        request["ContinuationToken"] = answer["NextContinuationToken"]
    return found


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
