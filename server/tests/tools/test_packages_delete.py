"""Packages and versions deleted."""

from typing import Any

from conftest import Running

from tools.package_requests import make, read, tags


def test_deletes_a_package_and_leaves_its_objects(server: Running, s3: Any) -> None:
    # A bucket without versions: moto goes on listing folders in which all is deleted where there are some.
    for key in ("d/a.csv", "d/c.txt"):
        s3.put_object(Bucket="quilt-example", Key=key, Body=key.encode())
    server.call("package_create", make("d/a.csv"))
    server.call("package_update", make("d/c.txt"))
    server.call("package_create", make("d/a.csv", package_name="team/data-2"))
    asked: dict[str, Any] = {"registry": "quilt-example", "package_name": "team/data"}
    before = tags(s3)
    for missing in ({}, {"top_hash": None}, {"top_hash": ""}, {"all_versions": False}, {"all_versions": None}):
        assert "say what to delete" in server.fail("package_delete", asked | missing)
    assert "say what to delete" in server.fail("package_delete", asked | {"top_hash": "a" * 64, "all_versions": True})
    assert tags(s3) == before
    asked["all_versions"] = True
    assert server.call("package_delete", asked) == {"deleted": 2, "latest": None}
    assert tags(s3) == {}
    assert server.call("packages_list", {"registry": "quilt-example"})["packages"] == ["team/data-2"]
    assert read(s3, "d/a.csv") == b"d/a.csv"
    assert "there is no package" in server.fail("package_delete", asked)


def test_deletes_a_version(server: Running, objects: Any) -> None:
    hashes = [server.call("package_create", make("d/a.csv"))["top_hash"]]
    hashes += [server.call("package_update", make(key))["top_hash"] for key in ("d/c.txt", "e/x")]
    asked = {"registry": "quilt-example", "package_name": "team/data"}
    assert server.call("package_delete", asked | {"top_hash": hashes[2]}) == {"deleted": 1, "latest": hashes[1]}
    assert server.call("package_delete", asked | {"top_hash": hashes[0]}) == {"deleted": 1, "latest": hashes[1]}
    assert set(tags(objects).values()) == {hashes[1]}
    assert "no version" in server.fail("package_delete", asked | {"top_hash": hashes[0]})
    assert server.call("package_delete", asked | {"top_hash": hashes[1]}) == {"deleted": 1, "latest": None}
    assert tags(objects) == {}
