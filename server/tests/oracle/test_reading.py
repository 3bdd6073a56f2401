"""Packages pushed by quilt3: this server's tools read the same entries, metadata and top hash."""

from typing import Any

import pytest
from conftest import Running, token

MINE = f"Bearer {token(buckets=['quilt-example', 'quilt-data'])}"
ENTRIES: dict[str, dict[str, Any]] = {
    # As strings `a-b` and `a.b` sort before `a/b`; by path segments, as quilt3 sorts, behind it.
    "a/b": {"text": "1"},
    "a-b": {"text": "12", "meta": {"n": 1, "deep": {"é": [1.5, None, True, 10**30]}}},
    "a.b/c": {"text": ""},
    "grüße/ä ö+%?#.txt": {"text": "ü"},
    "z": {"text": "z"},
}


@pytest.fixture(scope="module")
def pushed(quilt3: Any, s3: Any, server: Running) -> str:
    s3.put_object(Bucket="quilt-data", Key="in place/ü.csv", Body=b"x,y")
    # Two parts. Uploaded here: moto does not answer with the checksums that quilt3's own uploads in parts wait for.
    s3.put_object(Bucket="quilt-data", Key="large.bin", Body=b"0123456789abcdef" * 600_000)
    linked = {"linked": "s3://quilt-data/in%20place/%C3%BC.csv", "large": "s3://quilt-data/large.bin"}
    entries = ENTRIES | {key: {"s3_uri": uri} for key, uri in linked.items()}
    meta = {"title": "Grüße", "float": 1e-7, "list": [{"a": None}]}
    answer = quilt3("push", name="team/data", entries=entries, meta=meta, message="first ✓")
    top_hash: str = answer["top_hash"]
    return top_hash


def browse(server: Running, **more: Any) -> dict[str, Any]:
    asked = {"registry": "s3://quilt-example", "package_name": "team/data", "include_meta": True} | more
    return server.call("package_browse", asked, Authorization=MINE)


def test_the_same_entries_metadata_and_top_hash(server: Running, quilt3: Any, s3: Any, pushed: str) -> None:
    theirs, found = quilt3("browse", name="team/data"), browse(server)
    assert found["top_hash"] == theirs["top_hash"] == pushed
    assert (found["meta"], found["message"]) == (theirs["header"]["user_meta"], "first ✓")
    assert [entry["logical_key"] for entry in found["entries"]] == [entry["logical_key"] for entry in theirs["entries"]]
    assert len(found["entries"]) == 7
    for own, their in zip(found["entries"], theirs["entries"], strict=True):
        kind, _, value = own["hash"].partition(":")
        assert {"type": kind, "value": value} == their["hash"]
        assert (own["size"], own["meta"]) == (their["size"], their["meta"])
        # This server's is written for people and its own tools: the key as it is.
        bucket, _, key = own["s3_uri"].removeprefix("s3://").partition("/")
        key, _, version = key.partition("?versionId=")
        assert s3.head_object(Bucket=bucket, Key=key, VersionId=version)["ContentLength"] == own["size"]


def test_objects_of_entries_are_read_by_the_address_that_is_given(server: Running, pushed: str) -> None:
    for entry in browse(server)["entries"][:4]:
        read = server.call("bucket_object_text", {"s3_uri": entry["s3_uri"]}, Authorization=MINE)
        assert read["text"] == ENTRIES[entry["logical_key"]]["text"]


def test_versions_names_and_differences(server: Running, quilt3: Any, pushed: str) -> None:
    second = quilt3("push", name="team/data", entries={**ENTRIES, "a-b": {"text": "changed"}, "new": {"text": "n"}})
    asked = {"registry": "quilt-example", "package_name": "team/data"}
    found = server.call("package_versions", asked)["versions"]
    theirs = quilt3("versions", name="team/data")["versions"]
    assert {version["top_hash"] for version in found} == {hash_ for tag, hash_ in theirs.items() if tag != "latest"}
    found = server.call("package_diff", asked | {"before": pushed})
    expected = quilt3("diff", name="team/data", before=pushed, after=second["top_hash"])
    for kind in ("added", "modified", "removed"):
        assert [change["logical_key"] for change in found["changes"] if change["change"] == kind] == expected[kind]
    assert found["after"] == second["top_hash"]
    listed = server.call("packages_list", {"registry": "quilt-example"})["packages"]
    assert sorted(listed) == sorted(quilt3("packages")["packages"])
