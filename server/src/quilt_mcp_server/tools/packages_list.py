"""Quilt packages: which there are, and which versions of them."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from ..aws import Gateway
from ..protocol import paging
from ..protocol.tool import Cursor, NextCursor, PackageName, Registry, tool
from ..quilt.locations import check_package_name, parse_bucket
from ..quilt.registry import package_names, read_pointer, resolve, version_times


class PackageList(BaseModel):
    registry: str
    packages: list[str]
    next_cursor: NextCursor = None


class PackageVersion(BaseModel):
    top_hash: str
    pushed: str


class PackageVersions(BaseModel):
    versions: list[PackageVersion]
    next_cursor: NextCursor = None


class PackagesListTools:
    """What packages there are and what is in them."""

    def __init__(self, aws: Gateway) -> None:
        self._aws = aws

    @tool("List packages", actions=("s3:ListBucket",))
    async def packages_list(
        self,
        registry: Registry,
        prefix: Annotated[str, Field(max_length=200)] = "",
        limit: Annotated[int, Field(ge=1, le=1000)] = 100,
        cursor: Cursor = None,
    ) -> PackageList:
        """List the Quilt packages of a registry by name (user/name)."""
        bucket = parse_bucket(registry)
        question = (bucket, prefix)
        after = paging.decode(question, cursor, str) or ""
        async with self._aws.bucket(bucket, f"listing the packages of s3://{bucket}", "s3:ListBucket") as s3:
            names = await package_names(s3, bucket, prefix, after, limit + 1)
        page = paging.fitting(names[:limit])
        return PackageList(
            registry=f"s3://{bucket}",
            packages=page,
            next_cursor=paging.encode(question, page[-1]) if len(names) > len(page) else None,
        )

    @tool("List a package's versions", actions=("s3:ListBucket",))
    async def package_versions(
        self,
        registry: Registry,
        package_name: PackageName,
        limit: Annotated[int, Field(ge=1, le=100)] = 20,
        cursor: Cursor = None,
    ) -> PackageVersions:
        """List when a Quilt package was pushed and the top hash of each version, the newest first."""
        bucket = parse_bucket(registry)
        name = check_package_name(package_name)
        question = (bucket, name)
        before = paging.decode(question, cursor, int)
        asked = f"listing the versions of {name} in s3://{bucket}"
        async with self._aws.bucket(bucket, asked, "s3:ListBucket") as s3:
            times = await version_times(s3, bucket, name)
            if not times:
                # Says that there is no such package, or returns the only hash there is without a time.
                await resolve(s3, bucket, name)
            page = [time for time in times if before is None or time < before]
            found = await asyncio.gather(*(read_pointer(s3, bucket, name, str(time)) for time in page[:limit]))
        return PackageVersions(
            versions=[
                # One that holds no top hash is no version, and must not hide the others.
                PackageVersion(top_hash=pointer.top_hash, pushed=datetime.fromtimestamp(time, UTC).isoformat())
                for time, pointer in zip(page, found, strict=False)
                if pointer is not None and pointer.top_hash is not None
            ],
            next_cursor=paging.encode(question, page[limit - 1]) if len(page) > limit else None,
        )
