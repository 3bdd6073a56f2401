"""The package tools against registries as quilt3 lays them out."""

import json
from typing import Any

import pytest
from conftest import Running, token
from mcp.server.mcpserver.exceptions import ToolError

from quilt_mcp_server.quilt.registry import version_times

HASH = "a" * 64


def push(
    s3: Any, name: str, entries: list[dict[str, Any]], top_hash: str = HASH, bucket: str = "quilt-example"
) -> None:
    header = {"version": "v0", "message": "first", "user_meta": {"by": "test"}}
    body = "".join(json.dumps(line) + "\n" for line in (header, *entries))
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


def names(server: Running, **arguments: Any) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor = None
    while not pages or cursor:
        page = server.call("packages_list", {"registry": "quilt-example", "cursor": cursor} | arguments)
        pages.append(page["packages"])
        cursor = page["next_cursor"]
    return pages


@pytest.fixture
def many(s3: Any) -> list[str]:
    # Names around the slash in the alphabet: `-` sorts before it, `0` and `_` behind it.
    packages = ["a/x", "a-b/y", "a0/z", "a_/w", "b/1", "b/1-2", "b/2", "c/c", *(f"u{n}/p" for n in range(10, 30))]
    for name in packages:
        s3.put_object(Bucket="quilt-example", Key=f".quilt/named_packages/{name}/latest", Body=HASH.encode())
    return packages


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_every_package_is_listed_once_whatever_the_page_size(server: Running, many: list[str], limit: int) -> None:
    pages = names(server, limit=limit)
    assert all(len(page) <= limit for page in pages)
    assert sorted(name for page in pages for name in page) == sorted(many)


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("b/", ["b/1", "b/1-2", "b/2"]), ("b/1", ["b/1", "b/1-2"]), ("a", ["a-b/y", "a/x", "a0/z", "a_/w"]), ("q", [])],
)
def test_packages_by_prefix(server: Running, many: list[str], prefix: str, expected: list[str]) -> None:
    for limit in (1, 100):
        assert sorted(n for page in names(server, prefix=prefix, limit=limit) for n in page) == sorted(expected)


def test_odd_tags_hide_no_version(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry("a.csv")])
    for tag, body in (("99999999999999", HASH), ("1700000001", ""), ("1700000002", "x"), ("note", HASH)):
        s3.put_object(Bucket="quilt-example", Key=f".quilt/named_packages/team/data/{tag}", Body=body.encode())
    found = server.call("package_versions", {"registry": "quilt-example", "package_name": "team/data"})
    assert found["versions"] == [{"top_hash": HASH, "pushed": "2023-11-14T22:13:20+00:00"}]


async def test_the_newest_of_many_versions_are_not_missing() -> None:
    class S3:
        """Answers a listing page by page, the oldest first."""

        def __init__(self, count: int) -> None:
            self.tags = [str(1_600_000_000 + n) for n in range(count)]

        async def list_objects_v2(self, Prefix: str, ContinuationToken: str = "0", **_: Any) -> dict[str, Any]:
            end = int(ContinuationToken) + 1000
            listed = [{"Key": Prefix + tag} for tag in self.tags[end - 1000 : end]]
            return {"Contents": listed, "IsTruncated": end < len(self.tags), "NextContinuationToken": str(end)}

    times = await version_times(S3(12_000), "b", "team/data")
    assert (len(times), times[0]) == (12_000, 1_600_011_999)
    with pytest.raises(ToolError, match="too many to be listed"):
        await version_times(S3(100_001), "b", "team/data")


