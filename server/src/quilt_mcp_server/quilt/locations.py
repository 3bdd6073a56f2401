"""Where things are: buckets, registries, objects, packages, as a caller may write them."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from mcp.server.mcpserver.exceptions import ToolError

from ..auth.principal import is_bucket_name

_PACKAGE = re.compile(r"[\w-]+/[\w-]+\Z")  # quilt3's own rule
_TOP_HASH = re.compile(r"[0-9a-f]{64}\Z")
_DIGITS = re.compile(r"[0-9a-f]{6,64}\Z")  # quilt3 wants six at least
_TIME = 10  # digits from 2001 to 2286
MAXIMUM_KEY_BYTES = 1024  # S3's own limit


@dataclass(frozen=True, slots=True)
class ObjectLocation:
    """An object, or one version of it."""

    bucket: str
    key: str
    version: str | None = None

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def action(self) -> str:
        """The IAM action that reading it takes."""
        return "s3:GetObjectVersion" if self.version else "s3:GetObject"


def parse_bucket(text: str) -> str:
    """The bare name of a bucket or registry, written `name`, `s3://name` or `s3://name/`.

    Raises:
        ToolError: if it is anything else.
    """
    name = text.removeprefix("s3://").removesuffix("/")
    if not is_bucket_name(name):
        raise ToolError(f"{text[:200]!r} is not a bucket; write its name or s3://name")
    return name


def parse_object(uri: str) -> ObjectLocation:
    """The object that an S3 URI names, `s3://bucket/key` or `s3://bucket/key?versionId=id`.

    The key is taken as it is written: S3 keys may hold `%`, `..` and `//`, and are never decoded or normalized.

    Raises:
        ToolError: if it is not such a URI.
    """
    if not uri.startswith("s3://"):
        raise ToolError(f"{uri[:200]!r} is not an S3 URI; write s3://bucket/key")
    path, mark, version = uri.removeprefix("s3://").rpartition("?versionId=")
    if not mark:
        path, version = version, ""
    bucket, _, key = path.partition("/")
    if not is_bucket_name(bucket) or not key or len(key.encode("utf-8", "surrogatepass")) > MAXIMUM_KEY_BYTES:
        raise ToolError(f"{uri[:200]!r} names no object; write s3://bucket/key")
    return ObjectLocation(bucket, key, version or None)


def parse_physical_key(url: str) -> ObjectLocation | None:
    """The object that a manifest's physical key names, in which the key is percent-encoded; None if it is not in S3."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme != "s3" or not parts.netloc:
        return None
    version = parse_qs(parts.query).get("versionId", [None])[0]
    return ObjectLocation(parts.netloc, unquote(parts.path.removeprefix("/")), version)


def physical_key(place: ObjectLocation) -> str:
    """The object as quilt3 writes it into manifests."""
    query = f"?{urlencode({'versionId': place.version})}" if place.version else ""
    return f"s3://{place.bucket}{quote('/' + place.key)}{query}"


def logical_problem(key: str) -> str | None:
    """Why quilt3 does not take a path as an entry's; None if it does."""
    if any(part in ("", ".", "..") for part in key.split("/")):
        return f"{key[:200]!r} is no path of an entry: a part of it is empty, '.' or '..'"
    return None


def check_package_name(name: str) -> str:
    """The name itself, if it is one.

    Raises:
        ToolError: if it is not of the form user/name.
    """
    if not _PACKAGE.match(name):
        raise ToolError(f"{name[:200]!r} is not a package name; the form is user/name, packages_list shows them")
    return name


@dataclass(frozen=True, slots=True)
class PackageLocation:
    """A package, and which version of it.

    Attributes:
        hash: A top hash, or its beginning.
        tag: `latest`, or the time of a version; None where there is a hash.
    """

    name: str
    hash: str | None
    tag: str | None


def parse_package(text: str) -> PackageLocation:
    """The package that `user/name`, `user/name@hash` or `user/name:tag` names, as in Quilt+ URIs.

    Raises:
        ToolError: if it is anything else.
    """
    name, at, digits = text.partition("@")
    name, colon, tag = name.partition(":")
    if at and not _DIGITS.match(digits.lower()):
        raise ToolError(
            "behind @ must be a top hash: 64 hexadecimal digits in lower case, or the first 6 or more of them"
        )
    if at and colon:
        raise ToolError("a package has a hash (@) or a tag (:), not both")
    if colon and tag != "latest" and not (tag.isascii() and tag.isdigit() and len(tag) <= _TIME):
        raise ToolError("behind : must be a tag: latest, or the time of a version in seconds since 1970")
    return PackageLocation(check_package_name(name), digits.lower() if at else None, None if at else tag or "latest")


def is_top_hash(text: str) -> bool:
    """Whether the text has the form of a package's top hash."""
    return bool(_TOP_HASH.match(text))
