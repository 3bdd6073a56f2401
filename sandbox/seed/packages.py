"""Buckets with objects, and real Quilt packages over them.

A package is a manifest `.quilt/packages/<top hash>` (JSON lines: metadata, then entries) and pointers to it,
`.quilt/named_packages/<name>/<unix time>` and `.../latest`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.clients import Clients
from sandbox.seed.names import BUCKETS

Entry = dict[str, Any]


@dataclass(frozen=True)
class Package:
    """One revision. `files` maps logical keys to keys in the bucket; `time` is a unix time in seconds."""

    bucket: str
    name: str
    time: int
    message: str
    files: dict[str, str]
    user_meta: dict[str, Any] = field(default_factory=dict)


_RAW, _STAGING, _EXAMPLE = BUCKETS
_ORDERS = "order_id,region,amount\n" + "".join(f"{n},{'EMEA' if n % 3 else 'APAC'},{n * 7.25}\n" for n in range(1, 41))

_OBJECTS: dict[str, dict[str, bytes]] = {
    _RAW: {
        "orders/2026-q1.csv": _ORDERS.encode(),
        "orders/2026-q2.csv": _ORDERS.replace("EMEA", "AMER").encode(),
        "orders/README.md": b"# Orders\n\nOne CSV per quarter, straight from the shop.\n",
        "customers/customers.json": json.dumps([{"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}]).encode(),
    },
    _STAGING: {
        "forecast/model.json": json.dumps({"kind": "linear", "slope": 1.7, "intercept": 12}, indent=1).encode(),
        "forecast/README.md": b"# Forecast\n\nNext quarter's orders by region.\n",
        "athena-results/.keep": b"",
    },
    _EXAMPLE: {
        "hello/README.md": b"# Hello\n\nThe smallest package: a readme, a table and a picture.\n",
        "hello/data/table.csv": b"x,y\n1,2\n3,4\n",
        "hello/data/käse.txt": "grüße\n".encode(),
        "hello/pixel.png": bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
            "1f15c4890000000d49444154789c626001000000050001a5f645400000000049454e44ae426082"
        ),
    },
}

_PACKAGES = (
    Package(
        _RAW,
        "sales/orders",
        1767225600,
        "First quarter",
        {"2026-q1.csv": "orders/2026-q1.csv", "README.md": "orders/README.md"},
    ),
    Package(
        _RAW,
        "sales/orders",
        1775001600,
        "Second quarter",
        {"2026-q1.csv": "orders/2026-q1.csv", "2026-q2.csv": "orders/2026-q2.csv", "README.md": "orders/README.md"},
        {"owner": "sales", "quarters": 2},
    ),
    Package(
        _STAGING,
        "sales/forecast",
        1775088000,
        "Linear model",
        {"model.json": "forecast/model.json", "README.md": "forecast/README.md"},
    ),
    Package(
        _EXAMPLE,
        "examples/hello",
        1764547200,
        "Hello",
        {key.removeprefix("hello/"): key for key in _OBJECTS[_EXAMPLE]},
        {"title": "Hello, Quilt"},
    ),
)


def lay(aws: Clients) -> None:
    s3 = aws("s3")
    versions: dict[tuple[str, str], str] = {}
    for bucket, objects in _OBJECTS.items():
        s3.create_bucket(Bucket=bucket)
        # Quilt needs versions: a manifest names the exact version of each object.
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for key, body in objects.items():
            versions[bucket, key] = s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
    for package in _PACKAGES:
        _push(s3, package, versions)


def manifest(package: Package, entries: Iterable[Entry]) -> tuple[str, bytes]:
    """The top hash and the JSON lines of a revision; `entries` in the order of their path segments."""
    header: dict[str, Any] = {"version": "v0", "message": package.message}
    if package.user_meta:
        header["user_meta"] = package.user_meta
    lines = [header, *entries]
    return top_hash(lines), "".join(json.dumps(line) + "\n" for line in lines).encode()


def top_hash(lines: list[dict[str, Any]]) -> str:
    """sha256 over the metadata and each entry's hash, logical_key, meta and size; where the bytes lie is left out."""
    digest = hashlib.sha256(_canonical(lines[0]))
    for entry in lines[1:]:
        digest.update(_canonical({key: entry[key] for key in ("hash", "logical_key", "meta", "size")}))
    return digest.hexdigest()


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _push(s3: Any, package: Package, versions: dict[tuple[str, str], str]) -> None:
    entries = []
    for logical_key, key in sorted(package.files.items(), key=lambda item: item[0].split("/")):
        body = _OBJECTS[package.bucket][key]
        entries.append(
            {
                "logical_key": logical_key,
                "physical_keys": [_physical_key(package.bucket, key, versions[package.bucket, key])],
                "size": len(body),
                "hash": {"type": "SHA256", "value": hashlib.sha256(body).hexdigest()},
                "meta": {},
            }
        )
    digest, lines = manifest(package, entries)
    s3.put_object(Bucket=package.bucket, Key=f".quilt/packages/{digest}", Body=lines)
    for pointer in (str(package.time), "latest"):
        s3.put_object(
            Bucket=package.bucket, Key=f".quilt/named_packages/{package.name}/{pointer}", Body=digest.encode()
        )


def _physical_key(bucket: str, key: str, version: str) -> str:
    return f"s3://{bucket}/{quote(key)}?{urlencode({'versionId': version})}"
