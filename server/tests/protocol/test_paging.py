"""Results stay within their size for any bucket: lists end early with a cursor, other results are refused."""

import gzip
from typing import Any

import pytest
from conftest import Running
from quilt_package import HASH, entry, push

from quilt_mcp_server.protocol import paging
from quilt_mcp_server.protocol.server import MAXIMUM_RESULT

OTHER = "b" * 64
PAGE = 64 * 1024  # bytes, in place of more, which would take more objects
LARGEST = 8 * PAGE  # bytes of an answer: a page and its last item, or items, in two forms, one of them escaped twice
PACKAGE = {"registry": "quilt-example", "package_name": "team/data"}


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MAXIMUM_PAGE", PAGE)


def answer(server: Running, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """A result that is no longer than any."""
    call = {"name": tool, "arguments": arguments}
    response = server.post({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})
    result: dict[str, Any] = response.json()["result"]
    assert not result["isError"], result["content"][0]["text"][:300]
    assert len(response.content) < LARGEST
    content: dict[str, Any] = result["structuredContent"]
    return content


def pages(server: Running, tool: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """All pages of a list."""
    found = [answer(server, tool, arguments)]
    while cursor := found[-1]["next_cursor"]:
        found.append(answer(server, tool, arguments | {"cursor": cursor}))
    return found


def test_a_listing_of_long_keys(server: Running, s3: Any) -> None:
    """A control character takes one byte of a key and six of JSON."""
    keys = [f"long/{n:03}" + "\x01" * 900 for n in range(40)]
    for key in keys:
        s3.put_object(Bucket="quilt-example", Key=key, Body=b"")
    found = pages(server, "bucket_objects_list", {"bucket": "quilt-example", "max_keys": 1000})
    assert [item["key"] for page in found for item in page["objects"]] == keys
    assert len(found) > 3


def test_a_list_of_packages_with_long_names(server: Running, s3: Any) -> None:
    arrows = "\u2192" * 130
    names = [f"{n:03}{arrows}/{arrows}" for n in range(100)]
    for name in names:
        s3.put_object(Bucket="quilt-example", Key=f".quilt/named_packages/{name}/latest", Body=HASH.encode())
    found = pages(server, "packages_list", {"registry": "quilt-example", "limit": 1000})
    assert [name for page in found for name in page["packages"]] == names
    assert len(found) > 1


def test_a_comparison_of_long_paths(server: Running, s3: Any) -> None:
    """The counts are of all changes, the list of those that fit on the page."""
    for top_hash, tag in ((HASH, "a"), (OTHER, "b")):
        push(s3, "team/data", [entry(f"{n:03}{tag}" + "x" * 16_000) for n in range(20)], top_hash=top_hash)
    asked = PACKAGE | {"before": HASH, "after": OTHER, "limit": 1000}
    found = answer(server, "package_diff", asked)
    assert (found["added"], found["removed"], found["truncated"]) == (20, 20, True)
    assert len(found["changes"]) == 5


def test_problems_with_long_paths(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry(f"{n:03}" + "\x01" * 1000, bucket="quilt-secret") for n in range(40)])
    found = pages(server, "package_validate", PACKAGE | {"limit": 1000})
    assert [page["checked"] for page in found] == [16, 16, 8]
    assert sum(problem["logical_key"] is not None for page in found for problem in page["problems"]) == 40


def test_long_lines_are_checked_a_few_at_a_time(server: Running, s3: Any) -> None:
    push(s3, "team/data", [entry(f"{n}", meta={"x": "y" * 400_000}) for n in range(8)])
    found = pages(server, "package_validate", PACKAGE)
    assert [page["checked"] for page in found] == [3, 3, 2]


def test_what_is_no_list_says_that_it_is_too_long(server: Running, s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key="bells.gz", Body=gzip.compress(b"\x07" * 262_144))
    asked = {"s3_uri": "s3://quilt-example/bells.gz", "max_bytes": 262_144}
    assert f"more than {MAXIMUM_RESULT}; ask for less" in server.fail("bucket_object_text", asked)
    assert server.call("bucket_object_text", asked | {"max_bytes": 100_000})["text"] == "\x07" * 100_000
