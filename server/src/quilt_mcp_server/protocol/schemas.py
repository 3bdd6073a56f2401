"""The JSON schemas that tools are listed with: pydantic's, without the parts that a model does not need."""

from dataclasses import dataclass, replace
from typing import Any

_NULL = {"type": "null"}


def for_arguments(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a tool's arguments. An optional one is simply left out: null, which is accepted too, is not shown.

    Trivial lower limits are not shown either, nor how long texts inside of lists may be; what is too short or long is
    refused with a message that shows the form. Nor is that there are no other arguments: `additionalProperties: false`
    makes google-genai fail, and the server itself refuses a misspelled argument.
    """
    noise = frozenset({"title", "minLength", "minItems", "$defs"})
    return _Writer(noise, schema.get("$defs", {}), keep_null=False).schema(schema)


def for_results(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a tool's result. Every result validates against it, null included."""
    noise = frozenset({"title", "default", "required", "$defs"})
    return _Writer(noise, schema.get("$defs", {}), keep_null=True).schema(schema)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes a schema again: without noise, definitions in their place, `X or null` as short as may be."""

    noise: frozenset[str]
    definitions: dict[str, Any]
    keep_null: bool

    def schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            return self.schema(self.definitions[schema["$ref"].removeprefix("#/$defs/")])
        return {
            name: self._value(name, value) for name, value in self._nullable(schema).items() if self._shown(name, value)
        }

    def _shown(self, name: str, value: object) -> bool:
        if name == "default" and value in (None, "", []):
            return False
        if name == "minimum" and value in (0, 1):
            return self.keep_null
        return name not in self.noise and not (name == "additionalProperties" and isinstance(value, bool))

    def _value(self, name: str, value: Any) -> Any:
        if name == "properties":
            return {key: self.schema(item) for key, item in value.items()}
        if name in ("items", "additionalProperties") and isinstance(value, dict):
            inside = self if self.keep_null else replace(self, noise=self.noise | {"maxLength"})
            return inside.schema(value)
        return [self.schema(item) for item in value] if name == "anyOf" else value

    def _nullable(self, schema: dict[str, Any]) -> dict[str, Any]:
        """`anyOf: [X, null]` as it is, or as X alone; lists of types are not taken by every consumer."""
        options = schema.get("anyOf", ())
        if self.keep_null or len(options) != 2 or _NULL not in options:
            return schema
        shown = self.schema(next(option for option in options if option != _NULL))
        return {**shown, **{name: value for name, value in schema.items() if name != "anyOf"}}
