"""What the list of tools costs a model, and that it tells the truth."""

import json
import re
from typing import Any

import jsonschema
import pytest
from conftest import Running, token

from quilt_mcp_server.protocol.schemas import for_arguments, for_results

MAXIMUM_BYTES = 25_000
MAXIMUM_TOKENS = 7_500
_PIECE = re.compile(r"[A-Za-z]{1,8}|\d{1,3}|[^\w\s]{1,3}|_|\s(?=\s)")


def tokens(text: str) -> int:
    """About as many as a model's tokenizer makes of JSON and English: short words and runs of punctuation are one."""
    return len(_PIECE.findall(text))


def tools(server: Running) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = server.rpc("tools/list", mcp_protocol_version="2025-11-25")["tools"]
    return listed


def test_the_tool_list_is_small(server: Running) -> None:
    body = server.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).text
    size, count = len(body.encode()), tokens(body)
    print(f"tools/list: {len(tools(server))} tools, {size} bytes, about {count} tokens")
    assert size < MAXIMUM_BYTES
    assert count < MAXIMUM_TOKENS


def test_schemas_are_valid_and_need_no_lookup(server: Running) -> None:
    for tool in tools(server):
        for name in ("inputSchema", "outputSchema"):
            jsonschema.Draft202012Validator.check_schema(tool[name])
            assert tool[name]["type"] == "object"
            assert "$ref" not in json.dumps(tool[name]), tool["name"]


def test_results_are_as_the_list_says(server: Running, s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key="k", Body=b"v")
    schemas = {tool["name"]: tool["outputSchema"] for tool in tools(server)}
    for name, arguments in (
        ("whoami", {}),
        ("bucket_objects_list", {"bucket": "quilt-example"}),
        ("bucket_object_info", {"s3_uri": "s3://quilt-example/k"}),
        ("bucket_object_text", {"s3_uri": "s3://quilt-example/k"}),
        ("check_bucket_access", {"bucket": "quilt-example"}),
        ("discover_permissions", {}),
        ("packages_list", {"registry": "quilt-example"}),
    ):
        result = server.call(name, arguments)
        jsonschema.validate(result, schemas[name])
        # Nothing is told that never comes, and nothing comes that is not told.
        assert set(result) == set(schemas[name]["properties"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"buckets": [1]}, schemas["bucket_list"])


def test_null_is_as_good_as_leaving_an_argument_out(server: Running) -> None:
    bearer = f"Bearer {token()}"
    asked = {"bucket": "quilt-example"}
    assert server.call("bucket_objects_list", asked | {"cursor": None}, Authorization=bearer) == server.call(
        "bucket_objects_list", asked
    )


def test_what_a_model_needs_stays() -> None:
    written = {
        "$defs": {"Row": {"properties": {"title": {"title": "Title", "type": "string"}}, "type": "object"}},
        "properties": {
            "title": {"title": "Title", "type": "string", "minLength": 3, "maxLength": 9},
            "limit": {"default": 5, "maximum": 9, "minimum": 1, "type": "integer"},
            "seconds": {"default": 70, "maximum": 90, "minimum": 60, "type": "integer"},
            "names": {"default": [], "items": {"type": "string", "maxLength": 9}, "maxItems": 3, "type": "array"},
            "rows": {"anyOf": [{"items": {"$ref": "#/$defs/Row"}, "type": "array"}, {"type": "null"}], "default": None},
        },
        "required": ["title"],
        "type": "object",
    }
    rows = {"items": {"properties": {"title": {"type": "string"}}, "type": "object"}}
    assert for_arguments(written) == {
        "properties": {
            "title": {"type": "string", "maxLength": 9},
            "limit": {"default": 5, "maximum": 9, "type": "integer"},
            "seconds": {"default": 70, "maximum": 90, "minimum": 60, "type": "integer"},
            "names": {"items": {"type": "string"}, "maxItems": 3, "type": "array"},
            "rows": {**rows, "type": "array"},
        },
        "required": ["title"],
        "type": "object",
        "additionalProperties": False,
    }
    assert for_results(written) == {
        "properties": {
            "title": {"type": "string", "minLength": 3, "maxLength": 9},
            "limit": {"maximum": 9, "minimum": 1, "type": "integer"},
            "seconds": {"maximum": 90, "minimum": 60, "type": "integer"},
            "names": {"items": {"type": "string", "maxLength": 9}, "maxItems": 3, "type": "array"},
            "rows": {**rows, "type": ["array", "null"]},
        },
        "type": "object",
    }
