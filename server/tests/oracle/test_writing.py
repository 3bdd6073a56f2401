"""Packages made by this server's tools: quilt3 browses, verifies and compares them, and would have made the same."""

import hashlib
import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from conftest import Running, token

MINE = f"Bearer {token(buckets=['quilt-example', 'quilt-data'])}"
OBJECTS = {
    "raw/b/1.csv": b"1",
    "raw/b-2.csv": b"22",
    "raw/b.3/\xfc \xe4+%?#&=.txt": b"",
    "big/large.bin": b"0123456789abcdef" * 600_000,  # two parts
    "big/exact.bin": b"x" * (8 * 1024 * 1024),  # one whole part
    "raw/README.md": b"# Read me",
}
META = {"title": "Gr\xfc\xdfe \U0001f9ec", "float": 1e-7, "big": 10**30, "list": [{"a": None}, True], "n\u2028": "\x7f"}
WORKFLOWS = """
version:
  base: "1.1"
default_workflow: checked
is_workflow_required: false
workflows:
  checked:
    name: Checked
    handle_pattern: ^(team|flow)/
    is_message_required: true
    metadata_schema: meta
    entries_schema: entries
schemas:
  meta: {url: s3://quilt-flow/schemas/meta%20data.json}
  entries: {url: s3://quilt-flow/schemas/entries.json}
"""


@pytest.fixture(scope="module")
def data(s3: Any) -> Any:
    """Objects in a bucket that is not the registry."""
    for key, body in OBJECTS.items():
        s3.put_object(Bucket="quilt-data", Key=key, Body=body)
    return s3


def uri(key: str) -> str:
    return f"s3://quilt-data/{key}"


def encoded(key: str) -> str:
    """The address as quilt3 wants it."""
    return "s3://quilt-data" + quote("/" + key)


def entries(prefix: str = "raw/") -> list[dict[str, Any]]:
    keys = [key for key in OBJECTS if key.startswith(prefix)]
    listed: list[dict[str, Any]] = [{"s3_uri": uri(key), "logical_key": key.removeprefix("raw/")} for key in keys]
    listed[1]["meta"] = {"n": 1.5, "deep": {"\xe9": [None]}}
    return listed


def call(server: Running, tool: str, **arguments: Any) -> dict[str, Any]:
    asked = {"registry": "quilt-example"} | arguments
    if tool == "package_create_from_s3":
        asked["target_registry"] = asked.pop("registry")
    return server.call(tool, asked, Authorization=MINE)


def manifest(s3: Any, top_hash: str, bucket: str = "quilt-example") -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=f".quilt/packages/{top_hash}")["Body"].read()
    return body


def test_a_package_is_the_same_as_quilt3s(server: Running, quilt3: Any, data: Any) -> None:
    made = call(
        server, "package_create", package_name="own/a", entries=entries(""), metadata=META, message="one \u2713"
    )
    own = manifest(data, made["top_hash"])
    theirs = quilt3(
        "push",
        name="theirs/a",
        entries={
            entry["logical_key"]: {"s3_uri": encoded(entry["s3_uri"].removeprefix("s3://quilt-data/"))}
            | ({"meta": entry["meta"]} if "meta" in entry else {})
            for entry in entries("")
        },
        meta=META,
        message="one \u2713",
    )
    assert made["top_hash"] == theirs["top_hash"]
    # Both wrote it under the same name: byte by byte, versions of the objects included.
    assert manifest(data, theirs["top_hash"]).splitlines()[1:] == own.splitlines()[1:]
    assert json.loads(manifest(data, theirs["top_hash"]).splitlines()[0]) == json.loads(own.splitlines()[0])


def test_quilt3_browses_and_verifies_it(server: Running, quilt3: Any, data: Any) -> None:
    made = call(server, "package_create", package_name="own/b", entries=entries(), metadata=META)
    found = quilt3("browse", name="own/b")
    assert found["top_hash"] == made["top_hash"]
    assert found["header"] == {"version": "v0", "user_meta": META, "message": None}
    assert len(found["entries"]) == made["entries"] == len(entries())
    assert sum(entry["size"] for entry in found["entries"]) == made["size"]
    assert quilt3("verify", name="own/b") == {"verified": True}
    assert "own/b" in quilt3("packages")["packages"]


def test_a_package_of_a_prefix(server: Running, quilt3: Any, data: Any) -> None:
    made = call(
        server, "package_create_from_s3", source_bucket="quilt-data", source_prefix="raw/", package_name="own/c"
    )
    found = quilt3("browse", name="own/c")
    assert found["top_hash"] == made["top_hash"]
    assert {entry["logical_key"] for entry in found["entries"]} == {entry["logical_key"] for entry in entries()}
    assert quilt3("verify", name="own/c") == {"verified": True}


