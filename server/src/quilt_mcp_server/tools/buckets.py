"""Buckets, and what objects are in them."""

import asyncio
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field
from pydantic_core import to_json

from ..auth.principal import may_touch, principal
from ..aws import Gateway
from ..aws.errors import AwsError
from ..protocol import paging
from ..protocol.tool import Bucket, Cursor, NextCursor, tool
from ..quilt.locations import parse_bucket

MAXIMUM_TRIED = 50  # buckets that one call tries
MAXIMUM_NAME = 80  # characters of what is no bucket that are sent back
_AT_ONCE = 8


class BucketList(BaseModel):
    buckets: list[str]


class ObjectSummary(BaseModel):
    key: str
    size: int
    last_modified: str


class ObjectList(BaseModel):
    folders: list[str]
    objects: list[ObjectSummary]
    next_cursor: NextCursor = None


class BucketAccess(BaseModel):
    bucket: str
    region: str | None
    can_list: bool
    can_read: bool | None  # None: no object to try
    problem: str | None = None


class Permissions(BaseModel):
    buckets: list[BucketAccess]
    not_tried: list[str]


class BucketTools:
    """What is in the buckets that the caller may touch."""

    def __init__(self, aws: Gateway) -> None:
        self._aws = aws

    @tool("List buckets")
    async def bucket_list(self) -> BucketList:
        """List the buckets you may use. Start here when you do not know a bucket's name."""
        who = principal()
        named = {bucket for bucket in who.buckets if "*" not in bucket}
        if any("*" in bucket for bucket in who.buckets):
            async with self._aws.service("s3", "listing the account's buckets", "s3:ListAllMyBuckets") as s3:
                answer = await s3.list_buckets()
            named |= {item["Name"] for item in answer["Buckets"]}
        return BucketList(buckets=sorted(name for name in named if may_touch(who, name)))

    @tool("List objects", actions=("s3:ListBucket",))
    async def bucket_objects_list(
        self,
        bucket: Bucket,
        prefix: Annotated[str, Field(max_length=1024)] = "",
        recursive: Annotated[bool, Field(description="False: one level, with its folders.")] = True,
        max_keys: Annotated[int, Field(ge=1, le=1000)] = 100,
        cursor: Cursor = None,
    ) -> ObjectList:
        """List objects of a bucket by key prefix, in key order, with size and time."""
        name = parse_bucket(bucket)
        question = (name, prefix, recursive)
        request: dict[str, Any] = {"Bucket": name, "Prefix": prefix, "MaxKeys": max_keys}
        if not recursive:
            request["Delimiter"] = "/"
        if token := paging.decode(question, cursor, str):
            request["ContinuationToken"] = token
        async with self._aws.bucket(name, f"listing s3://{name}/{prefix}", "s3:ListBucket") as s3:
            found = _object_list(answer := await s3.list_objects_v2(**request))
            while (excess := len(to_json(found)) / paging.MAXIMUM_PAGE) > 1 and request["MaxKeys"] > 1:
                # S3's token leads behind its whole page, so that a part of it cannot be shown.
                request["MaxKeys"] = int(request["MaxKeys"] / (excess + 1)) or 1
                found = _object_list(answer := await s3.list_objects_v2(**request))
        if following := answer.get("NextContinuationToken"):
            found.next_cursor = paging.encode(question, following)
        return found

    @tool("Check access to a bucket", actions=("s3:ListBucket",))
    async def check_bucket_access(self, bucket: Bucket) -> BucketAccess:
        """Try whether you can list a bucket and read an object of it. Use it when a call was refused."""
        name = parse_bucket(bucket)
        region, key, can_read = None, None, None
        try:
            async with self._aws.bucket(name, f"listing s3://{name}", "s3:ListBucket") as s3:
                answer = await s3.list_objects_v2(Bucket=name, MaxKeys=1)
                region = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
                key = next((item["Key"] for item in answer.get("Contents", ())), None)
        except AwsError as error:
            return BucketAccess(bucket=name, region=None, can_list=False, can_read=None, problem=str(error))
        if key is not None:
            try:
                async with self._aws.bucket(name, f"reading s3://{name}/{key}") as s3:
                    await s3.head_object(Bucket=name, Key=key)
                can_read = True
            except ToolError as error:
                return BucketAccess(bucket=name, region=region, can_list=True, can_read=False, problem=str(error))
        return BucketAccess(bucket=name, region=region, can_list=True, can_read=can_read)

    @tool("Discover permissions")
    async def discover_permissions(
        self,
        buckets: Annotated[
            list[Annotated[str, Field(max_length=2048)]] | None,
            Field(description="Default: all of yours.", max_length=50),
        ] = None,
    ) -> Permissions:
        """Try several buckets at once: which you can list and read. The first 50 of yours if you name none."""
        asked = buckets if buckets is not None else (await self.bucket_list()).buckets
        turn = asyncio.Semaphore(_AT_ONCE)

        async def attempt(bucket: str) -> BucketAccess:
            async with turn:
                try:
                    return await self.check_bucket_access(bucket)
                except ToolError as error:
                    # Not a bucket, or not the caller's: the others are tried all the same.
                    named = bucket[:MAXIMUM_NAME]
                    return BucketAccess(bucket=named, region=None, can_list=False, can_read=None, problem=str(error))

        return Permissions(
            buckets=list(await asyncio.gather(*map(attempt, asked[:MAXIMUM_TRIED]))),
            not_tried=asked[MAXIMUM_TRIED:],
        )


def _object_list(answer: dict[str, Any]) -> ObjectList:
    return ObjectList(
        folders=[item["Prefix"] for item in answer.get("CommonPrefixes", ())],
        objects=[
            ObjectSummary(key=item["Key"], size=item["Size"], last_modified=item["LastModified"].isoformat())
            for item in answer.get("Contents", ())
        ],
    )
