"""Listings are read as botocore reads them, in less time."""

import time
from typing import Any
from urllib.parse import quote

import botocore.session
import pytest
from aiobotocore.parsers import AioRestXMLParser
from botocore.parsers import ResponseParserError
from conftest import Running

from quilt_mcp_server.aws.listing_parser import ListingParser, ListingParserFactory

SHAPE = botocore.session.Session().get_service_model("s3").operation_model("ListObjectsV2").output_shape
READ = {"Key", "Size", "LastModified", "ETag", "StorageClass"}
NAMES = [
    " ",
    "+",
    "%",
    "%41",
    "&amp;",
    "<>\"'",
    "é",
    "日本",
    "a\nb",
    "tab\t",
    "\u0001",
    "🙂",
    "a?b#c",
    "//",
    "\\",
    "a b",
]


def answer(inside: str, root: str = "ListBucketResult", **headers: str) -> dict[str, Any]:
    body = f'<?xml version="1.0"?>\n<{root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inside}</{root}>'
    return {"headers": headers, "status_code": 200, "body": body.encode(), "context": {}}


def contents(key: str, when: str = "2026-11-22T10:20:30.000Z", more: str = "") -> str:
    return (
        f"<Contents><Key>{key}</Key><LastModified>{when}</LastModified><ETag>&quot;x&quot;</ETag>"
        f"<Size>7</Size><StorageClass>STANDARD</StorageClass>{more}</Contents>"
    )


def read_part(parsed: dict[str, Any]) -> dict[str, Any]:
    """What this server reads."""
    if "Contents" in parsed:
        objects = [{name: value for name, value in item.items() if name in READ} for item in parsed["Contents"]]
        return parsed | {"Contents": objects}
    return parsed


async def parsed(parser: type[Any], response: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await parser().parse(response, SHAPE)
    return read_part(found)


@pytest.mark.parametrize(
    "response",
    [
        answer(""),
        answer(contents("a")),
        answer(contents("a") + contents("b")),
        answer(contents("")),
        answer(contents(" a ")),
        *(answer(contents(quote(name)) + "<EncodingType>url</EncodingType>") for name in NAMES),
        answer(contents("a&amp;&lt;&gt;&quot;&#39;&#xe9;&#10;")),
        answer(contents("<![CDATA[<a>]]>")),
        answer(
            "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>"
        ),
        answer("<Delimiter>/</Delimiter><CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>" + contents("b")),
        answer("<IsTruncated>true</IsTruncated><NextContinuationToken>1/x+=</NextContinuationToken>" + contents("a")),
        answer("<IsTruncated>false</IsTruncated><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><Prefix/><Name>b</Name>"),
        answer("<ContinuationToken>x</ContinuationToken><StartAfter>y</StartAfter>"),
        answer(contents("a", more="<Owner><ID>1</ID></Owner><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>")),
        answer(contents("a", more="<Unknown><Size>9</Size></Unknown>") + "<Unknown><Key>x</Key></Unknown>"),
        answer(contents("a", "2026-11-22T10:20:30Z")),
        answer(contents("a", "Sun, 22 Nov 2026 10:20:30 GMT")),
        answer(contents("a", "1763806830")),
        answer(contents("a"), **{"x-amz-request-id": "1", "x-amz-bucket-region": "eu-west-1"}),
        answer(contents("a"), "ListObjectsV2Output"),
        answer("<Code>SlowDown</Code><Message>later</Message>", "Error") | {"status_code": 503},
        answer("<Code>NoSuchBucket</Code>", "Error") | {"status_code": 404},
        answer("") | {"status_code": 403, "body": b""},
        answer("") | {"status_code": 500, "body": b"not XML"},
    ],
)
async def test_answers_are_read_as_botocore_reads_them(response: dict[str, Any]) -> None:
    assert await parsed(ListingParser, dict(response)) == await parsed(AioRestXMLParser, dict(response))


@pytest.mark.parametrize("body", [b"not XML", b"<ListBucketResult><Contents>", b"\xff"])
async def test_what_cannot_be_read_is_an_error(body: bytes) -> None:
    """Which botocore asks for again."""
    with pytest.raises(ResponseParserError):
        await parsed(ListingParser, answer("") | {"body": body})


def test_other_services_are_read_by_botocore() -> None:
    assert isinstance(ListingParserFactory().create_parser("rest-xml"), ListingParser)
    assert type(ListingParserFactory().create_parser("json")).__module__ == "aiobotocore.parsers"


async def test_it_takes_a_fifth_of_the_time() -> None:
    response = answer("".join(contents(f"key/{number}") for number in range(500)))
    best: dict[type[Any], float] = {}
    for _ in range(3):
        for kind in (ListingParser, AioRestXMLParser):
            begin = time.process_time()
            await kind().parse(dict(response), SHAPE)
            best[kind] = min(best.get(kind, 1e9), time.process_time() - begin)
    assert best[ListingParser] < best[AioRestXMLParser] / 5


def test_keys_of_all_characters_are_listed(server: Running, s3: Any) -> None:
    names = [name for name in NAMES if name not in ("//", "a\nb")]  # the emulator takes no line feed
    keys = [f"in/{name}/{name}.x" for name in names]
    for key in keys:
        s3.put_object(Bucket="quilt-example", Key=key, Body=b"1")
    asked: dict[str, Any] = {"bucket": "quilt-example", "prefix": "in/", "max_keys": 7}
    found: list[str] = []
    while len(found) < len(keys):
        page = server.call("bucket_objects_list", asked)
        found += [item["key"] for item in page["objects"]]
        asked |= {"cursor": page["next_cursor"]}
    assert sorted(found) == sorted(keys)
    page = server.call("bucket_objects_list", {"bucket": "quilt-example", "prefix": "in/", "recursive": False})
    assert sorted(page["folders"]) == sorted(f"in/{name}/" for name in names)


def test_which_parser_the_server_uses(server: Running, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put_object(Bucket="quilt-example", Key="a", Body=b"1")
    used: list[str] = []
    original = ListingParser._parse_payload

    def noted(self: ListingParser, response: Any, shape: Any, *others: Any) -> None:
        used.append(shape.name)
        original(self, response, shape, *others)

    monkeypatch.setattr(ListingParser, "_parse_payload", noted)
    server.call("bucket_objects_list", {"bucket": "quilt-example"})
    assert used == ["ListObjectsV2Output"]
