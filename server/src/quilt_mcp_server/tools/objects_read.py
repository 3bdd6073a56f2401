"""Single objects: what they are, what is in them, a link to them."""

import base64
import codecs
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from ..aws import Gateway
from ..aws.grants import grant
from ..aws.objects import MAXIMUM_OFFSET, Part, read_part
from ..protocol.tool import S3Uri, tool
from ..quilt.locations import ObjectLocation, parse_object

MAXIMUM_PART = 256 * 1024  # bytes of an object that one call may return
MAXIMUM_EXPIRATION = 3600  # seconds

# Python's codecs hold more than character sets: bz2 and zlib unpack, unicode_escape and punycode interpret.
_TEXT = re.compile(r"(utf-|ascii|iso|cp\d|mac-|koi8|euc_|gb|big5|shift_jis|johab|hz|kz1048|ptcp154|tis-620|hp-roman8)")

Offset = Annotated[int, Field(ge=0, le=MAXIMUM_OFFSET, description="First byte (of gzip: unpacked).")]
MaxBytes = Annotated[int, Field(ge=1, le=MAXIMUM_PART)]
NextOffset = int | None


class ObjectInfo(BaseModel):
    size: int
    content_type: str | None
    content_encoding: str | None
    last_modified: str
    etag: str
    version_id: str | None
    storage_class: str
    metadata: dict[str, str]


class ObjectText(BaseModel):
    text: str
    size: int
    next_offset: NextOffset = None
    content_type: str | None = None


class ObjectBytes(BaseModel):
    base64: str
    size: int
    next_offset: NextOffset = None
    content_type: str | None = None


class ObjectLink(BaseModel):
    url: Annotated[str, Field(description="Secret: works without credentials.")]
    expires: str


class ObjectsReadTools:
    """Reads single objects of the buckets that the caller may touch."""

    def __init__(self, aws: Gateway) -> None:
        self._aws = aws

    @tool("Describe an object", actions=("s3:GetObject|s3:GetObjectVersion",))
    async def bucket_object_info(self, s3_uri: S3Uri) -> ObjectInfo:
        """An object's size, type, time, version and metadata, without its content."""
        location = parse_object(s3_uri)
        async with self._aws.bucket(location.bucket, f"describing {location}", location.action) as s3:
            head = await s3.head_object(**_request(location))
        return ObjectInfo(
            size=head["ContentLength"],
            content_type=head.get("ContentType"),
            content_encoding=head.get("ContentEncoding"),
            last_modified=head["LastModified"].isoformat(),
            etag=head["ETag"].strip('"'),
            version_id=head.get("VersionId"),
            storage_class=head.get("StorageClass", "STANDARD"),
            metadata=head["Metadata"],
        )

    @tool("Read an object as text", actions=("s3:GetObject|s3:GetObjectVersion",))
    async def bucket_object_text(
        self,
        s3_uri: S3Uri,
        max_bytes: MaxBytes = 65536,
        offset: Offset = 0,
        encoding: Annotated[str, Field(max_length=20)] = "utf-8",
    ) -> ObjectText:
        """Read a text object, or a part of it. Gzip is unpacked."""
        location = parse_object(s3_uri)
        decoder = _decoder(encoding)
        async with self._aws.bucket(location.bucket, f"reading {location}", location.action) as s3:
            part = await read_part(s3, _request(location), offset, max_bytes, unpack=True)
        if b"\0" in part.data and encoding.lower().replace("_", "-") in ("utf-8", "utf8", "ascii"):
            kind = part.content_type or "unknown"
            raise ToolError(f"{location} is not text: it holds zero bytes (its type is {kind}); try bucket_object_link")
        text, end = _decode(decoder, part)
        return ObjectText(text=text, size=part.size, next_offset=end, content_type=part.content_type)

    @tool("Read an object's bytes", actions=("s3:GetObject|s3:GetObjectVersion",))
    async def bucket_object_fetch(self, s3_uri: S3Uri, max_bytes: MaxBytes = 65536, offset: Offset = 0) -> ObjectBytes:
        """Read bytes of an object as base64, as they are stored. For text use bucket_object_text."""
        location = parse_object(s3_uri)
        async with self._aws.bucket(location.bucket, f"reading {location}", location.action) as s3:
            part = await read_part(s3, _request(location), offset, max_bytes, unpack=False)
        return ObjectBytes(
            base64=base64.b64encode(part.data).decode(),
            size=part.size,
            next_offset=part.next_offset,
            content_type=part.content_type,
        )

    @tool("Link to an object", idempotent=False, actions=("s3:GetObject|s3:GetObjectVersion",))
    async def bucket_object_link(
        self,
        s3_uri: S3Uri,
        expiration: Annotated[int, Field(ge=60, le=MAXIMUM_EXPIRATION)] = 900,
    ) -> ObjectLink:
        """A link that lets a person download an object for some seconds."""
        location = parse_object(s3_uri)
        async with self._aws.bucket(location.bucket, f"linking to {location}", location.action) as s3:
            request = _request(location)
            # A link to a missing object would fail only when it is opened.
            await s3.head_object(**request)
            url = await s3.generate_presigned_url("get_object", Params=request, ExpiresIn=expiration)
            until = grant().credentials.until
        expires = datetime.now(UTC) + timedelta(seconds=expiration)
        # A link ends with what signed it.
        return ObjectLink(url=url, expires=min(expires, until or expires).replace(microsecond=0).isoformat())


def _request(location: ObjectLocation) -> dict[str, Any]:
    request = {"Bucket": location.bucket, "Key": location.key}
    return request | {"VersionId": location.version} if location.version else request


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        codec = codecs.lookup(encoding)
        if not _TEXT.match(codec.name) or codec.incrementaldecoder is None:
            raise ValueError(codec.name)
        return codec.incrementaldecoder(errors="replace")
    except (LookupError, ValueError) as error:
        raise ToolError(f"{encoding!r} is not an encoding; use utf-8, latin-1, utf-16 ...") from error


def _decode(decoder: codecs.IncrementalDecoder, part: Part) -> tuple[str, int | None]:
    """The part's text and where the next part begins: a character that the end cuts in two belongs to the next one."""
    text = decoder.decode(part.data, final=part.next_offset is None)
    if part.next_offset is None:
        return text, None
    pending = len(decoder.getstate()[0])
    if pending == len(part.data):
        raise ToolError("max_bytes is smaller than one character; ask for more")
    return text, part.next_offset - pending
