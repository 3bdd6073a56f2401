"""Objects written through the server, read back with boto3."""

import base64
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import Running, token


def read(s3: Any, key: str, bucket: str = "quilt-example") -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def put(*objects: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"bucket": "quilt-example", "objects": list(objects)} | more


def keys(s3: Any, bucket: str = "quilt-example") -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]


def test_writes_text_and_bytes(server: Running, s3: Any) -> None:
    raw = bytes(range(256))
    text = {"key": "notes/a.md", "content": "gr\u00fc\u00dfe"}
    binary = {"key": "b.bin", "content": base64.b64encode(raw).decode(), "encoding": "base64"}
    results = server.call("bucket_objects_put", put(text, binary))["results"]
    assert [(item["key"], item["problem"]) for item in results] == [("notes/a.md", None), ("b.bin", None)]
    assert read(s3, "notes/a.md").decode() == "gr\u00fc\u00dfe"
    assert read(s3, "b.bin") == raw
    assert s3.head_object(Bucket="quilt-example", Key="notes/a.md")["ContentType"] == "text/plain; charset=utf-8"


def test_nothing_is_replaced_without_overwrite(server: Running, s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key="a", Body=b"old")
    asked = put({"key": "a", "content": "new"}, {"key": "b", "content": "new"})
    first, second = server.call("bucket_objects_put", asked)["results"]
    assert "pass overwrite" in first["problem"] and second["problem"] is None
    assert (read(s3, "a"), read(s3, "b")) == (b"old", b"new")
    server.call("bucket_objects_put", asked | {"overwrite": True})
    assert read(s3, "a") == b"new"


@pytest.mark.parametrize(
    "bucket", ["quilt-secret", "s3://quilt-secret", "quilt-example/../quilt-secret", "QUILT-SECRET"]
)
def test_a_foreign_bucket_is_not_written(server: Running, s3: Any, bucket: str) -> None:
    server.fail("bucket_objects_put", put({"key": "k", "content": "x"}, bucket=bucket))
    assert keys(s3, "quilt-secret") == []


def test_the_token_must_grant_writing(server: Running, s3: Any) -> None:
    bearer = f"Bearer {token(permissions=['s3:GetObject', 's3:ListBucket'])}"
    assert "s3:PutObject" in server.fail("bucket_objects_put", put({"key": "k", "content": "x"}), Authorization=bearer)
    assert keys(s3) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"key": ".quilt/named_packages/a/b/latest", "content": "x"}, "package tools"),
        ({"key": "k", "content": "not base64!", "encoding": "base64"}, "not valid base64"),
        ({"key": "k", "content": "x", "bucket": "quilt-secret"}, "Extra inputs"),
        ({"key": "\u00fc" * 600, "content": "x"}, "1024 bytes"),
        ({"key": "good", "content": "x"}, "given twice"),
    ],
)
def test_one_wrong_object_and_none_is_written(server: Running, s3: Any, wrong: dict[str, Any], said: str) -> None:
    assert said in server.fail("bucket_objects_put", put({"key": "good", "content": "x"}, wrong))
    assert keys(s3) == []


def test_a_key_is_written_as_it_is(server: Running, s3: Any) -> None:
    key = "a/../../quilt-secret/%2e%2e/k"
    server.call("bucket_objects_put", put({"key": key, "content": "x"}))
    assert keys(s3) == [key]
    with pytest.raises(ClientError):
        read(s3, "k", "quilt-secret")
