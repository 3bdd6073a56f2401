"""Addresses in the catalog."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Running

HASH = "a" * 64


@pytest.fixture
def catalog(serve: Callable[..., Running]) -> Running:
    return serve(QUILT_MCP_CATALOG_URL="https://demo.quiltdata.com/")


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({}, "/b/quilt-example/tree/"),
        ({"path": "a b/ü#?.csv"}, "/b/quilt-example/tree/a%20b/%C3%BC%23%3F.csv"),
        ({"package_name": "team/data"}, "/b/quilt-example/packages/team/data/tree/latest/"),
        (
            {"package_name": "team/data", "top_hash": HASH, "path": "a/b"},
            f"/b/quilt-example/packages/team/data/tree/{HASH}/a/b",
        ),
    ],
)
def test_urls(catalog: Running, arguments: dict[str, Any], path: str) -> None:
    found = catalog.call("catalog_url", {"registry": "s3://quilt-example"} | arguments)
    assert found["url"] == f"https://demo.quiltdata.com{path}"


@pytest.mark.parametrize(
    ("arguments", "uri"),
    [
        ({}, "quilt+s3://quilt-example#package=team/data"),
        ({"top_hash": HASH}, f"quilt+s3://quilt-example#package=team/data@{HASH}"),
        ({"path": "a b&c"}, "quilt+s3://quilt-example#package=team/data&path=a%20b%26c"),
    ],
)
def test_uris(catalog: Running, arguments: dict[str, Any], uri: str) -> None:
    asked = {"registry": "quilt-example", "package_name": "team/data"} | arguments
    assert catalog.call("catalog_uri", asked)["uri"] == uri


def test_refusals(catalog: Running, server: Running) -> None:
    assert "does not grant the bucket" in catalog.fail("catalog_url", {"registry": "quilt-secret"})
    asked = {"registry": "quilt-example", "package_name": "team/data"}
    assert "user/name" in catalog.fail("catalog_uri", asked | {"package_name": "a/b/c"})
    assert "hexadecimal" in catalog.fail("catalog_uri", asked | {"top_hash": "&" * 64})
    assert "QUILT_MCP_CATALOG_URL" in server.fail("catalog_url", {"registry": "quilt-example"})
