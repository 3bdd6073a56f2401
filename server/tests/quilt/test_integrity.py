"""A manifest is what its top hash says, or that is said."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Running, token
from quilt_package import HASH, HEADER, entry, push, top_hash_of

from quilt_mcp_server.quilt import integrity
from quilt_mcp_server.quilt.integrity import IntegrityChecks

ASKED = {"registry": "quilt-example", "package_name": "team/data"}
ENTRIES = [entry("a.csv"), entry("b/c.csv")]
TOP = top_hash_of(ENTRIES)
KEY = f".quilt/packages/{TOP}"


def body(lines: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


DAMAGES: dict[str, Callable[[], bytes]] = {
    "an entry is gone": lambda: body([HEADER, ENTRIES[0]]),
    "an entry is more": lambda: body([HEADER, *ENTRIES, entry("z")]),
    "a hash is another": lambda: body([HEADER, ENTRIES[0], ENTRIES[1] | {"hash": {"type": "SHA256", "value": "00"}}]),
    "a size is another": lambda: body([HEADER, ENTRIES[0], ENTRIES[1] | {"size": 4}]),
    "metadata are others": lambda: body([HEADER | {"user_meta": {}}, *ENTRIES]),
    "no header": lambda: body(ENTRIES),
    "nothing": lambda: b"",
    "cut between lines": lambda: body([HEADER, *ENTRIES])[: len(body([HEADER, ENTRIES[0]]))],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_manifest_is_named_and_never_extended(server: Running, s3: Any, damage: str) -> None:
    push(s3, "team/data", ENTRIES, TOP)
    s3.put_object(Bucket="quilt-example", Key="new.csv", Body=b"x")
    assert server.call("package_browse", ASKED)["integrity"] == "verified"
    s3.put_object(Bucket="quilt-example", Key=KEY, Body=DAMAGES[damage]())
    # Another ETag, so what was found before does not count.
    assert server.call("package_browse", ASKED)["integrity"] == "damaged"
    before = listing(s3)
    changes: list[dict[str, Any]] = [{"entries": [{"s3_uri": "s3://quilt-example/new.csv"}]}]
    changes += [{"remove": ["a.csv"]}, {"metadata": {}}]
    for change in changes:
        assert "damaged" in server.fail("package_update", ASKED | change)
    assert listing(s3) == before


def listing(s3: Any) -> list[tuple[str, str]]:
    found = s3.list_objects_v2(Bucket="quilt-example")["Contents"]
    return [(item["Key"], item["ETag"]) for item in found]


def test_where_an_entry_is_does_not_count(server: Running, s3: Any) -> None:
    """Physical keys are no part of the top hash, nor is metadata of folders."""
    moved = [each | {"physical_keys": ["s3://quilt-example/elsewhere"]} for each in ENTRIES]
    push(s3, "team/data", [{"logical_key": "b/", "meta": {"x": 1}}, *moved], TOP)
    assert server.call("package_browse", ASKED)["integrity"] == "verified"
    assert server.call("package_update", ASKED | {"remove": ["a.csv"]})["entries"] == 1


def test_each_page_says_it(server: Running, s3: Any) -> None:
    push(s3, "team/data", ENTRIES, TOP)
    first = server.call("package_browse", ASKED | {"limit": 1})
    second = server.call("package_browse", ASKED | {"limit": 1, "cursor": first["next_cursor"]})
    assert (first["integrity"], second["integrity"], second["entries"][0]["logical_key"]) == (
        "verified",
        "verified",
        "b/c.csv",
    )
    push(s3, "team/data", ENTRIES, HASH)
    assert server.call("package_browse", ASKED)["integrity"] == "damaged"


def test_what_is_too_large_is_not_read(server: Running, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    push(s3, "team/data", ENTRIES, TOP)
    monkeypatch.setattr(integrity, "MAXIMUM_CHECKED", 100)
    assert server.call("package_browse", ASKED)["integrity"] == "not verified (too large)"
    # An update reads it all in any case.
    push(s3, "team/data", ENTRIES, HASH)
    assert "damaged" in server.fail("package_update", ASKED | {"remove": ["a.csv"]})


def test_another_caller_needs_the_bucket_for_what_was_found(server: Running, s3: Any) -> None:
    push(s3, "team/data", ENTRIES, TOP)
    assert server.call("package_browse", ASKED)["integrity"] == "verified"
    refused = server.fail("package_browse", ASKED, Authorization=f"Bearer {token(buckets=['quilt-secret'])}")
    assert "verified" not in refused


class Counting:
    """A stand-in for S3 that counts reads of one manifest."""

    def __init__(self, content: bytes) -> None:
        self.content, self.reads = content, 0

    async def get_object(self, **_: Any) -> dict[str, Any]:
        self.reads += 1
        return {"Body": Body(self.content)}


class Body:
    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aenter__(self) -> "Body":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def read(self, size: int) -> bytes:
        found, self.content = self.content[:size], self.content[size:]
        return found


async def test_it_is_kept_by_etag(monkeypatch: pytest.MonkeyPatch) -> None:
    s3, checks = Counting(body([HEADER, *ENTRIES])), IntegrityChecks()
    for _ in range(3):
        assert await checks.check(s3, "b", TOP, "one", 500) == "verified"
    assert s3.reads == 1
    assert await checks.check(s3, "b", TOP, "two", 500) == "verified"
    assert await checks.check(s3, "other", TOP, "one", 500) == "verified"
    assert await checks.check(s3, "b", TOP, "", 500) == await checks.check(s3, "b", TOP, "one", None)
    assert s3.reads == 3
    monkeypatch.setattr(integrity, "REMEMBERED", 2)
    assert await checks.check(s3, "b", TOP, "three", 500) == "verified"
    assert len(checks._known) <= 3


async def test_a_check_that_takes_too_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "CHECK_SECONDS", 0.0)
    s3, checks = Counting(body([HEADER, *(entry(f"{n:05}") for n in range(5000))])), IntegrityChecks()
    assert await checks.check(s3, "b", TOP, "one", 500) == "not verified (too large)"
    assert not checks._known