def test_quilt3_sees_the_same_changes(server: Running, quilt3: Any, data: Any) -> None:
    first = call(server, "package_create", package_name="own/d", entries=entries(), metadata=META)
    changed = [
        {"s3_uri": uri("raw/README.md"), "logical_key": "b/1.csv"},
        {"s3_uri": uri("raw/README.md"), "logical_key": "b/0/new"},
        {"s3_uri": uri("raw/README.md"), "logical_key": "zz"},
    ]
    second = call(server, "package_update", package_name="own/d", entries=changed, remove=["b-2.csv"], message="two")
    found = quilt3("browse", name="own/d")
    assert found["top_hash"] == second["top_hash"]
    assert (found["header"]["user_meta"], found["header"]["message"]) == (META, "two")
    expected = quilt3("diff", name="own/d", before=first["top_hash"], after=second["top_hash"])
    assert expected == {"added": ["b/0/new", "zz"], "modified": ["b/1.csv"], "removed": ["b-2.csv"]}
    assert quilt3("verify", name="own/d") == {"verified": True}
    versions = quilt3("versions", name="own/d")["versions"]
    assert versions["latest"] == second["top_hash"]
    assert sorted(versions.values()) == sorted([first["top_hash"], second["top_hash"], second["top_hash"]])


def test_an_update_of_a_package_that_quilt3_pushed(server: Running, quilt3: Any, data: Any) -> None:
    small = encoded("raw/b/1.csv")
    pushed: dict[str, Any] = {key: {"s3_uri": small} for key in ("a/x", "a/y", "b")}
    pushed["a/x"]["meta"] = {"k": 1}
    first = quilt3("push", name="theirs/e", entries=pushed, meta={"m": 1}, message="1", folders={"a": {"folder": 1}})
    call(
        server,
        "package_update",
        package_name="theirs/e",
        entries=[{"s3_uri": uri("raw/README.md"), "logical_key": "a/z"}],
        remove=["b"],
        top_hash=first["top_hash"],
    )
    found = quilt3("browse", name="theirs/e")
    assert [line["logical_key"] for line in found["lines"]] == ["a/", "a/x", "a/y", "a/z"]
    assert found["lines"][0]["meta"] == {"folder": 1} and found["header"]["user_meta"] == {"m": 1}
    assert quilt3("verify", name="theirs/e") == {"verified": True}
    before = quilt3("browse", name="theirs/e", top_hash=first["top_hash"])["entries"]
    assert found["entries"][:2] == before[:2]


def test_the_servers_check_and_quilt3s(server: Running, quilt3: Any, data: Any) -> None:
    quilt3("push", name="theirs/f", entries={"a": {"text": "a"}, "b": {"s3_uri": uri("big/large.bin")}}, meta=META)
    found = call(server, "package_validate", package_name="theirs/f", read_objects=True)
    assert (found["checked"], found["unverified"], found["problems"]) == (2, 0, [])


OLD = "0" * 64


def test_a_manifest_of_old_times_has_the_top_hash_that_quilt3_gives_it(server: Running, quilt3: Any, data: Any) -> None:
    """A header that repeats the top hash, metadata that is null, more than one address, another kind of hash."""
    both = [encoded("raw/README.md"), encoded("raw/b/1.csv")]
    digest = {"type": "SHA256", "value": hashlib.sha256(OBJECTS["raw/README.md"]).hexdigest()}
    lines = [
        {"version": "v0", "top_hash": OLD, "user_meta": None},
        {"logical_key": "a/", "meta": {"x": 1}, "physical_keys": []},
        {"logical_key": "a/b", "physical_keys": both, "size": 9, "hash": digest, "meta": None},
    ]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    data.put_object(Bucket="quilt-example", Key=f".quilt/packages/{OLD}", Body=body)
    data.put_object(Bucket="quilt-example", Key=".quilt/named_packages/old/a/latest", Body=OLD.encode())
    theirs = quilt3("browse", name="old/a", top_hash=OLD)
    found = call(server, "package_validate", package_name="old/a", read_objects=True)
    [problem] = found["problems"]
    assert f"has the top hash {theirs['top_hash']}:" in problem["problem"]
    assert found["unverified"] == 0
    change = {"package_name": "old/a", "entries": [{"s3_uri": uri("raw/b/1.csv")}]}
    said = server.fail("package_update", {"registry": "quilt-example"} | change, Authorization=MINE)
    assert f"the manifest {OLD} has a content with the top hash {theirs['top_hash']}" in said
    # Under the hash that quilt3 gives it, it is extended.
    data.put_object(Bucket="quilt-example", Key=f".quilt/packages/{theirs['top_hash']}", Body=body)
    data.put_object(Bucket="quilt-example", Key=".quilt/named_packages/old/a/latest", Body=theirs["top_hash"].encode())
    assert call(server, "package_browse", package_name="old/a")["integrity"] == "verified"
    call(server, "package_update", **change)
    own = quilt3("browse", name="old/a")
    assert own["entries"][1] == theirs["entries"][0]
    assert quilt3("verify", name="old/a") == {"verified": True}


