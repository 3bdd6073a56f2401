"""Packages checked."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Running, token

from tools.package_requests import make, read, tags, uri, validate


def test_a_sound_package_has_no_problems(server: Running, objects: Any) -> None:
    server.call("package_create", make("d/a.csv", "d/c.txt", "e/x"))
    found = validate(server, read_objects=True)
    assert (found["checked"], found["unverified"], found["problems"], found["next_cursor"]) == (3, 0, [], None)
    # Nothing was read, and S3 keeps another checksum than the hash: existence and size are all that is known.
    assert validate(server)["unverified"] == 3


def test_pages_of_a_check(server: Running, objects: Any) -> None:
    server.call("package_create", make("d/a.csv", "d/c.txt", "e/x"))
    first = validate(server, limit=2)
    second = validate(server, limit=2, cursor=first["next_cursor"])
    assert (first["checked"], second["checked"], second["next_cursor"]) == (2, 1, None)


def test_what_is_wrong_with_a_package(server: Running, objects: Any) -> None:
    for key in ("gone", "other", "longer", "fine"):
        objects.put_object(Bucket="quilt-example", Key=key, Body=b"12")
    both = f"Bearer {token(buckets=['quilt-example', 'quilt-secret'])}"
    foreign = {"s3_uri": uri("e/x", "quilt-secret"), "logical_key": "foreign"}
    server.call("package_create", make("gone", "other", "longer", "fine", foreign), Authorization=both)
    top_hash = tags(objects)["latest"]
    manifest = read(objects, f".quilt/packages/{top_hash}").decode().splitlines()
    edited = []
    for line in map(json.loads, manifest):
        # Without a version the entry is whatever lies there.
        if line.get("logical_key") in ("gone", "other", "longer"):
            line["physical_keys"] = [line["physical_keys"][0].partition("?")[0]]
        edited.append(json.dumps(line))
    objects.put_object(Bucket="quilt-example", Key=f".quilt/packages/{top_hash}", Body="\n".join(edited).encode())
    objects.delete_object(Bucket="quilt-example", Key="gone")
    objects.put_object(Bucket="quilt-example", Key="other", Body=b"21")
    objects.put_object(Bucket="quilt-example", Key="longer", Body=b"123")
    found = {item["logical_key"]: item["problem"] for item in validate(server, read_objects=True)["problems"]}
    assert set(found) == {"foreign", "gone", "longer", "other"}
    assert "does not grant" in found["foreign"] and "quilt-secret" not in json.dumps(found)
    assert "there" in found["gone"].lower() or "404" in found["gone"]
    assert found["longer"] == "its object has 3 bytes, not 2"
    assert "another content" in found["other"]


def test_a_manifest_that_was_changed_is_noticed(server: Running, objects: Any) -> None:
    server.call("package_create", make("d/a.csv"))
    key = f".quilt/packages/{tags(objects)['latest']}"
    body = read(objects, key).replace(b'"logical_key": "a.csv"', b'"logical_key": "b.csv"')
    objects.put_object(Bucket="quilt-example", Key=key, Body=body)
    [problem] = validate(server)["problems"]
    assert problem["logical_key"] is None and "top hash" in problem["problem"]


def test_a_manifest_too_large_to_check_as_a_whole(
    serve: Callable[..., Running], objects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr("quilt_mcp_server.tools.packages_validate.TIME_SHARE", 0.02)
    server = serve()
    server.call("package_create", make("d/a.csv"))
    monkeypatch.setattr("quilt_mcp_server.tools.packages_validate.merge", slow)
    found = validate(server)
    assert [problem["logical_key"] for problem in found["problems"]] == [None]
    assert "too large" in found["problems"][0]["problem"] and found["checked"] == 1