def test_browses_the_latest_version(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry("a.csv"), entry("b/c.csv")])
    contents = server.call("package_browse", {"registry": "s3://quilt-example", "package_name": "team/data"})
    assert contents["top_hash"] == HASH
    assert contents["message"] == "first"
    assert contents["meta"] == {"by": "test"}
    assert contents["entries"][0] == {
        "logical_key": "a.csv",
        "size": 3,
        "s3_uri": "s3://quilt-example/objects/a.csv?versionId=v1",
        "hash": "SHA256:ff",
        "meta": None,
    }
    assert contents["next_cursor"] is None


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_pages_go_on_where_the_last_one_ended(server: Running, s3: Any, limit: int) -> None:
    keys = [f"d{number % 3}/é{number}" for number in range(10)]
    push(s3, "team/data", [entry(key) for key in keys])
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        asked = {"registry": "quilt-example", "package_name": "team/data", "limit": limit, "cursor": cursor}
        contents = server.call("package_browse", asked)
        found += [item["logical_key"] for item in contents["entries"]]
        cursor, pages = contents["next_cursor"], pages + 1
    assert found == keys
    assert pages == -(-10 // limit)


def test_a_page_stays_with_the_version_it_began_with(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry("a"), entry("b")])
    asked = {"registry": "quilt-example", "package_name": "team/data", "limit": 1}
    first = server.call("package_browse", asked)
    push(s3, "team/data", [entry("other")], top_hash="b" * 64)
    second = server.call("package_browse", asked | {"cursor": first["next_cursor"]})
    assert (second["top_hash"], second["entries"][0]["logical_key"]) == (HASH, "b")


def test_a_page_is_bounded_in_bytes(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry(f"{n}", meta={"text": "x" * 10_000}) for n in range(100)])
    contents = server.call(
        "package_browse",
        {"registry": "quilt-example", "package_name": "team/data", "include_meta": True, "limit": 1000},
    )
    assert 40 < len(contents["entries"]) < 60
    assert contents["next_cursor"]


def test_folders_by_path(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry("a/1"), entry("b/1"), entry("b/2")])
    contents = server.call("package_browse", {"registry": "quilt-example", "package_name": "team/data", "path": "b/"})
    assert [item["logical_key"] for item in contents["entries"]] == ["b/1", "b/2"]


def test_physical_keys_in_foreign_buckets_are_not_shown(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry("mine"), entry("theirs", bucket="quilt-secret")])
    contents = server.call("package_browse", {"registry": "quilt-example", "package_name": "team/data"})
    assert [item["s3_uri"] is None for item in contents["entries"]] == [False, True]
    assert "quilt-secret" not in json.dumps(contents)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"package_name": "no/such"}, "there is no package no/such"),
        ({"package_name": "nonsense"}, "user/name"),
        ({"package_name": "../../x/y"}, "user/name"),
        ({"package_name": "team/data", "top_hash": "f" * 64}, "no package version"),
        ({"package_name": "team/data", "top_hash": "../" + "f" * 61}, "hexadecimal"),
    ],
)
def test_refusals_say_what_to_do(server: Running, s3: Any, arguments: dict[str, Any], message: str) -> None:
    push(s3, "team/data", [entry("a")])
    assert message in server.fail("package_browse", {"registry": "quilt-example"} | arguments)


def test_a_damaged_manifest_is_an_error_not_a_crash(server: Running, s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key=f".quilt/packages/{HASH}", Body=b'{"version": "v0"}\nnot json\n')
    s3.put_object(Bucket="quilt-example", Key=".quilt/named_packages/team/data/latest", Body=HASH.encode())
    asked = {"registry": "quilt-example", "package_name": "team/data"}
    assert "damaged" in server.fail("package_browse", asked)


def test_registry_is_authorised(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry("a")], bucket="quilt-secret")
    asked = {"registry": "s3://quilt-secret", "package_name": "team/data"}
    assert "may not touch" in server.fail("package_browse", asked)
    assert "may not touch" in server.fail("packages_list", {"registry": "quilt-secret"})
    allowed = f"Bearer {token(buckets=['quilt-secret'])}"
    assert server.call("package_browse", asked, Authorization=allowed)["entries"]


def browse(server: Running, **arguments: Any) -> dict[str, Any]:
    return server.call("package_browse", {"registry": "quilt-example", "package_name": "team/data"} | arguments)


