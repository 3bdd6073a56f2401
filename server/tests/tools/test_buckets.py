"""The bucket tools against S3's API."""

from typing import Any

from conftest import Running, token


def test_lists_the_buckets_of_the_token(server: Running) -> None:
    assert server.call("bucket_list") == {"buckets": ["quilt-example"]}


def test_a_pattern_is_matched_against_the_account(server: Running) -> None:
    authorization = f"Bearer {token(buckets=['quilt-s*', 'elsewhere'])}"
    assert server.call("bucket_list", Authorization=authorization) == {"buckets": ["elsewhere", "quilt-secret"]}


def test_the_account_is_listed_only_for_patterns_and_with_the_right_to(server: Running) -> None:
    def limited(*buckets: str) -> str:
        return f"Bearer {token(buckets=list(buckets), permissions=['s3:GetObject'])}"

    named = server.call("bucket_list", Authorization=limited("quilt-x", "quilt-x"))
    assert named == {"buckets": ["quilt-x"]}
    assert "s3:ListAllMyBuckets" in server.fail("bucket_list", Authorization=limited("quilt-*"))


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


def test_access_to_a_bucket_is_tried(server: Running, s3: Any) -> None:
    empty = server.call("check_bucket_access", {"bucket": "quilt-example"})
    assert (empty["can_list"], empty["can_read"], empty["problem"]) == (True, None, None)
    s3.put_object(Bucket="quilt-example", Key="k", Body=b"")
    assert server.call("check_bucket_access", {"bucket": "quilt-example"})["can_read"] is True
    missing = server.call(
        "check_bucket_access", {"bucket": "no-such-bucket"}, Authorization=f"Bearer {token(buckets=['no-such-*'])}"
    )
    assert missing["can_list"] is False
    assert "NoSuchBucket" in missing["problem"]
    assert "does not grant the bucket" in server.fail("check_bucket_access", {"bucket": "quilt-secret"})


def test_permissions_are_discovered_for_several_buckets(server: Running, s3: Any) -> None:
    bearer = f"Bearer {token(buckets=['quilt-example', 'missing-bucket'])}"
    found = server.call("discover_permissions", Authorization=bearer)
    assert [(item["bucket"], item["can_list"]) for item in found["buckets"]] == [
        ("missing-bucket", False),
        ("quilt-example", True),
    ]
    found = server.call("discover_permissions", {"buckets": ["quilt-example", "quilt-secret"]})
    assert [item["can_list"] for item in found["buckets"]] == [True, False]
    assert "does not grant the bucket" in found["buckets"][1]["problem"]
    many = [f"bucket-{n}" for n in range(60)]
    found = server.call("discover_permissions", Authorization=f"Bearer {token(buckets=many)}")
    assert (len(found["buckets"]), len(found["not_tried"])) == (50, 10)


def test_one_bad_item_does_not_fail_the_others(server: Running, s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key="k", Body=b"v")
    bad = ["quilt-secret", "", "x", "Not A Bucket", "y" * 2000, "s3://quilt-example/key", "arn:aws:s3:::quilt-example"]
    found = server.call("discover_permissions", {"buckets": [*bad, "quilt-example", "s3://quilt-example"]})
    assert found["not_tried"] == []
    *refused, first, second = found["buckets"]
    assert [len(each["bucket"]) for each in refused] == [min(len(name), 80) for name in bad]
    assert all(not each["can_list"] and each["can_read"] is None and each["problem"] for each in refused)
    assert "does not grant the bucket" in refused[0]["problem"] and "is not a bucket" in refused[2]["problem"]
    for each in (first, second):
        assert each["can_list"] and each["can_read"] and each["problem"] is None


def test_a_token_without_the_action_is_reported_for_each(server: Running, s3: Any) -> None:
    bearer = f"Bearer {token(permissions=['s3:GetObject'])}"
    found = server.call("discover_permissions", {"buckets": ["quilt-example"]}, Authorization=bearer)
    assert "does not grant s3:ListBucket" in found["buckets"][0]["problem"]
