"""Packages made and changed by the tools. What quilt3 says of them: tests/oracle."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from conftest import Running, token
from quilt_package import top_hash_of

from quilt_mcp_server.quilt import checksums
from quilt_mcp_server.quilt.publishing import publish
from quilt_mcp_server.tools import packages_write
from tools.package_requests import NAMED, browse, make, read, result, tags, uri, validate, written


def test_makes_a_package(server: Running, objects: Any) -> None:
    entries: list[Any] = ["d/c.txt", {"s3_uri": uri("d/a.csv"), "logical_key": "z/é", "meta": {"n": [1]}}]
    made = server.call("package_create", make(*entries, metadata={"title": "ü"}, message="first"))
    assert (made["entries"], made["size"], made["written"]) == (2, 14, True)
    assert read(objects, NAMED + "latest").decode() == made["top_hash"]
    assert sorted(tags(objects).values()) == [made["top_hash"]] * 2
    found = browse(server)
    assert (found["meta"], found["message"], found["top_hash"]) == ({"title": "ü"}, "first", made["top_hash"])
    assert [(entry["logical_key"], entry["meta"]) for entry in found["entries"]] == [
        ("c.txt", {}),
        ("z/é", {"user_meta": {"n": [1]}}),
    ]
    version = objects.head_object(Bucket="quilt-example", Key="d/c.txt")["VersionId"]
    assert found["entries"][0]["s3_uri"] == f"{uri('d/c.txt')}?versionId={version}"
    digest = base64.b64encode(hashlib.sha256(hashlib.sha256(b"d/c.txt").digest()).digest()).decode()
    assert found["entries"][0]["hash"] == f"sha2-256-chunked:{digest}"


def test_the_same_again_writes_nothing(server: Running, objects: Any) -> None:
    first = server.call("package_create", make("d/a.csv"))
    before = tags(objects)
    second = server.call("package_create", make("d/a.csv"))
    assert (second["top_hash"], second["written"]) == (first["top_hash"], False)
    assert tags(objects) == before


def test_a_package_that_is_there_is_not_replaced(server: Running, objects: Any) -> None:
    server.call("package_create", make("d/a.csv"))
    before = tags(objects)
    assert "package_update" in server.fail("package_create", make("d/c.txt"))
    assert tags(objects) == before


def test_makes_a_package_of_a_prefix(server: Running, objects: Any) -> None:
    asked = {"source_bucket": "quilt-example", "package_name": "team/data", "source_prefix": "d/"}
    assert server.call("package_create_from_s3", asked)["entries"] == 3
    assert [entry["logical_key"] for entry in browse(server)["entries"]] == ["a.csv", "c.txt", "sub/b ü.csv"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ["d/a.csv", "d/c.txt", "d/sub/b ü.csv", "e/x"]),
        ({"source_prefix": "d/s"}, ["sub/b ü.csv"]),
        ({"source_prefix": "d"}, ["d/a.csv", "d/c.txt", "d/sub/b ü.csv"]),
        ({"include_patterns": ["*.csv", "e/*"]}, ["d/a.csv", "d/sub/b ü.csv", "e/x"]),
        ({"include_patterns": ["d/*"], "exclude_patterns": ["*.csv"]}, ["d/c.txt"]),
        ({"exclude_patterns": ["d/*"]}, ["e/x"]),
    ],
)
def test_which_objects_and_where(server: Running, objects: Any, more: dict[str, Any], expected: list[str]) -> None:
    # A registry's own files never become data.
    objects.put_object(Bucket="quilt-example", Key=".quilt/packages/x", Body=b"")
    server.call("package_create_from_s3", {"source_bucket": "quilt-example", "package_name": "team/data"} | more)
    assert [entry["logical_key"] for entry in browse(server)["entries"]] == expected


def test_nothing_below_a_prefix_is_no_package(server: Running, objects: Any) -> None:
    asked = {"source_bucket": "quilt-example", "package_name": "team/data", "source_prefix": "nothing/"}
    assert "no object below" in server.fail("package_create_from_s3", asked)
    assert written(objects) == []


def test_a_prefix_with_too_many_objects(server: Running, objects: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quilt_mcp_server.tools.packages_write.MAXIMUM_OBJECTS", 2)
    asked = {"source_bucket": "quilt-example", "package_name": "team/data", "source_prefix": "d/"}
    assert "more than 2 objects" in server.fail("package_create_from_s3", asked)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([{"s3_uri": uri("d/a.csv"), "logical_key": "a/../b"}, {"s3_uri": "not-a-uri"}], ["a part of it", "not an S3"]),
        ([{"s3_uri": uri("d/a.csv"), "logical_key": "a//b"}], ["a part of it is empty"]),
        ([{"s3_uri": uri("e/x"), "logical_key": "a"}, {"s3_uri": uri("e/x"), "logical_key": "a"}], ["given twice"]),
        ([{"s3_uri": uri("e/x"), "logical_key": "a"}, {"s3_uri": uri("e/x"), "logical_key": "a/b"}], ["not a folder"]),
        ([{"s3_uri": uri("no/1")}, {"s3_uri": uri("no/2")}], ["s3://quilt-example/no/1", "s3://quilt-example/no/2"]),
        ([{"s3_uri": uri("e/x"), "meta": {"n": "x" * 999_990}}], ["bytes in the manifest"]),
        ([{"s3_uri": uri("e/x"), "other": 1}], ["Extra inputs"]),
    ],
)
def test_all_faults_in_one_message_and_nothing_is_written(
    server: Running, objects: Any, entries: list[Any], said: list[str]
) -> None:
    answer = server.fail("package_create", make(*entries))
    assert all(each in answer for each in said), answer
    assert written(objects) == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("package_create", make({"s3_uri": uri("d/a.csv", "quilt-secret")})),
        ("package_create", make("d/a.csv", registry="quilt-secret")),
        ("package_update", make("d/a.csv", registry="s3://quilt-secret")),
        ("package_update", make({"s3_uri": uri("d/a.csv", "quilt-secret")})),
        ("package_create_from_s3", {"source_bucket": "quilt-secret", "package_name": "a/b"}),
        (
            "package_create_from_s3",
            {"source_bucket": "quilt-example", "package_name": "a/b", "target_registry": "quilt-secret"},
        ),
        ("package_delete", {"registry": "quilt-secret", "package_name": "team/data", "all_versions": True}),
        ("package_validate", {"registry": "quilt-secret", "package_name": "team/data"}),
    ],
)
def test_every_bucket_is_authorized(server: Running, objects: Any, tool: str, arguments: dict[str, Any]) -> None:
    server.call("package_create", make("d/a.csv"))
    allowed = f"Bearer {token(buckets=['quilt-secret'])}"
    secret = make({"s3_uri": uri("d/a.csv", "quilt-secret")}, registry="quilt-secret")
    server.call("package_create", secret, Authorization=allowed)
    before = written(objects), tags(objects), tags(objects, "quilt-secret")
    assert "does not grant the bucket" in server.fail(tool, arguments)
    assert (written(objects), tags(objects), tags(objects, "quilt-secret")) == before


@pytest.mark.parametrize(
    ("tool", "arguments", "lacks"),
    [
        ("package_create", make("d/a.csv"), "s3:PutObject"),
        ("package_update", make("d/a.csv"), "s3:PutObject"),
        (
            "package_delete",
            {"registry": "quilt-example", "package_name": "team/data", "top_hash": "a" * 64},
            "s3:DeleteObject",
        ),
    ],
)
def test_the_token_must_grant_it(
    server: Running, objects: Any, tool: str, arguments: dict[str, Any], lacks: str
) -> None:
    reader = f"Bearer {token(permissions=['s3:GetObject', 's3:ListBucket'])}"
    assert lacks in server.fail(tool, arguments, Authorization=reader)
    assert written(objects) == []


def test_an_update_adds_replaces_and_removes(server: Running, objects: Any) -> None:
    first = server.call("package_create", make("d/a.csv", "d/c.txt", metadata={"v": 1}, message="1"))
    changed = [{"s3_uri": uri("e/x"), "logical_key": "a.csv", "meta": {"new": True}}, {"s3_uri": uri("e/x")}]
    second = server.call("package_update", make(*changed, remove=["c.txt"], message="2"))
    assert (second["entries"], second["written"]) == (2, True)
    found = browse(server)
    assert [(entry["logical_key"], entry["size"], entry["meta"]) for entry in found["entries"]] == [
        ("a.csv", 3, {"user_meta": {"new": True}}),
        ("x", 3, {}),
    ]
    assert (found["meta"], found["message"]) == ({"v": 1}, "2")
    assert browse(server, top_hash=first["top_hash"])["entries"][1]["logical_key"] == "c.txt"
    versions = server.call("package_versions", {"registry": "quilt-example", "package_name": "team/data"})["versions"]
    # Two versions within a second both keep their place.
    assert [version["top_hash"] for version in versions] == [second["top_hash"], first["top_hash"]]


def test_an_update_of_the_metadata_alone(server: Running, objects: Any) -> None:
    server.call("package_create", make("d/a.csv", metadata={"v": 1}))
    server.call("package_update", make(metadata={"w": 2}))
    assert browse(server)["meta"] == {"w": 2}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "nothing would change"),
        ({"remove": ["no such"]}, "no entry 'no such'"),
        ({"remove": ["a.csv"], "entries": [{"s3_uri": uri("d/a.csv")}]}, "given twice"),
        ({"remove": ["a.csv"], "top_hash": "0" * 64}, "the latest version of team/data is"),
        ({"remove": ["a.csv"], "package_name": "no/such"}, "there is no package no/such"),
        ({"entries": [{"s3_uri": uri("e/x"), "logical_key": "a.csv/x"}]}, "not a folder"),
    ],
)
def test_what_is_no_update(server: Running, objects: Any, more: dict[str, Any], said: str) -> None:
    server.call("package_create", make("d/a.csv"))
    before = written(objects)
    assert said in server.fail("package_update", make(**more))
    assert written(objects) == before


def test_of_two_at_once_one_is_answered_that_it_is_late(
    server: Running, objects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both read the same latest version; S3 takes one of the two."""
    first = server.call("package_create", make("d/a.csv"))
    gate = _Gate(monkeypatch, 2)
    with ThreadPoolExecutor(2) as pool:
        bodies = [make(key) for key in ("d/c.txt", "e/x")]
        answers = list(pool.map(lambda body: result(server, "package_update", body), bodies))
    assert gate.passed == 2
    assert sorted(answer["isError"] for answer in answers) == [False, True]
    won, lost = sorted(answers, key=lambda answer: bool(answer["isError"]))
    assert "somebody else changed" in lost["content"][0]["text"]
    assert tags(objects)["latest"] == won["structuredContent"]["top_hash"] != first["top_hash"]
    assert set(tags(objects).values()) == {first["top_hash"], won["structuredContent"]["top_hash"]}


