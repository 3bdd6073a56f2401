"""The argument specs against the botocore model: the same choices, the same suboptions, the same types.

A choice that the model has and the argument spec has not would be refused before AWS is asked.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.kinds import Kind, members, parametrize

TYPES = {
    "string": ("str",),
    "integer": ("int",),
    "long": ("int",),
    "boolean": ("bool",),
    "double": ("float",),
    "list": ("list",),
    "structure": ("dict",),
    "map": ("dict",),
    "timestamp": ("str",),
}


def model(service: str) -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    return boto3.client(service, region_name="us-east-1", **keys).meta.service_model


def differences(arguments: dict[str, Any], shape: Any, path: str) -> dict[str, set[str]]:
    """By path: the choices or suboptions that only one of the two has; a type that does not fit under `path.type`."""
    found: dict[str, set[str]] = {}
    known = members(shape)
    for name, spec in arguments.items():
        if name not in known:
            continue
        member = known[name][1]
        where = f"{path}.{name}".removeprefix(".")
        if spec["type"] not in TYPES[member.type_name]:
            found[f"{where}.type"] = {spec["type"], member.type_name}
        inner = member.member if member.type_name == "list" else member
        if "choices" in spec and inner.type_name == "string" and inner.enum:
            found[where] = set(spec["choices"]) ^ set(inner.enum)
        if "options" in spec:
            found[where] = set(spec["options"]) ^ set(members(inner))
            found |= differences(spec["options"], inner, where)
    return {where: odd for where, odd in found.items() if odd}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize(metafunc)


def test_the_arguments_are_those_of_the_model(kind: Kind) -> None:
    arguments, service = kind.code.ARGUMENTS, model(kind.resource.service)
    found = differences(arguments, service.operation_model(kind.create_operation).input_shape, "")
    for part, operation in kind.operations.items():
        shape, options = service.operation_model(operation).input_shape, arguments[part]["options"]
        found[part] = set(options) ^ set(members(shape))
        found |= differences(options, shape, part)
    # Of "*" the module has one choice alone, whatever the model has.
    assert {
        where: {"*"} if kind.different.get(where) == {"*"} else odd for where, odd in found.items()
    } == kind.different


def test_a_choice_or_a_suboption_that_only_one_has_is_found() -> None:
    shape = model("ecs").operation_model("RegisterTaskDefinition").input_shape
    arguments = {
        "network_mode": {"type": "str", "choices": ["awsvpc", "bridge", "host"]},
        "runtime_platform": {"type": "dict", "options": {"cpu_architecture": {"type": "str", "choices": ["X86"]}}},
        "volumes": {"type": "dict"},
    }
    assert differences(arguments, shape, "m") == {
        "m.network_mode": {"none"},
        "m.runtime_platform": {"operating_system_family"},
        "m.runtime_platform.cpu_architecture": {"X86", "X86_64", "ARM64"},
        "m.volumes.type": {"dict", "list"},
    }
