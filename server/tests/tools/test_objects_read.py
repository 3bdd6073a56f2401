"""The object tools against S3's API."""

import base64
import bz2
import gzip
import resource
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from conftest import Running, token


def read_all(server: Running, uri: str, step: int, tool: str = "bucket_object_text") -> tuple[str, int]:
    """An object's text read in parts, and how many parts it took."""
    field: Callable[[dict[str, Any]], str] = (
        (lambda part: str(part["text"]))
        if tool == "bucket_object_text"
        else (lambda part: base64.b64decode(part["base64"]).decode())
    )
    text, offset, parts = "", 0, 0
    while offset is not None:
        part = server.call(tool, {"s3_uri": uri, "max_bytes": step, "offset": offset})
        text, offset, parts = text + field(part), part["next_offset"], parts + 1
    return text, parts


def test_reads_text_in_parts_without_cutting_characters(server: Running, s3: Any) -> None:
    text = "naïve café ☕ " * 50
    s3.put_object(Bucket="quilt-example", Key="t.txt", Body=text.encode(), ContentType="text/plain")
    read, offset = "", 0
    while offset is not None:
        part = server.call(
            "bucket_object_text", {"s3_uri": "s3://quilt-example/t.txt", "max_bytes": 37, "offset": offset}
        )
        read, offset = read + part["text"], part["next_offset"]
    assert read == text
    assert part["size"] == len(text.encode())


def test_reads_an_empty_object_and_an_old_version(server: Running, s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="quilt-example", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="quilt-example", Key="k", Body=b"old")["VersionId"]
    s3.put_object(Bucket="quilt-example", Key="k", Body=b"")
    assert server.call("bucket_object_text", {"s3_uri": "s3://quilt-example/k"})["text"] == ""
    uri = f"s3://quilt-example/k?versionId={first}"
    assert server.call("bucket_object_text", {"s3_uri": uri})["text"] == "old"
    for tool in ("bucket_object_text", "bucket_object_info", "bucket_object_fetch", "bucket_object_link"):
        limited = f"Bearer {token(permissions=['s3:GetObject'])}"
        assert "s3:GetObjectVersion" in server.fail(tool, {"s3_uri": uri}, Authorization=limited)


def test_says_what_was_asked_what_aws_answered_and_what_to_do(server: Running) -> None:
    message = server.fail("bucket_object_text", {"s3_uri": "s3://quilt-example/none"})
    assert "reading s3://quilt-example/none failed" in message
    assert "NoSuchKey" in message
    assert "bucket_objects_list" in message


def test_refuses_what_is_not_text(server: Running, s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key="b", Body=b"PK\x00\x01", ContentType="application/zip")
    assert "not text" in server.fail("bucket_object_text", {"s3_uri": "s3://quilt-example/b"})


def test_keys_are_taken_as_they_are_written(server: Running, s3: Any) -> None:
    key = "a/../b//c%2Fd ?x#ü"
    s3.put_object(Bucket="quilt-example", Key=key, Body=b"here")
    assert server.call("bucket_object_text", {"s3_uri": f"s3://quilt-example/{key}"})["text"] == "here"


@pytest.mark.parametrize("step", [7, 100, 65536])
def test_gzip_is_unpacked_in_parts(server: Running, s3: Any, step: int) -> None:
    text = "".join(f"line {number} é\n" for number in range(60))
    members = gzip.compress(text[:300].encode()) + gzip.compress(text[300:].encode())
    s3.put_object(Bucket="quilt-example", Key="t.txt.gz", Body=members)
    s3.put_object(Bucket="quilt-example", Key="encoded", Body=members, ContentEncoding="gzip")
    for key in ("t.txt.gz", "encoded"):
        assert read_all(server, f"s3://quilt-example/{key}", step)[0] == text


def test_a_gzip_object_that_is_larger_packed_than_asked_for(server: Running, s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key="e.gz", Body=gzip.compress(b""))
    assert read_all(server, "s3://quilt-example/e.gz", 10)[0] == ""
    s3.put_object(Bucket="quilt-example", Key="x.gz", Body=gzip.compress(b"ab" * 40000))
    part = server.call("bucket_object_text", {"s3_uri": "s3://quilt-example/x.gz", "max_bytes": 4, "offset": 79998})
    assert (part["text"], part["next_offset"]) == ("ab", None)


def test_what_only_says_that_it_is_gzip(server: Running, s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key="t.gz", Body=b"plain")
    assert "is not" in server.fail("bucket_object_text", {"s3_uri": "s3://quilt-example/t.gz"})
    assert read_all(server, "s3://quilt-example/t.gz", 100, "bucket_object_fetch")[0] == "plain"