def test_of_two_new_packages_of_one_name_one_is_made(
    server: Running, objects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Gate(monkeypatch, 2)
    with ThreadPoolExecutor(2) as pool:
        bodies = [make(key) for key in ("d/c.txt", "e/x")]
        answers = list(pool.map(lambda body: result(server, "package_create", body), bodies))
    assert sorted(answer["isError"] for answer in answers) == [False, True]
    assert len(set(tags(objects).values())) == 1


class _Gate:
    """Holds callers that read `latest` until so many have read it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
        self.passed = 0
        real = publish
        everybody = asyncio.Event()

        async def late(*arguments: Any) -> None:
            self.passed += 1
            if self.passed == count:
                everybody.set()
            await asyncio.wait_for(everybody.wait(), 20)
            await real(*arguments)

        monkeypatch.setattr(packages_write, "publish", late)


def test_checksums_that_s3_keeps_are_taken(server: Running, objects: Any) -> None:
    sha = hashlib.sha256(b"abc").digest()
    objects.put_object(Bucket="quilt-example", Key="sha", Body=b"abc", ChecksumAlgorithm="SHA256")
    crc = checksums.digest(checksums.CRC64NVME, 3)
    crc.update(b"abc")
    # moto keeps what it is given.
    raw = boto3.client("s3", endpoint_url=objects.meta.endpoint_url, region_name="us-east-1")
    raw.put_object(
        Bucket="quilt-example", Key="crc", Body=b"abc", ChecksumAlgorithm="CRC64NVME", ChecksumCRC64NVME=crc.value()
    )
    server.call("package_create", make("sha", "crc"))
    found = {entry["logical_key"]: entry["hash"] for entry in browse(server)["entries"]}
    assert found["sha"] == f"sha2-256-chunked:{base64.b64encode(hashlib.sha256(sha).digest()).decode()}"
    assert found["crc"] == f"CRC64NVME:{crc.value()}"
    assert validate(server)["unverified"] == 0


def test_objects_that_take_too_long(
    serve: Callable[..., Running], objects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr("quilt_mcp_server.tools.packages_write.TIME_SHARE", 0.01)
    monkeypatch.setattr("quilt_mcp_server.tools.entries_to_add.look_up", slow)
    assert "0 of 1 were done" in serve().fail("package_create", make("d/a.csv"))
    assert written(objects) == []


def test_a_large_manifest_goes_in_parts(server: Running, objects: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quilt_mcp_server.quilt.publishing.PART", 5 * 1024 * 1024)
    meta = {"n": "x" * 900_000}
    lines: list[dict[str, Any]] = [{"version": "v0"}]
    lines += [
        {"logical_key": f"{n}", "physical_keys": [uri("e/x")], "size": 3, "hash": {"type": "SHA256", "value": "0"}}
        | {"meta": meta}
        for n in range(8)
    ]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    top_hash = top_hash_of(lines[1:], lines[0])
    objects.put_object(Bucket="quilt-example", Key=f".quilt/packages/{top_hash}", Body=body)
    objects.put_object(Bucket="quilt-example", Key=f"{NAMED}latest", Body=top_hash.encode())
    made = server.call("package_update", make("e/x"))
    manifest = objects.head_object(Bucket="quilt-example", Key=f".quilt/packages/{made['top_hash']}")
    assert manifest["ETag"].strip('"').endswith("-2")
    assert browse(server, limit=1000)["entries"][0]["logical_key"] == "0"
    assert made["entries"] == 9


def test_an_object_that_changes_while_it_is_looked_at(
    server: Running, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quilt_mcp_server.aws.hashing import Found, look_up

    s3.put_object(Bucket="quilt-example", Key="a", Body=b"12")

    async def then_changed(*arguments: Any) -> Found:
        found = await look_up(*arguments)
        s3.put_object(Bucket="quilt-example", Key="a", Body=b"21")
        return found

    monkeypatch.setattr("quilt_mcp_server.tools.entries_to_add.look_up", then_changed)
    assert "changed while" in server.fail("package_create", make("a"))
    assert written(s3) == []
