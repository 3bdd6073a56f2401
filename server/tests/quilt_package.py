"""Quilt packages as quilt3 lays them into a registry."""

import hashlib
import json
from typing import Any

HASH, OTHER_HASH = "a" * 64, "b" * 64


HEADER = {"version": "v0", "message": "first", "user_meta": {"by": "test"}}


def top_hash_of(entries: list[dict[str, Any]], header: dict[str, Any] = HEADER) -> str:
    """The top hash of entries in path order. Most packages here have another, as a constant is easier to look for."""
    parts = [header, *({name: each[name] for name in ("hash", "logical_key", "meta", "size")} for each in entries)]
    text = "".join(json.dumps(part, sort_keys=True, separators=(",", ":")) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()


def push(
    s3: Any, name: str, entries: list[dict[str, Any]], top_hash: str = HASH, bucket: str = "quilt-example"
) -> None:
    body = "".join(json.dumps(line) + "\n" for line in (HEADER, *entries))
    s3.put_object(Bucket=bucket, Key=f".quilt/packages/{top_hash}", Body=body.encode())
    for tag in ("latest", "1700000000"):
        s3.put_object(Bucket=bucket, Key=f".quilt/named_packages/{name}/{tag}", Body=top_hash.encode())


def entry(key: str, bucket: str = "quilt-example", **more: Any) -> dict[str, Any]:
    return {
        "logical_key": key,
        "physical_keys": [f"s3://{bucket}/objects/{key}?versionId=v1"],
        "size": 3,
        "hash": {"type": "SHA256", "value": "ff"},
        "meta": {"user_meta": {"n": 1}},
    } | more
