"""Buckets with objects, and real Quilt packages over them.

A package is a manifest `.quilt/packages/<top hash>` (JSON lines: metadata, then entries) and pointers to it,
`.quilt/named_packages/<name>/<unix time>` and `.../latest`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.clients import Clients
from sandbox.seed.stack import Package, Quilt

Entry = dict[str, Any]


def lay(aws: Clients, quilt: Quilt) -> None:
    s3 = aws("s3")
    # us-east-1 is the region that must not be named.
    where = {} if aws.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
    versions: dict[tuple[str, str], str] = {}
    for bucket, objects in quilt.objects.items():
        s3.create_bucket(Bucket=bucket, **where)
        # Quilt needs versions: a manifest names the exact version of each object.
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for key, body in objects.items():
            versions[bucket, key] = s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
    for package in quilt.packages:
        _push(s3, package, quilt.objects[package.bucket], versions)


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


def _push(s3: Any, package: Package, objects: Mapping[str, bytes], versions: dict[tuple[str, str], str]) -> None:
    entries = []
    for logical_key, key in sorted(package.files.items(), key=lambda item: item[0].split("/")):
        body = objects[key]
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
