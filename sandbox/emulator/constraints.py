"""What botocore's service model says about a request, as AWS judges it before the service itself does. Pure.

AWS publishes its own model: lengths, ranges, patterns, enumerations and required members stand in it. botocore checks
least lengths and required members only, and moto almost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.emulator import java_pattern

# The deepest shape that a request is judged in; some shapes contain themselves.
_DEPTH = 24


@dataclass(frozen=True)
class Violation:
    """One constraint that a value breaks. `rule` is worded as AWS words it; `shape` and `kind` name it in the model."""

    path: str
    value: Any
    rule: str
    shape: str
    kind: str

    def __str__(self) -> str:
        value = "null" if self.value is None else f"'{_printed(self.value)}'"
        return f"Value {value} at '{self.path}' failed to satisfy constraint: {self.rule}"


def violations(shape: Any, value: Any, path: str = "", depth: int = 0) -> Iterator[Violation]:
    """Each constraint of the shape that the value breaks, its members' too. `shape` is botocore's."""
    if value is None or depth > _DEPTH:
        return
    kind = shape.type_name
    if kind == "string":
        yield from _of_string(shape, value, path)
    elif kind in ("integer", "long", "float", "double"):
        yield from _limited(shape, value, value, path, "value")
    elif kind == "structure":
        yield from _of_structure(shape, value, path, depth)
    elif kind == "list":
        yield from _limited(shape, value, len(value), path, "length")
        for number, item in enumerate(value, 1):
            yield from violations(shape.member, item, f"{path}.{number}.member", depth + 1)
    elif kind == "map":
        yield from _limited(shape, value, len(value), path, "length")
        for key, item in value.items():
            yield from violations(shape.key, key, path, depth + 1)
            if item is None:
                yield Violation(f"{path}.{key}", None, "Member must not be null", shape.name, "required")
            yield from violations(shape.value, item, f"{path}.{key}.member", depth + 1)


def _of_structure(shape: Any, value: Any, path: str, depth: int) -> Iterator[Violation]:
    if not isinstance(value, dict):
        return
    for name, member in shape.members.items():
        inner = name[:1].lower() + name[1:]
        inner = f"{path}.{inner}" if path else inner
        if value.get(name) is None:
            if name in shape.required_members:
                yield Violation(inner, None, "Member must not be null", shape.name, "required")
            continue
        yield from violations(member, value[name], inner, depth + 1)


def _of_string(shape: Any, value: Any, path: str) -> Iterator[Violation]:
    text = str(value)
    yield from _limited(shape, text, len(text), path, "length")
    pattern = shape.metadata.get("pattern")
    compiled = java_pattern.compiled(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(text):
        yield Violation(path, text, f"Member must satisfy regular expression pattern: {pattern}", shape.name, "pattern")
    choices = getattr(shape, "enum", None)
    if choices and text not in choices:
        yield Violation(path, text, f"Member must satisfy enum value set: [{', '.join(choices)}]", shape.name, "enum")


def _limited(shape: Any, value: Any, size: float, path: str, what: str) -> Iterator[Violation]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        rule = f"Member must have {what} greater than or equal to {least}"
        yield Violation(path, value, rule, shape.name, "min")
    if most is not None and size > most:
        rule = f"Member must have {what} less than or equal to {most}"
        yield Violation(path, value, rule, shape.name, "max")


def _printed(value: Any) -> str:
    """A value as Java prints it; lists by their members."""
    if isinstance(value, list):
        return f"[{', '.join(_printed(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}={_printed(item)}' for key, item in value.items())}}}"
    return str(value)
