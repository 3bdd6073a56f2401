"""The bucket tools against S3's API."""

from typing import Any

from conftest import Running, token


def test_lists_the_buckets_of_the_token(server: Running) -> None:
    assert server.call("bucket_list") == {"buckets": ["quilt-example"]}


def test_a_pattern_is_matched_against_the_account(server: Running) -> None:
    authorization = f"Bearer {token(buckets=['quilt-s*', 'elsewhere'])}"
    assert server.call("bucket_list", Authorization=authorization) == {"buckets": ["elsewhere", "quilt-secret"]}


def test_lists_objects_by_prefix_page_by_page(server: Running, s3: Any) -> None:
    for number in range(5):
        s3.put_object(Bucket="quilt-example", Key=f"data/{number}.csv", Body=b"x" * number)
    s3.put_object(Bucket="quilt-example", Key="other", Body=b"")
    asked = {"bucket": "s3://quilt-example", "prefix": "data/", "max_keys": 2}
    keys, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = server.call("bucket_objects_list", asked | {"cursor": cursor})
        keys += [(item["key"], item["size"]) for item in page["objects"]]
        cursor, pages = page["next_cursor"], pages + 1
    assert keys == [(f"data/{number}.csv", number) for number in range(5)]
    assert pages == 3


def test_lists_like_a_directory(server: Running, s3: Any) -> None:
    for key in ("a/1", "a/2", "b/c/d", "top"):
        s3.put_object(Bucket="quilt-example", Key=key, Body=b"")
    page = server.call("bucket_objects_list", {"bucket": "quilt-example", "recursive": False})
    assert page["folders"] == ["a/", "b/"]
    assert [item["key"] for item in page["objects"]] == ["top"]


def test_a_cursor_of_another_question_is_refused(server: Running, s3: Any) -> None:
    for key in "abc":
        s3.put_object(Bucket="quilt-example", Key=key, Body=b"")
    cursor = server.call("bucket_objects_list", {"bucket": "quilt-example", "max_keys": 1})["next_cursor"]
    message = server.fail("bucket_objects_list", {"bucket": "quilt-example", "prefix": "a", "cursor": cursor})
    assert "other arguments" in message
    assert "damaged" in server.fail("bucket_objects_list", {"bucket": "quilt-example", "cursor": "AAAA"})


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