def test_quilt3_sees_what_was_deleted(server: Running, quilt3: Any, data: Any) -> None:
    readme = [{"s3_uri": uri("raw/README.md")}]
    first = call(server, "package_create", package_name="own/g", entries=readme)
    second = call(server, "package_update", package_name="own/g", entries=[], metadata={"n": 2})
    call(server, "package_delete", package_name="own/g", top_hash=second["top_hash"])
    assert set(quilt3("versions", name="own/g")["versions"].values()) == {first["top_hash"]}
    call(server, "package_delete", package_name="own/g", all_versions=True)
    assert quilt3("versions", name="own/g")["versions"] == {}
    assert "NoSuchKey" in quilt3("browse", name="own/g", fails=True)["error"]


@pytest.fixture(scope="module")
def flow(data: Any) -> Any:
    """A registry with workflows, whose files have versions."""
    schemas = {
        "meta data.json": {"required": ["title"], "properties": {"title": {"type": "string"}}},
        "entries.json": {"items": {"properties": {"size": {"maximum": 10}, "meta": {"required": ["kind"]}}}},
    }
    data.create_bucket(Bucket="quilt-flow")
    data.put_bucket_versioning(Bucket="quilt-flow", VersioningConfiguration={"Status": "Enabled"})
    data.put_object(Bucket="quilt-flow", Key=".quilt/workflows/config.yml", Body=WORKFLOWS.encode())
    for name, schema in schemas.items():
        data.put_object(Bucket="quilt-flow", Key=f"schemas/{name}", Body=json.dumps(schema).encode())
    return data


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"name": "other/x"},
        {"message": None},
        {"message": ""},
        {"meta": {"title": 1}},
        {"meta": {}},
        {"key": "big/large.bin"},
        {"entry_meta": {}},
        {"workflow": "unknown"},
        {"workflow": None},
    ],
    ids=str,
)
def test_workflows_take_and_refuse_the_same(server: Running, quilt3: Any, flow: Any, more: dict[str, Any]) -> None:
    asked: dict[str, Any] = {
        "name": f"flow/{uuid4()}",
        "message": "m",
        "meta": {"title": "t"},
        "entry_meta": {"kind": "k"},
    } | more
    name, key = asked["name"], asked.get("key", "raw/README.md")
    own: dict[str, Any] = {"registry": "quilt-flow", "package_name": f"{name}-own", "metadata": asked["meta"]}
    own |= {"message": asked["message"], "entries": [{"s3_uri": uri(key), "meta": asked["entry_meta"]}]}
    theirs: dict[str, Any] = {"registry": "s3://quilt-flow", "name": f"{name}-theirs", "meta": asked["meta"]}
    theirs |= {"message": asked["message"]}
    theirs |= {"entries": {key.partition("/")[2]: {"s3_uri": encoded(key), "meta": asked["entry_meta"]}}}
    if "workflow" in asked:
        # Without one: None with quilt3, empty with this server.
        own["workflow"], theirs["workflow"] = asked["workflow"] or "(none)", asked["workflow"]
    bearer = f"Bearer {token(buckets=['quilt-flow', 'quilt-data'])}"
    refused = bool(more) and more != {"workflow": None}
    if refused:
        said = server.fail("package_create", own, Authorization=bearer)
        assert "workflow" in said, said
        assert "error" in quilt3("push", fails=True, **theirs)
    else:
        made = server.call("package_create", own, Authorization=bearer)
        assert made["top_hash"] == quilt3("push", **theirs)["top_hash"]
        header = quilt3("browse", name=f"{name}-own", registry="s3://quilt-flow")["header"]
        assert "versionId" in header["workflow"]["config"]
        found = server.call(
            "package_validate", {"registry": "quilt-flow", "package_name": f"{name}-theirs"}, Authorization=bearer
        )
        assert found["problems"] == []
