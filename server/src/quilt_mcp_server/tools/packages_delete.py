"""Deleting packages. Only tags are deleted; manifests and objects stay, and versions of other packages with them."""

import asyncio
from typing import Annotated

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from ..aws import Gateway
from ..protocol.tool import PackageName, Registry, tool
from ..quilt.locations import check_package_name, is_top_hash, parse_bucket
from ..quilt.publishing import delete_latest, delete_tags, point_latest
from ..quilt.registry import LATEST, Pointer, is_time, no_package, read_pointer, tags
from ..transport.disconnect import uninterrupted

MAXIMUM_TAGS = 100_000
_AT_ONCE = 16


class PackageDeleted(BaseModel):
    deleted: int
    latest: str | None


class PackagesDeleteTools:
    """Deletes packages and versions of them."""

    def __init__(self, aws: Gateway) -> None:
        self._aws = aws

    @tool(
        "Delete a package",
        read_only=False,
        destructive=True,
        actions=(
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:ListBucket",
        ),
    )
    async def package_delete(
        self,
        registry: Registry,
        package_name: PackageName,
        top_hash: Annotated[str | None, Field(description="The version.", min_length=64, max_length=64)] = None,
        all_versions: Annotated[bool, Field(description="True: delete the package.")] = False,
    ) -> PackageDeleted:
        """Delete one version of a Quilt package (top_hash), or the package (all_versions). Its objects stay."""
        bucket, name = parse_bucket(registry), check_package_name(package_name)
        if all_versions == (top_hash is not None):
            raise ToolError(
                "say what to delete: either top_hash, the version, or all_versions true, the package with all versions"
            )
        if top_hash is not None and not is_top_hash(top_hash):
            raise ToolError("top_hash must be 64 hexadecimal digits in lower case")
        asked = f"deleting the package {name} in s3://{bucket}"
        async with self._aws.bucket(bucket, asked, "s3:DeleteObject"):
            pass
        async with self._aws.bucket(bucket, asked, "s3:ListBucket") as s3:
            known = await tags(s3, bucket, name, MAXIMUM_TAGS)
        if not known:
            raise no_package(bucket, name)
        if top_hash is not None:
            return await self._delete_version(bucket, name, known, top_hash, asked)
        latest = await self._read(bucket, name, LATEST)
        async with self._aws.bucket(bucket, asked, "s3:DeleteObject") as s3:
            # `latest` first, since every reader starts there: a package that is half deleted is none.
            with uninterrupted():
                if latest is not None:
                    await delete_latest(s3, bucket, name, latest)
                await delete_tags(s3, bucket, name, [tag for tag in known if tag != LATEST])
        return PackageDeleted(deleted=sum(map(is_time, known)), latest=None)

    async def _delete_version(
        self, bucket: str, name: str, known: list[str], top_hash: str, asked: str
    ) -> PackageDeleted:
        turn = asyncio.Semaphore(_AT_ONCE)

        async def read(tag: str) -> tuple[str, Pointer | None]:
            async with turn:
                return tag, await self._read(bucket, name, tag)

        pointers = dict(await asyncio.gather(*(read(tag) for tag in {*known, LATEST})))
        latest = pointers.pop(LATEST)
        gone = [tag for tag, pointer in pointers.items() if pointer is not None and pointer.top_hash == top_hash]
        is_latest = latest is not None and latest.top_hash == top_hash
        if not gone and not is_latest:
            raise ToolError(f"{name} in s3://{bucket} has no version {top_hash}; package_versions shows them")
        left = [(int(tag), pointer.top_hash) for tag, pointer in pointers.items() if is_time(tag) and pointer]
        newest = max(((time, hash_) for time, hash_ in left if hash_ not in (None, top_hash)), default=(0, None))[1]
        with uninterrupted():
            if latest is not None and is_latest:
                await self._replace_latest(bucket, name, latest, newest, asked)
                latest = Pointer(newest, "")
            async with self._aws.bucket(bucket, asked, "s3:DeleteObject") as s3:
                await delete_tags(s3, bucket, name, gone)
        return PackageDeleted(deleted=max(1, len(gone)), latest=latest.top_hash if latest is not None else None)

    async def _replace_latest(self, bucket: str, name: str, latest: Pointer, newest: str | None, asked: str) -> None:
        if newest is None:
            async with self._aws.bucket(bucket, asked, "s3:DeleteObject") as s3:
                await delete_latest(s3, bucket, name, latest)
        else:
            async with self._aws.bucket(bucket, asked, "s3:PutObject") as s3:
                await point_latest(s3, bucket, name, newest, latest)

    async def _read(self, bucket: str, name: str, tag: str) -> Pointer | None:
        async with self._aws.bucket(bucket, f"reading the versions of {name} in s3://{bucket}") as s3:
            return await read_pointer(s3, bucket, name, tag)