def test_metadata_of_directories_is_no_entry(server: Running, s3: Any) -> None:
    push(s3, "team/data", [{"logical_key": "b/", "meta": {"user_meta": {"x": 1}}}, entry("a"), entry("b/c")])
    contents = browse(server)
    assert [item["logical_key"] for item in contents["entries"]] == ["a", "b/c"]
    assert contents["meta"] == {"by": "test"}


def test_metadata_too_large_to_read_is_left_out_and_said(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry("a", meta={"x": "y" * 100_000})])
    assert "omitted" in browse(server, include_meta=True)["entries"][0]["meta"]


def test_entries_are_found_by_a_pattern(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry(f"d{n}/{n}.{kind}") for n in range(4) for kind in ("csv", "txt")])
    asked = {"registry": "quilt-example", "package_name": "team/data", "pattern": "d[12]/*.csv", "limit": 1}
    first = server.call("package_entries_search", asked)
    second = server.call("package_entries_search", asked | {"cursor": first["next_cursor"]})
    found = [item["logical_key"] for page in (first, second) for item in page["entries"]]
    assert found == ["d1/1.csv", "d2/2.csv"]


def test_a_scan_that_takes_long_ends_with_a_cursor(server: Running, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    push(s3, "team/data", [entry(f"{n:04}") for n in range(100)])
    monkeypatch.setattr("quilt_mcp_server.tools.packages_read.SCAN_SECONDS", -1.0)
    assert browse(server)["entries"] == []
    assert browse(server)["next_cursor"]


def test_versions_the_newest_first(server: Running, s3: Any) -> None:
    for n in range(5):
        key = f".quilt/named_packages/team/data/{1700000000 + n}"
        s3.put_object(Bucket="quilt-example", Key=key, Body=f"{n}".encode() * 64)
    asked = {"registry": "quilt-example", "package_name": "team/data", "limit": 2}
    found: list[str] = []
    cursor = None
    while not found or cursor:
        page = server.call("package_versions", asked | {"cursor": cursor})
        found += [version["top_hash"][0] for version in page["versions"]]
        cursor = page["next_cursor"]
    assert found == ["4", "3", "2", "1", "0"]
    assert page["versions"][0]["pushed"] == "2023-11-14T22:13:20+00:00"
    assert "there is no package" in server.fail("package_versions", asked | {"package_name": "no/such"})


def test_two_versions_are_compared(server: Running, s3: Any) -> None:
    changed: dict[str, Any] = {"hash": {"type": "SHA256", "value": "00"}, "size": 4}
    # `a-b` and `a.b` sort before `a/b` as strings, and behind it by path segments, as quilt3 writes them.
    push(s3, "team/data", [entry("a/b"), entry("a/c"), entry("a-b"), entry("x"), entry("z")])
    push(s3, "team/data", [entry("a/b"), entry("a/c", **changed), entry("a.b"), entry("x"), entry("y")], "b" * 64)
    asked = {"registry": "quilt-example", "package_name": "team/data", "before": HASH}
    diff = server.call("package_diff", asked)
    assert diff["after"] == "b" * 64
    assert (diff["added"], diff["removed"], diff["modified"], diff["unchanged"]) == (2, 2, 1, 2)
    assert [(change["logical_key"], change["change"]) for change in diff["changes"]] == [
        ("a/c", "modified"),
        ("a-b", "removed"),
        ("a.b", "added"),
        ("y", "added"),
        ("z", "removed"),
    ]
    assert (diff["changes"][0]["size_before"], diff["changes"][0]["size_after"]) == (3, 4)
    assert (diff["meta_changed"], diff["truncated"]) == (False, False)
    short = server.call("package_diff", asked | {"limit": 1})
    assert (len(short["changes"]), short["truncated"], short["added"]) == (1, True, 2)
    same = server.call("package_diff", asked | {"after": HASH})
    assert (same["unchanged"], same["changes"]) == (5, [])


def test_versions_out_of_order_are_not_compared_wrongly(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry("b"), entry("a")])
    asked = {"registry": "quilt-example", "package_name": "team/data", "before": HASH}
    assert "path order" in server.fail("package_diff", asked)
