"""Writing into a registry, such that no version is lost.

Written are the manifest, whose name is its top hash; then `latest`, on the condition that it is still what this version
was made from; then the version's time. The second of two gets an error, and nothing points to what he wrote.
Conditional requests of S3: If-None-Match and If-Match of writes since 2024, of deletions since 2025. Only moto's form
of them could be tried here.
"""

import time
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from ..transport.disconnect import uninterrupted
from .draft import Draft
from .registry import LATEST, MANIFESTS, NAMED, Pointer, read_pointer

PART = 16 * 1024 * 1024  # bytes of a manifest that are sent at once
# S3's codes for a condition that does not hold.
CONFLICTS = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
_SECONDS_TRIED = 60  # that others may have taken for their versions
_DELETED_AT_ONCE = 1000  # S3's own limit


async def publish(s3: Any, bucket: str, name: str, draft: Draft, before: Pointer | None) -> None:
    """Make a draft the latest version.

    Args:
        before: The version that it follows; None for a new package.

    Raises:
        ToolError: if the package is no longer at that version.
    """
    top_hash = draft.top_hash
    await _send_manifest(s3, bucket, MANIFESTS + top_hash, draft)
    with uninterrupted():
        await point_latest(s3, bucket, name, top_hash, before)
        await record_time(s3, bucket, name, top_hash)


async def point_latest(s3: Any, bucket: str, name: str, top_hash: str, before: Pointer | None) -> None:
    """Let `latest` point to a version, if it still is as it was read.

    Raises:
        ToolError: if it is not.
    """
    from botocore.exceptions import ClientError

    condition = {"IfNoneMatch": "*"} if before is None else {"IfMatch": before.etag}
    try:
        await s3.put_object(Bucket=bucket, Key=f"{NAMED}{name}/{LATEST}", Body=top_hash.encode(), **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] not in (*CONFLICTS, "NoSuchKey"):
            raise
        if not await _points_to(s3, bucket, name, LATEST, top_hash):
            raise _overtaken(bucket, name) from error


async def record_time(s3: Any, bucket: str, name: str, top_hash: str) -> None:
    """Keep the version under the current second, or the next one that no other version has.

    Raises:
        ToolError: if no second is free.
    """
    from botocore.exceptions import ClientError

    now = int(time.time())
    for second in range(now, now + _SECONDS_TRIED):
        try:
            await s3.put_object(Bucket=bucket, Key=f"{NAMED}{name}/{second}", Body=top_hash.encode(), IfNoneMatch="*")
            return
        except ClientError as error:
            if error.response["Error"]["Code"] not in CONFLICTS:
                raise
            if await _points_to(s3, bucket, name, str(second), top_hash):
                return
    raise ToolError(
        f"{name} in s3://{bucket} is now at {top_hash}, but its time could not be kept: too many versions at once"
    )


async def _points_to(s3: Any, bucket: str, name: str, tag: str, top_hash: str) -> bool:
    """Whether a tag that was found taken holds what this server wrote.

    The SDK repeats a request whose answer was lost, and the second one finds the work of the first.
    """
    found = await read_pointer(s3, bucket, name, tag)
    return found is not None and found.top_hash == top_hash


async def _send_manifest(s3: Any, bucket: str, key: str, draft: Draft) -> None:
    draft.file.seek(0)
    if draft.bytes <= PART:
        await s3.put_object(Bucket=bucket, Key=key, Body=draft.file.read())
        return
    where = {"Bucket": bucket, "Key": key}
    where["UploadId"] = (await s3.create_multipart_upload(**where))["UploadId"]
    try:
        parts: list[dict[str, Any]] = []
        while data := draft.file.read(PART):
            number = len(parts) + 1
            sent = await s3.upload_part(**where, PartNumber=number, Body=data)
            parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        await s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    except BaseException:
        await s3.abort_multipart_upload(**where)
        raise


async def delete_latest(s3: Any, bucket: str, name: str, before: Pointer) -> None:
    """Delete `latest`, if it still is as it was read.

    Raises:
        ToolError: if it is not.
    """
    from botocore.exceptions import ClientError

    try:
        await s3.delete_object(Bucket=bucket, Key=f"{NAMED}{name}/{LATEST}", IfMatch=before.etag)
    except ClientError as error:
        if error.response["Error"]["Code"] not in (*CONFLICTS, "NoSuchKey"):
            raise
        # A missing tag is the wanted state, maybe after a request whose response was lost.
        if await read_pointer(s3, bucket, name) is not None:
            raise _overtaken(bucket, name) from error


async def delete_tags(s3: Any, bucket: str, name: str, names: list[str]) -> None:
    """Delete tags of a package.

    Raises:
        ToolError: if S3 kept one.
    """
    for start in range(0, len(names), _DELETED_AT_ONCE):
        keys = [{"Key": f"{NAMED}{name}/{tag}"} for tag in names[start : start + _DELETED_AT_ONCE]]
        answer = await s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        for error in answer.get("Errors", ()):
            said = f"{error.get('Code')} ({error.get('Message')})"
            raise ToolError(f"deleting {name} in s3://{bucket} stopped half way: {said}; call package_delete again")


def _overtaken(bucket: str, name: str) -> ToolError:
    return ToolError(
        f"somebody else changed the package {name} in s3://{bucket} meanwhile, and this call changed nothing; "
        "look at it with package_browse and try again"
    )
