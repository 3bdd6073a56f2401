"""Writing objects into the caller's buckets."""

import base64
import binascii
from typing import Annotated, Any, Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from ..aws import Gateway
from ..aws.errors import AwsError
from ..protocol.tool import ArgumentObject, Bucket, tool
from ..quilt.locations import MAXIMUM_KEY_BYTES, parse_bucket
from ..quilt.publishing import CONFLICTS
from ..transport.disconnect import uninterrupted

MAXIMUM_CONTENT = 700_000  # characters of one call's contents; a request is at most 1 MiB
_RESERVED = ".quilt/"


class ObjectToPut(ArgumentObject):
    key: Annotated[str, Field(min_length=1, max_length=1024)]
    content: Annotated[str, Field(max_length=MAXIMUM_CONTENT)]
    encoding: Literal["text", "base64"] = "text"
    content_type: Annotated[str | None, Field(max_length=200)] = None


class PutObject(BaseModel):
    key: str
    version_id: str | None
    problem: str | None


class PutObjects(BaseModel):
    results: list[PutObject]


class ObjectsWriteTools:
    """Puts small objects."""

    def __init__(self, aws: Gateway) -> None:
        self._aws = aws

    @tool("Write objects", read_only=False, destructive=True, actions=("s3:PutObject",))
    async def bucket_objects_put(
        self,
        bucket: Bucket,
        objects: Annotated[list[ObjectToPut], Field(min_length=1, max_length=50)],
        overwrite: bool = False,
    ) -> PutObjects:
        """Write small objects. Without overwrite an existing object is left alone and reported as a problem."""
        name = parse_bucket(bucket)
        # All are looked at before the first is written.
        contents = [(item, _content(item)) for item in objects]
        if len({item.key for item in objects}) < len(objects):
            raise ToolError("a key is given twice; give each object once")
        results = []
        for item, body in contents:
            try:
                version, problem = await self._put(name, item, body, overwrite), None
            except AwsError as error:
                version, problem = None, str(error)
            results.append(PutObject(key=item.key, version_id=version, problem=problem))
        return PutObjects(results=results)

    async def _put(self, bucket: str, item: ObjectToPut, body: bytes, overwrite: bool) -> str | None:
        request = {"Bucket": bucket, "Key": item.key, "Body": body}
        request["ContentType"] = item.content_type or ("text/plain; charset=utf-8" if item.encoding == "text" else "")
        if not request["ContentType"]:
            del request["ContentType"]
        if not overwrite:
            # Decided by S3 when it writes, so that two writers cannot both find nothing there.
            request["IfNoneMatch"] = "*"
        async with self._aws.bucket(bucket, f"writing s3://{bucket}/{item.key}", "s3:PutObject") as s3:
            with uninterrupted():
                version: str | None = (await _write(s3, request)).get("VersionId")
        return version


async def _write(s3: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Write an object. Its key may be taken by this very request, if the answer was lost and the SDK repeated it."""
    from botocore.exceptions import ClientError

    try:
        answer: dict[str, Any] = await s3.put_object(**request)
    except ClientError as error:
        where = {name: request[name] for name in ("Bucket", "Key")}
        repeated = error.response["ResponseMetadata"].get("RetryAttempts")
        if error.response["Error"]["Code"] not in CONFLICTS or not repeated:
            raise
        found = await s3.get_object(**where)
        async with found["Body"] as body:
            if await body.read(len(request["Body"]) + 1) != request["Body"]:
                raise
        return {"VersionId": found.get("VersionId")}
    return answer


def _content(item: ObjectToPut) -> bytes:
    """The bytes to write.

    Raises:
        ToolError: if the key or the content cannot be written.
    """
    if len(item.key.encode("utf-8", "surrogatepass")) > MAXIMUM_KEY_BYTES:
        raise ToolError(f"the key {item.key[:80]!r} is longer than {MAXIMUM_KEY_BYTES} bytes")
    if item.key.startswith(_RESERVED):
        raise ToolError(f"{_RESERVED} belongs to Quilt; use the package tools to write packages")
    try:
        return base64.b64decode(item.content, validate=True) if item.encoding == "base64" else item.content.encode()
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        raise ToolError(f"the content of {item.key[:80]!r} is not valid {item.encoding}") from error
