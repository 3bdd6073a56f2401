"""A registry: the bucket that holds packages' names, their versions and their manifests.

.quilt/named_packages/<user>/<name>/latest           the top hash of the latest version
.quilt/named_packages/<user>/<name>/<unix time>      the top hash of the version pushed then
.quilt/packages/<top hash>                           the version's manifest
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from .locations import is_top_hash

NAMED = ".quilt/named_packages/"
MANIFESTS = ".quilt/packages/"
LATEST = "latest"
MAXIMUM_VERSIONS = 100_000  # tags are listed with the oldest first, and the newest are wanted
_USERS_AT_ONCE = 8
_AFTER_SLASH = chr(ord("/") + 1)


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a tag held when it was read.

    Attributes:
        top_hash: None where it holds none.
        etag: The state of that object.
    """

    top_hash: str | None
    etag: str


async def read_pointer(s3: Any, bucket: str, name: str, tag: str = LATEST) -> Pointer | None:
    """What a tag (`latest`, or a time in seconds since 1970) of a package points to; None where there is none."""
    from botocore.exceptions import ClientError

    try:
        answer = await s3.get_object(Bucket=bucket, Key=f"{NAMED}{name}/{tag}", Range="bytes=0-255")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "InvalidRange":  # an empty object
            return Pointer(None, "")
        if code not in ("NoSuchKey", "404"):
            raise
        return None
    async with answer["Body"] as body:
        raw: bytes = await body.read()
    text = raw.decode("ascii", "replace").strip()
    return Pointer(text if is_top_hash(text) else None, answer["ETag"])


async def resolve(s3: Any, bucket: str, name: str, tag: str = LATEST) -> str:
    """The top hash that a tag of a package points to.

    Raises:
        ToolError: if there is no such package or tag, or it points nowhere.
    """
    pointer = await read_pointer(s3, bucket, name, tag)
    if pointer is None:
        raise no_package(bucket, name, f" (tag {tag})")
    if pointer.top_hash is None:
        raise ToolError(f"the package {name} in s3://{bucket} is damaged: its tag {tag} holds no top hash")
    return pointer.top_hash


def no_package(bucket: str, name: str, more: str = "") -> ToolError:
    """There is no such package."""
    return ToolError(f"there is no package {name} in s3://{bucket}{more}; packages_list shows what is there")


async def open_manifest(s3: Any, bucket: str, top_hash: str, start: int) -> Any:
    """The body of a manifest from the offset `start` on.

    Raises:
        ToolError: as `manifest_answer`.
    """
    return (await manifest_answer(s3, bucket, top_hash, start))["Body"]


async def manifest_answer(s3: Any, bucket: str, top_hash: str, start: int) -> dict[str, Any]:
    """S3's answer with a manifest from the offset `start` on: its body, its size and its ETag.

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
        answer: dict[str, Any] = await s3.get_object(**request)
        return answer
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "InvalidRange":
            raise ToolError("the cursor points behind the end of the package; start again without it") from error
        if code not in ("NoSuchKey", "404"):
            raise
        raise ToolError(f"there is no package version {top_hash} in s3://{bucket}; check top_hash") from error


async def complete_hash(s3: Any, bucket: str, begin: str) -> str:
    """The top hash of a registry's one manifest whose top hash begins so.

    Raises:
        ToolError: if there is none, or more than one.
    """
    if is_top_hash(begin):
        return begin
    answer = await s3.list_objects_v2(Bucket=bucket, Prefix=MANIFESTS + begin, MaxKeys=2)
    found: list[str] = [item["Key"].removeprefix(MANIFESTS) for item in answer.get("Contents", ())]
    if len(found) > 1:
        raise ToolError(f"several package versions in s3://{bucket} begin with {begin}; give more digits")
    if not found or not is_top_hash(found[0]):
        raise ToolError(f"there is no package version in s3://{bucket} that begins with {begin}; check the hash")
    return found[0]


async def package_names(s3: Any, bucket: str, prefix: str, after: str, count: int) -> list[str]:
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


async def tags(s3: Any, bucket: str, name: str, limit: int) -> list[str]:
    """The tags of a package, `latest` among them; at least the first `limit` of them."""
    prefix = f"{NAMED}{name}/"
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    found: list[str] = []
    while len(found) < limit:
        answer = await s3.list_objects_v2(**request)
        found.extend(item["Key"].removeprefix(prefix) for item in answer.get("Contents", ()))
        if not answer.get("IsTruncated"):
            break
        request["ContinuationToken"] = answer["NextContinuationToken"]
    return found


def is_time(tag: str) -> bool:
    """Whether a tag is a version's time, which has ten digits from 2001 to 2286."""
    return tag.isascii() and tag.isdigit() and len(tag) <= 10


async def version_times(s3: Any, bucket: str, name: str) -> list[int]:
    """When a package's versions were pushed, in seconds since 1970, the newest first.

    Raises:
        ToolError: if there are so many that the newest cannot be known.
    """
    found = await tags(s3, bucket, name, MAXIMUM_VERSIONS)
    if len(found) >= MAXIMUM_VERSIONS:
        raise ToolError(
            f"the package {name} in s3://{bucket} has more than {MAXIMUM_VERSIONS} versions, too many to be listed; "
            "package_browse shows the latest"
        )
    return sorted((int(tag) for tag in found if is_time(tag)), reverse=True)


async def has_time(s3: Any, bucket: str, name: str, top_hash: str) -> bool:
    """Whether the newest time of a package is that of this version, as it is when the version is the latest."""
    times = await version_times(s3, bucket, name)
    newest = await read_pointer(s3, bucket, name, str(times[0])) if times else None
    return newest is not None and newest.top_hash == top_hash
