"""Parts of objects, bounded whatever the object is."""

import zlib
from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from ..turns import Turn

MAXIMUM_OFFSET = 50 * 1024**4  # bytes; S3 objects are not larger
MAXIMUM_UNPACKED = 64 * 1024**2  # bytes of a gzip object's content that are unpacked to reach an offset
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an object.

    Attributes:
        size: Bytes of the whole object as it is stored.
        next_offset: Where the next part begins; None at the end.
    """

    data: bytes
    size: int
    content_type: str | None
    next_offset: int | None


async def read_part(s3: Any, request: dict[str, Any], offset: int, length: int, *, unpack: bool) -> Part:
    """At most `length` bytes of an object from `offset` on.

    Args:
        s3: The client, under a grant for the request's bucket.
        request: Bucket, key, and version if any.
        offset: The first byte; of a gzip object that is unpacked, of its content.
        length: Bytes.
        unpack: Whether gzip is unpacked.

    Raises:
        ToolError: if the object says that it is gzip and is not, or the offset is too far into one.
    """
    from botocore.exceptions import ClientError

    try:
        answer = await s3.get_object(**request, Range=f"bytes={offset}-{offset + length - 1}")
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidRange":
            raise
        # Nothing at that offset; also how S3 answers for an empty object.
        answer = await s3.head_object(**request)
        if not (unpack and _is_gzip(request, answer) and answer["ContentLength"]):
            return Part(b"", answer["ContentLength"], answer.get("ContentType"), None)
        answer["Body"] = None
    content_type = answer.get("ContentType")
    if unpack and _is_gzip(request, answer):
        if answer["Body"] is not None:
            answer["Body"].close()
        whole = await s3.get_object(**request)
        async with whole["Body"] as body:
            data, ended = await _unpack(body, offset, length)
        return Part(data, whole["ContentLength"], content_type, None if ended else offset + len(data))
    async with answer["Body"] as body:
        data = await body.read(length)
    size = int(answer["ContentRange"].rpartition("/")[2]) if "ContentRange" in answer else answer["ContentLength"]
    end = offset + len(data)
    return Part(data, size, content_type, end if end < size else None)


def _is_gzip(request: dict[str, Any], answer: dict[str, Any]) -> bool:
    return answer.get("ContentEncoding") == "gzip" or str(request["Key"]).endswith(".gz")


async def _unpack(body: Any, offset: int, length: int) -> tuple[bytes, bool]:
    """Bytes of the content, and whether it ends with them. Memory is bounded by `length`, however well it is packed."""
    if offset + length > MAXIMUM_UNPACKED:
        raise ToolError(f"of a gzip object only the first {MAXIMUM_UNPACKED} bytes of content can be read here")
    unpacker, packed = zlib.decompressobj(wbits=31), b""
    skip, found = offset, bytearray()
    turn = Turn()
    try:
        while len(found) <= length:
            await turn.pause()
            packed = packed or await body.read(_CHUNK)
            ended = not packed
            piece = unpacker.flush() if ended else unpacker.decompress(packed, _CHUNK)
            found += piece[skip:]
            skip = max(0, skip - len(piece))
            if ended:
                break
            packed = unpacker.unconsumed_tail
            if unpacker.eof:
                # A gzip file may have several members, one behind the other.
                unpacker, packed = zlib.decompressobj(wbits=31), unpacker.unused_data
    except zlib.error as error:
        raise ToolError("the object says that it is gzip, and is not; bucket_object_fetch reads it as it is") from error
    return bytes(found[:length]), len(found) <= length
