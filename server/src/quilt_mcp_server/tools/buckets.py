"""Buckets and the objects in them."""

import codecs
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from .. import paging
from ..authz import may_touch, principal
from ..aws import Gateway
from ..quilt.locations import parse_bucket, parse_object
from .marking import Bucket, Cursor, NextCursor, S3Uri, tool

MAXIMUM_TEXT = 256 * 1024  # bytes of an object that one call may return
MAXIMUM_OFFSET = 50 * 1024**4  # bytes; S3 objects are not larger


class BucketList(BaseModel):
    buckets: list[str]


class ObjectSummary(BaseModel):
    key: str
    size: Annotated[int, Field(description="Bytes.")]
    last_modified: Annotated[str, Field(description="ISO 8601, UTC.")]


class ObjectList(BaseModel):
    bucket: str
    prefix: str
    folders: Annotated[list[str], Field(description="Common prefixes; only when recursive is false.")]
    objects: list[ObjectSummary]
    next_cursor: NextCursor = None


class ObjectText(BaseModel):
    s3_uri: str
    text: str
    size: Annotated[int, Field(description="Bytes of the whole object.")]
    next_offset: Annotated[int | None, Field(description="Pass as offset for the rest; null at the end.")] = None
    content_type: str | None = None


class BucketTools:
    """What is in the buckets that the caller may touch."""

    def __init__(self, aws: Gateway) -> None:
        self._aws = aws

    @tool("List buckets")
    async def bucket_list(self) -> BucketList:
        """List the buckets you may use. Start here when you do not know a bucket's name."""
        who = principal()
        named = {bucket for bucket in who.buckets if "*" not in bucket}
        if len(named) < len(who.buckets):
            async with self._aws.service("s3", "listing the account's buckets") as s3:
                answer = await s3.list_buckets()
            named |= {item["Name"] for item in answer["Buckets"]}
        return BucketList(buckets=sorted(name for name in named if may_touch(who, name)))

    @tool("List objects")
    async def bucket_objects_list(
        self,
        bucket: Bucket,
        prefix: Annotated[str, Field(description="Only keys that start with this.", max_length=1024)] = "",
        recursive: Annotated[bool, Field(description="False: like a directory, folders apart.")] = True,
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
            answer = await s3.list_objects_v2(**request)
        following = answer.get("NextContinuationToken")
        return ObjectList(
            bucket=name,
            prefix=prefix,
            folders=[item["Prefix"] for item in answer.get("CommonPrefixes", ())],
            objects=[
                ObjectSummary(key=item["Key"], size=item["Size"], last_modified=item["LastModified"].isoformat())
                for item in answer.get("Contents", ())
            ],
            next_cursor=paging.encode(question, following) if following else None,
        )

    @tool("Read an object as text")
    async def bucket_object_text(
        self,
        s3_uri: S3Uri,
        max_bytes: Annotated[int, Field(ge=1, le=MAXIMUM_TEXT)] = 65536,
        offset: Annotated[int, Field(ge=0, le=MAXIMUM_OFFSET, description="Byte to start at.")] = 0,
        encoding: Annotated[str, Field(max_length=20)] = "utf-8",
    ) -> ObjectText:
        """Read a text object (CSV, JSON, Markdown, source code ...), or a part of it."""
        location = parse_object(s3_uri)
        decoder = _decoder(encoding)
        request: dict[str, Any] = {"Bucket": location.bucket, "Key": location.key}
        if location.version:
            request["VersionId"] = location.version
        async with self._aws.bucket(location.bucket, f"reading {location}") as s3:
            size, content_type, data = await _read(s3, request, offset, max_bytes)
        end = offset + len(data)
        # A character that the end of the part cuts in two belongs to the next part.
        text = decoder.decode(data, final=end >= size)
        pending = len(decoder.getstate()[0])
        if b"\0" in data and encoding.lower().replace("_", "-") in ("utf-8", "utf8", "ascii"):
            raise ToolError(f"{location} is not text: it holds zero bytes (its type is {content_type or 'unknown'})")
        end -= pending if pending < len(data) else 0
        return ObjectText(
            s3_uri=s3_uri, text=text, size=size, next_offset=end if end < size else None, content_type=content_type
        )


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(encoding)(errors="replace")
    except (LookupError, ValueError) as error:
        raise ToolError(f"{encoding!r} is not an encoding; use utf-8, latin-1, utf-16 ...") from error


async def _read(s3: Any, request: dict[str, Any], offset: int, length: int) -> tuple[int, str | None, bytes]:
    """The object's size, its type, and at most `length` bytes of it from `offset`."""
    from botocore.exceptions import ClientError

    try:
        answer = await s3.get_object(**request, Range=f"bytes={offset}-{offset + length - 1}")
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidRange":
            raise
        # Nothing at that offset; also how S3 answers for an empty object.
        head = await s3.head_object(**request)
        return head["ContentLength"], head.get("ContentType"), b""
    async with answer["Body"] as body:
        data: bytes = await body.read(length)
    size = int(answer["ContentRange"].rpartition("/")[2]) if "ContentRange" in answer else answer["ContentLength"]
    return size, answer.get("ContentType"), data
