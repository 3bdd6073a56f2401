"""The tools that list packages and versions, against registries as quilt3 lays them out."""

from typing import Any

import pytest
from conftest import Running
from quilt_package import HASH, entry, push


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
