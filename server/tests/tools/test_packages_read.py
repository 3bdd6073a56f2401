"""The tools that read packages, against registries as quilt3 lays them out."""

import json
from typing import Any

import pytest
from conftest import Running, token
from quilt_package import HASH, entry, push


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
        ({"package_name": "unknown"}, "user/name"),
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


def test_registry_is_authorized(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry("a")], bucket="quilt-secret")
    asked = {"registry": "s3://quilt-secret", "package_name": "team/data"}
    assert "does not grant the bucket" in server.fail("package_browse", asked)
    assert "does not grant the bucket" in server.fail("packages_list", {"registry": "quilt-secret"})
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
