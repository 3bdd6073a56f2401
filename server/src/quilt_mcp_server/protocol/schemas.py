"""The JSON schemas that tools are listed with: pydantic's, without the parts that a model does not need."""

from dataclasses import dataclass, replace
from typing import Any

_NULL = {"type": "null"}


def for_arguments(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a tool's arguments. An optional one is simply left out: null, which is accepted too, is not shown.

    Trivial lower limits are not shown either, nor how long texts inside of lists may be; what is too short or long is
    refused with a message that shows the form.
    """
    writer = _Writer(frozenset({"title", "minLength", "minItems", "$defs"}), schema.get("$defs", {}), keep_null=False)
    # A misspelled argument is an error, not a silent default.
    return {**writer.schema(schema), "additionalProperties": False}


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
        return name not in self.noise and not (name == "additionalProperties" and value is True)

    def _value(self, name: str, value: Any) -> Any:
        if name == "properties":
            return {key: self.schema(item) for key, item in value.items()}
        if name in ("items", "additionalProperties") and isinstance(value, dict):
            inside = self if self.keep_null else replace(self, noise=self.noise | {"maxLength"})
            return inside.schema(value)
        return [self.schema(item) for item in value] if name == "anyOf" else value

    def _nullable(self, schema: dict[str, Any]) -> dict[str, Any]:
        """`anyOf: [X, null]` as X with a list of types, or as X alone."""
        options = schema.get("anyOf", ())
        if len(options) != 2 or _NULL not in options:
            return schema
        shown = self.schema(next(option for option in options if option != _NULL))
        merged = {**shown, **{name: value for name, value in schema.items() if name != "anyOf"}}
        if self.keep_null and isinstance(merged.get("type"), str):
            merged["type"] = [merged["type"], "null"]
        return merged
