"""Schemas are valid, short, and hold what a model needs."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
from conftest import Running

from quilt_mcp_server.protocol.schemas import for_arguments, for_results


def tools(server: Running) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = server.rpc("tools/list", mcp_protocol_version="2025-11-25")["tools"]
    return listed


def test_schemas_are_valid_and_need_no_lookup(server: Running) -> None:
    for tool in tools(server):
        for name in ("inputSchema", "outputSchema"):
            jsonschema.Draft202012Validator.check_schema(tool[name])
            assert tool[name]["type"] == "object"
            assert "$ref" not in json.dumps(tool[name]), tool["name"]


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
    }
    assert for_results(written) == {
        "properties": {
            "title": {"type": "string", "minLength": 3, "maxLength": 9},
            "limit": {"maximum": 9, "minimum": 1, "type": "integer"},
            "seconds": {"maximum": 90, "minimum": 60, "type": "integer"},
            "names": {"items": {"type": "string", "maxLength": 9}, "maxItems": 3, "type": "array"},
            "rows": {"anyOf": [{**rows, "type": "array"}, {"type": "null"}]},
        },
        "type": "object",
    }


def words(schema: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every word of a schema, with what it says."""
    if isinstance(schema, list):
        for each in schema:
            yield from words(each, at)
    elif isinstance(schema, dict):
        for name, value in schema.items():
            # The names of arguments are no words.
            yield from [] if at == "properties" else [(name, value)]
            yield from words(value, "" if at == "properties" else name)


def test_no_word_that_a_consumer_cannot_take(server: Running) -> None:
    """tests/consumers has the consumers."""
    for tool in tools(server):
        for name in ("inputSchema", "outputSchema"):
            for word, said in words(tool[name]):
                assert not (word == "type" and isinstance(said, list)), tool["name"]
                assert word not in ("$ref", "$defs", "oneOf", "allOf", "not", "pattern", "format"), (tool["name"], word)
                assert not (word == "additionalProperties" and isinstance(said, bool)), tool["name"]