def test_a_decompression_bomb_costs_no_memory(server: Running, s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key="bomb.gz", Body=gzip.compress(b"a" * 100 * 1024**2))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    part = server.call("bucket_object_text", {"s3_uri": "s3://quilt-example/bomb.gz", "max_bytes": 1000})
    assert (part["text"], part["next_offset"]) == ("a" * 1000, 1000)
    far = {"s3_uri": "s3://quilt-example/bomb.gz", "max_bytes": 1000, "offset": 60 * 1024**2}
    assert server.call("bucket_object_text", far)["text"] == "a" * 1000
    assert "only the first" in server.fail("bucket_object_text", far | {"offset": 70 * 1024**2})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30 * 1024


@pytest.mark.parametrize("encoding", ["latin-1", "UTF8", "utf-16-le", "cp1252", "shift_jis", "mac_roman", "gb18030"])
def test_encodings(server: Running, s3: Any, encoding: str) -> None:
    s3.put_object(Bucket="quilt-example", Key="t", Body="abc".encode(encoding))
    asked = {"s3_uri": "s3://quilt-example/t", "encoding": encoding}
    assert server.call("bucket_object_text", asked)["text"] == "abc"


@pytest.mark.parametrize(
    "encoding", ["bz2", "zlib", "base64", "hex", "rot13", "idna", "punycode", "unicode_escape", "undefined", "x", "\0"]
)
def test_what_is_no_character_set_decodes_nothing(server: Running, s3: Any, encoding: str) -> None:
    s3.put_object(Bucket="quilt-example", Key="t", Body=bz2.compress(b"x" * 10**6))
    asked = {"s3_uri": "s3://quilt-example/t", "encoding": encoding}
    assert "is not an encoding" in server.fail("bucket_object_text", asked)


def test_bytes_are_fetched_as_they_are(server: Running, s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key="b", Body=bytes(range(256)))
    part = server.call("bucket_object_fetch", {"s3_uri": "s3://quilt-example/b", "max_bytes": 16, "offset": 250})
    assert base64.b64decode(part["base64"]) == bytes(range(250, 256))
    assert part["next_offset"] is None


def test_an_object_is_described(server: Running, s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key="k", Body=b"abc", ContentType="text/csv", Metadata={"by": "me"})
    info = server.call("bucket_object_info", {"s3_uri": "s3://quilt-example/k"})
    assert (info["size"], info["content_type"], info["metadata"]) == (3, "text/csv", {"by": "me"})
    assert "404" in server.fail("bucket_object_info", {"s3_uri": "s3://quilt-example/none"})


def test_a_link_downloads_that_object(server: Running, s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key="a b/ü", Body=b"here")
    link = server.call("bucket_object_link", {"s3_uri": "s3://quilt-example/a b/ü", "expiration": 60})
    assert httpx.get(link["url"], trust_env=False).text == "here"
    assert "X-Amz-Expires=60&" in link["url"]
    assert "404" in server.fail("bucket_object_link", {"s3_uri": "s3://quilt-example/none"})
    assert "does not grant the bucket" in server.fail("bucket_object_link", {"s3_uri": "s3://quilt-secret/k"})
    assert "3600" in server.fail("bucket_object_link", {"s3_uri": "s3://quilt-example/k", "expiration": 86400})


@pytest.mark.parametrize(
    "key", ["../quilt-secret/k", "..%2fquilt-secret%2fk", "/../../quilt-secret/k", "//quilt-secret/k"]
)
def test_a_key_cannot_climb_into_another_bucket(server: Running, s3: Any, key: str) -> None:
    s3.put_object(Bucket="quilt-secret", Key="k", Body=b"the secret of another")
    message = server.fail("bucket_object_text", {"s3_uri": f"s3://quilt-example/{key}"})
    assert "the secret of another" not in message


@pytest.mark.parametrize("tool", ["bucket_object_info", "bucket_object_link"])
def test_a_deletion_is_named(server: Running, s3: Any, tool: str) -> None:
    """Where HeadObject is asked; of GetObject moto does not answer as S3 does (tests/aws/test_errors.py)."""
    versioning = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket="quilt-example", VersioningConfiguration=versioning)
    kept = s3.put_object(Bucket="quilt-example", Key="k.txt", Body=b"x")["VersionId"]
    deletion = s3.delete_object(Bucket="quilt-example", Key="k.txt")["VersionId"]
    said = server.fail(tool, {"s3_uri": f"s3://quilt-example/k.txt?versionId={deletion}"})
    assert "This version is a deletion" in said
    assert "latest version is a deletion" in server.fail(tool, {"s3_uri": "s3://quilt-example/k.txt"})
    server.call(tool, {"s3_uri": f"s3://quilt-example/k.txt?versionId={kept}"})
    missing = server.fail(tool, {"s3_uri": "s3://quilt-example/other.txt"})
    assert "deletion" not in missing
