"""Requests and results for the tests of the package tools."""

from typing import Any

from conftest import Running

NAMED = ".quilt/named_packages/team/data/"


def uri(key: str, bucket: str = "quilt-example") -> str:
    return f"s3://{bucket}/{key}"


def make(*entries: Any, **more: Any) -> dict[str, Any]:
    listed = [{"s3_uri": uri(entry)} if isinstance(entry, str) else entry for entry in entries]
    return {"registry": "quilt-example", "package_name": "team/data", "entries": listed} | more


def read(s3: Any, key: str, bucket: str = "quilt-example") -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def tags(s3: Any, bucket: str = "quilt-example") -> dict[str, str]:
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=NAMED).get("Contents", ())
    return {item["Key"].removeprefix(NAMED): read(s3, item["Key"], bucket).decode() for item in listed}


def browse(server: Running, **more: Any) -> dict[str, Any]:
    asked = {"registry": "quilt-example", "package_name": "team/data", "include_meta": True} | more
    return server.call("package_browse", asked)


def written(s3: Any) -> list[str]:
    """Quilt's own files in both buckets."""
    return [
        item["Key"]
        for bucket in ("quilt-example", "quilt-secret")
        for item in s3.list_objects_v2(Bucket=bucket, Prefix=".quilt/").get("Contents", ())
        if not item["Key"].startswith(".quilt/workflows/")
    ]


def result(server: Running, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return server.rpc("tools/call", {"name": tool, "arguments": arguments})


def validate(server: Running, **more: Any) -> dict[str, Any]:
    return server.call("package_validate", {"registry": "quilt-example", "package_name": "team/data"} | more)
