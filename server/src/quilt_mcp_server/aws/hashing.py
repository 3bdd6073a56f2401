"""Objects as entries of a package: their size, version and hash."""

from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from ..quilt import checksums
from ..quilt.locations import ObjectLocation
from ..turns import Turn
from .gateway import Gateway

_CHUNK = 256 * 1024  # bytes read at a time
_PIECE = 32 * 1024  # bytes hashed at a time; a few milliseconds in Python


@dataclass(frozen=True, slots=True)
class Found:
    """An object as it is now.

    Attributes:
        place: With the version, where the bucket keeps versions.
        size: Bytes.
        etag: Changes with the content.
        hashes: What S3 knows of its content: hashes by kind, as manifests have them.
    """

    place: ObjectLocation
    size: int
    etag: str
    hashes: dict[str, str]


async def look_up(aws: Gateway, place: ObjectLocation) -> Found:
    """What S3 says of an object.

    Raises:
        ToolError: if there is none, or the caller may not read it.
    """
    async with aws.bucket(place.bucket, f"looking at {place}", place.action) as s3:
        head = await s3.head_object(**_request(place), ChecksumMode="ENABLED")
        sizes = await _part_sizes(s3, place) if checksums.in_parts(head) else ()
    version = head.get("VersionId") or place.version
    return Found(
        ObjectLocation(place.bucket, place.key, version),
        head["ContentLength"],
        head["ETag"],
        checksums.kept_by_s3(head, sizes),
    )


async def hash_of(aws: Gateway, found: Found) -> dict[str, str]:
    """The hash that an entry for the object gets.

    S3's own checksum where it is one of quilt3's kinds, else the object is read for quilt3's usual one. So an object
    always gets the same hash, and large ones are seldom read: S3 adds CRC64NVME to what comes without a checksum.
    """
    for kind in (checksums.CHUNKED, checksums.CRC64NVME, checksums.SHA256):
        if kind in found.hashes:
            return {"type": kind, "value": found.hashes[kind]}
    return {"type": checksums.CHUNKED, "value": await calculate(aws, found, checksums.CHUNKED)}


async def calculate(aws: Gateway, found: Found, kind: str) -> str:
    """Read an object and hash it.

    Raises:
        ToolError: if it changed while it was looked at, or cannot be read.
    """
    digest, size, turn = checksums.digest(kind, found.size), 0, Turn()
    from botocore.exceptions import ClientError

    async with aws.bucket(found.place.bucket, f"reading {found.place}", found.place.action) as s3:
        try:
            answer = await s3.get_object(**_request(found.place), IfMatch=found.etag)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("PreconditionFailed", "412"):
                raise
            raise ToolError(f"{found.place} changed while it was looked at; try again") from error
        async with answer["Body"] as body:
            while data := await body.read(_CHUNK):
                await turn.take()
                for start in range(0, len(data), _PIECE):
                    await turn.pause()
                    digest.update(data[start : start + _PIECE])
                size += len(data)
    if size != found.size:
        raise ToolError(f"{found.place} ended after {size} of {found.size} bytes; try again")
    return digest.value()


def _request(place: ObjectLocation) -> dict[str, Any]:
    request = {"Bucket": place.bucket, "Key": place.key}
    return request | {"VersionId": place.version} if place.version else request


async def _part_sizes(s3: Any, place: ObjectLocation) -> list[int]:
    """Bytes of an object's parts; none where S3 does not say, or the role may not ask (s3:GetObjectAttributes)."""
    from botocore.exceptions import ClientError

    sizes: list[int] = []
    request = _request(place) | {"ObjectAttributes": ["ObjectParts"], "MaxParts": 1000}
    try:
        while True:
            parts = (await s3.get_object_attributes(**request)).get("ObjectParts", {})
            sizes.extend(part["Size"] for part in parts.get("Parts", ()))
            if not parts.get("IsTruncated"):
                return sizes
            request["PartNumberMarker"] = parts["NextPartNumberMarker"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDenied", "403", "NotImplemented"):
            raise
        return []
