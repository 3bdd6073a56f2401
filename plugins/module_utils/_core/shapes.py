# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Between a module's parameters and the service's requests: the botocore model decides names and types.

A name is translated only where the model has a structure, so the keys of free maps (tags, log options, attributes)
are never touched. "Canonical" means: snake_case names and the model's types. An empty member of a structure means
"not set".
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .problem import Problem
from .refusal import InvalidParameters

try:
    import botocore
    from botocore import xform_name
except ImportError:
    pass  # AnsibleAWSModule says so

if TYPE_CHECKING:
    from botocore.model import Shape

Document = dict[str, Any]

KNOWN_AFTER_APPLY = "known-after-apply"

# An empty string is "not set", except in the value of a name/value pair.
_EMPTY_MEANS_EMPTY = ("value",)
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def snake_case(name: str) -> str:
    """A name of the API as a parameter: `sizeInGiB` is size_in_gib."""
    snake: str = xform_name(name.replace("GiB", "Gib"))
    return snake


def members(shape: Shape) -> dict[str, tuple[str, Shape]]:
    """The members of a structure: snake_case name to (name in the API, shape)."""
    return {snake_case(name): (name, member) for name, member in shape.members.items()}  # type: ignore[attr-defined]


def canonical(given: Mapping[str, Any], shape: Shape) -> Document:
    """Check parameters against a request's shape and give them the model's types.

    Raises InvalidParameters that lists each misspelled name, wrong type and unknown choice, with the nearest valid one.
    """
    problems: list[Problem] = []
    result = _checked(given, shape, "", problems)
    if problems:
        raise InvalidParameters(*problems)
    document: Document = result
    return document


def to_request(document: Mapping[str, Any], shape: Shape) -> Document:
    """A canonical document in the API's own names, without what is empty or not in the shape."""
    request: Document = _renamed(document, shape, lambda snake, api: (snake, api))
    return request


def to_snake(response: Mapping[str, Any], shape: Shape) -> Document:
    """A service's answer as a canonical document, without what is empty."""
    document: Document = _renamed(response, shape, lambda snake, api: (api, snake))
    return document


def without_empty(document: Mapping[str, Any], shape: Shape) -> Document:
    """A canonical document without the empty members of its structures; entries of free maps stay."""
    pruned: Document = _renamed(document, shape, lambda snake, api: (snake, snake))
    return pruned


def without_none(value: Any) -> Any:
    """Ansible fills every unset suboption with None."""
    if isinstance(value, Mapping):
        return {name: without_none(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_none(item) for item in value]
    return value


def is_empty(name: str, value: Any) -> bool:
    """Whether a member counts as not set: null, an empty list or map, an empty string unless it is a pair's value."""
    return value is None or (value in ("", [], {}) and not (value == "" and name in _EMPTY_MEANS_EMPTY))


def _renamed(value: Any, shape: Shape, names: Callable[[str, str], tuple[str, str]]) -> Any:
    """names: from a member's snake_case name and its name in the API to the name read and the name written."""
    kind = shape.type_name
    if _is_free(shape):
        return value
    if kind == "structure" and isinstance(value, Mapping):
        renamed = {}
        for snake, (api, member) in members(shape).items():
            source, target = names(snake, api)
            inner = _renamed(value[source], member, names) if source in value else None
            if not is_empty(snake, inner):
                renamed[target] = inner
        return renamed
    if kind == "list" and isinstance(value, (list, tuple)):
        return [_renamed(item, shape.member, names) for item in value]  # type: ignore[attr-defined]
    if kind == "map" and isinstance(value, Mapping):
        return {key: _renamed(item, shape.value, names) for key, item in value.items()}  # type: ignore[attr-defined]
    return value.isoformat() if isinstance(value, datetime.datetime) else value


def _is_free(shape: Shape) -> bool:
    """Whether it is a document type: a structure without members, that takes any JSON."""
    return bool(getattr(shape, "is_document_type", False))


def _checked(value: Any, shape: Shape, path: str, problems: list[Problem]) -> Any:
    kind = shape.type_name
    if value == KNOWN_AFTER_APPLY or _is_free(shape):
        return value
    if kind == "structure":
        return _checked_structure(value, shape, path, problems)
    if kind == "list":
        if not isinstance(value, (list, tuple)):
            return _refuse(value, path, "a list", problems)
        items = enumerate(value)
        return [_checked(item, shape.member, f"{path}[{n}]", problems) for n, item in items]  # type: ignore[attr-defined]
    if kind == "map":
        if not isinstance(value, Mapping):
            return _refuse(value, path, "a dictionary", problems)
        entries = value.items()
        return {k: _checked(v, shape.value, f"{path}.{k}", problems) for k, v in entries}  # type: ignore[attr-defined]
    return _checked_scalar(value, shape, path, problems)


def _checked_structure(value: Any, shape: Shape, path: str, problems: list[Problem]) -> Any:
    if not isinstance(value, Mapping):
        return _refuse(value, path, "a dictionary", problems)
    known = members(shape)
    checked = {}
    for name, inner in value.items():
        where = f"{path}.{name}" if path else str(name)
        if name not in known:
            problems.append(_misspelled(where, str(name), list(known)))
        else:
            checked[name] = inner if is_empty(name, inner) else _checked(inner, known[name][1], where, problems)
    if path and checked:  # the module's own arguments say which parameters are required
        required = [snake_case(name) for name in shape.required_members]
        problems += [
            Problem(f"{path}.{name} is not given", f"it is required in {path}", f"set {path}.{name}")
            for name in required
            if is_empty(name, checked.get(name))
        ]
    return checked


def _checked_scalar(value: Any, shape: Shape, path: str, problems: list[Problem]) -> Any:
    kind = shape.type_name
    if kind in ("integer", "long"):
        if isinstance(value, bool) or not _is_integer(value):
            return _refuse(value, path, "a whole number", problems)
        return int(value)
    if kind in ("double", "float"):
        return _as_float(value, path, problems)
    if kind == "boolean":
        text = str(value).lower()
        return text in _TRUE if text in _TRUE + _FALSE else _refuse(value, path, "true or false", problems)
    if kind == "string":
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            return _refuse(value, path, "a string (quote it)", problems)
        choices = list(shape.enum)  # type: ignore[attr-defined]
        if choices and str(value) not in choices:
            return _refuse(value, path, "one of " + ", ".join(choices), problems)
        return str(value)
    return value


def _as_float(value: Any, path: str, problems: list[Problem]) -> Any:
    try:
        return float("bool" if isinstance(value, bool) else value)
    except (TypeError, ValueError):
        return _refuse(value, path, "a number", problems)


def _is_integer(value: Any) -> bool:
    try:
        return int(value) == float(value)
    except (TypeError, ValueError):
        return False


def _refuse(value: Any, path: str, wanted: str, problems: list[Problem]) -> Any:
    problems.append(Problem(f"{path} is {value!r}", f"it must be {wanted}", f"set {path} to {wanted}"))
    return value


def _misspelled(where: str, name: str, known: list[str]) -> Problem:
    close = difflib.get_close_matches(snake_case(name), known, n=1, cutoff=0.6)
    return Problem(
        f"{where} is not known to botocore {botocore.__version__}",
        "AWS would get nothing of it",
        f"rename it to {close[0]}, or upgrade botocore"
        if close
        else f"use one of {', '.join(sorted(known))}, or upgrade botocore",
    )
