"""Every field of every request is seen: the shapes of the botocore model are walked, one change at a time."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from tests.kinds import Current, InvalidParameters, Kind, Refused, kinds_of, members, parametrize

Document = dict[str, Any]
Path = tuple[Any, ...]


@cache
def client(service: str) -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    return boto3.client(service, region_name="us-east-1", **keys)


def make(kind: Kind, document: Document | None = None) -> Any:
    common = {"state": "present", "tags": None, "purge_tags": False, "require_tags": {}}
    params = {**dict.fromkeys(kind.resource.fields), **common, **kind.usual, **(document or {})}
    return kind.resource(SimpleNamespace(params=params, check_mode=False, client=client))


def planned(kind: Kind, resource: Any, current: Current) -> Any:
    """Its plan for what is there."""
    return resource.plan(kind.reading(resource, current))


def no_parameters(kind: Kind) -> frozenset[str]:
    """The tags have their own option."""
    return kind.no_parameters | {"tags"}


def is_document(shape: Any) -> bool:
    """Whether it takes any JSON."""
    return bool(getattr(shape, "is_document_type", False))


def sample(kind: Kind, shape: Any, name: str = "") -> Any:
    """A value for a shape with everything in it."""
    if is_document(shape):
        return {"Some.Key": "a"}
    if shape.type_name == "structure":
        return {snake: sample(kind, member[1], snake) for snake, member in members(shape).items()}
    if shape.type_name == "list":
        return [sample(kind, shape.member, name)]
    if shape.type_name == "map":
        return {"Some.Key": sample(kind, shape.value)}
    if shape.type_name == "string":
        return kind.samples.get(name) or (shape.enum[0] if shape.enum else "a")
    return True if shape.type_name == "boolean" else kind.samples.get(name, 1)


def other(value: Any, shape: Any) -> Any:
    """Another value for a scalar or a document, or None when the model has only one."""
    if is_document(shape):
        return {"Some.Key": "b"}
    if shape.type_name == "string":
        return next((choice for choice in shape.enum if choice != value), None) if shape.enum else f"{value}b"
    return not value if shape.type_name == "boolean" else value + 1


def leaves(shape: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if shape.type_name == "structure" and not is_document(shape):
        for snake, member in members(shape).items():
            yield from leaves(member[1], (*path, snake))
    elif shape.type_name == "list":
        yield from leaves(shape.member, (*path, 0))
    elif shape.type_name == "map":
        yield from leaves(shape.value, (*path, "Some.Key"))
    else:
        yield path, shape


def everything(kind: Kind, variant: str) -> Document:
    """A document with every member that the variant allows."""
    whole = sample(kind, make(kind).request_shape)
    whole = {
        name: value for name, value in whole.items() if name not in no_parameters(kind) | {*kind.variants[variant]}
    }
    kind.adapt(whole, variant)
    return whole


def inside(document: Any, path: Path) -> Any:
    """The value at a path."""
    for step in path:
        document = document[step]
    return document


def holds(document: Document, path: Path) -> bool:
    """Whether a document has what a path names."""
    try:
        inside(document, path)
    except KeyError:
        return False
    return True


def kinds() -> Iterator[Any]:
    """Each kind with the variants of its documents."""
    for row in kinds_of("", "test_every_field"):
        (kind,) = row.values
        for variant in kind.variants:
            yield pytest.param(kind, variant, id=f"{kind.module}{variant}")


def rows() -> Iterator[Any]:
    for kind, variant in (row.values for row in kinds()):
        document = everything(kind, variant)
        for path, shape in leaves(make(kind).request_shape):
            if path[0] in no_parameters(kind) | {kind.resource.identifier} or not holds(document, path):
                continue
            changed = other(inside(document, path), shape)
            if changed is not None:
                yield pytest.param(
                    kind, variant, path, changed, id=f"{kind.module}{variant}-{'.'.join(map(str, path))}"
                )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "variant" not in metafunc.fixturenames:
        parametrize(metafunc)


def test_every_member_of_the_request_is_a_parameter(kind: Kind) -> None:
    parameters = set(kind.resource.fields) - set(kind.resource.set_separately)
    assert set(members(make(kind).request_shape)) - no_parameters(kind) == parameters


@pytest.mark.parametrize(("kind", "variant"), list(kinds()))
def test_the_same_document_is_no_change(kind: Kind, variant: str) -> None:
    document = everything(kind, variant)
    resource = make(kind, document)
    current = Current(resource.normalized(resource.wanted()))
    assert planned(kind, resource, current).action == "none"


@pytest.mark.parametrize(("kind", "variant", "path", "changed"), list(rows()))
def test_every_change_of_every_field_is_named(kind: Kind, variant: str, path: Path, changed: Any) -> None:
    document = everything(kind, variant)
    resource = make(kind, document)
    current = Current(resource.normalized(resource.wanted()))
    wanted = copy.deepcopy(document)
    inside(wanted, path[:-1])[path[-1]] = changed
    if path[0] in kind.resource.immutable:
        with pytest.raises(Refused, match=path[0]):
            planned(kind, make(kind, wanted), current)
        return
    plan = planned(kind, make(kind, wanted), current)
    assert plan.action == "update" and path[0] in plan.changes
    assert plan.diff["before"].get(path[0]) != plan.diff["after"].get(path[0])


def removable() -> Iterator[Any]:
    for kind, variant in (row.values for row in kinds()):
        if kind.whole:
            for path in dict(leaves(make(kind).request_shape)):
                fixed = no_parameters(kind) | {kind.resource.identifier}
                if path[0] not in fixed and path[-1] not in kind.filled_in:
                    step = max(index for index, name in enumerate(path) if isinstance(name, str))
                    yield pytest.param(kind, variant, path[: step + 1], id=f"{kind.module}-{'.'.join(map(str, path))}")


@pytest.mark.parametrize(("kind", "variant", "path"), list(removable()))
def test_a_field_taken_out_of_a_whole_document_is_named(kind: Kind, variant: str, path: Path) -> None:
    document = everything(kind, variant)
    resource = make(kind, document)
    current = Current(resource.normalized(resource.wanted()))
    wanted = copy.deepcopy(document)
    del inside(wanted, path[:-1])[path[-1]]
    try:
        assert path[0] in planned(kind, make(kind, wanted), current).changes
    except InvalidParameters as error:
        assert "is required" in str(error) and path[-1] in str(error)
