"""The declaration of a tool, and the common types of its arguments."""

from collections.abc import Callable, Container, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

TIME_SHARE = 0.7  # of a tool's time that its longest part may take; the rest is for what comes behind it
NO_WORKFLOW = "(none)"  # no workflow's id, which has no parentheses
_OPTIONS = "__quilt_tool__"

Bucket = Annotated[str, Field(min_length=3, max_length=70)]
Registry = Annotated[str, Field(min_length=3, max_length=70)]
PackageName = Annotated[str, Field(description="user/name", min_length=3, max_length=200)]
TopHash = Annotated[str | None, Field(description="Default: the latest.", min_length=64, max_length=64)]
S3Uri = Annotated[str, Field(description="s3://bucket/key[?versionId=...]", min_length=8, max_length=2048)]
Cursor = Annotated[str | None, Field(max_length=4096)]
NextCursor = str | None
Metadata = Annotated[dict[str, Any] | None, Field(max_length=1000)]
Message = Annotated[str | None, Field(max_length=4000)]
WorkflowId = Annotated[
    str | None, Field(description=f"Default: the registry's. {NO_WORKFLOW}: no workflow.", max_length=64)
]


def without_empty(arguments: Mapping[str, Any], optional: Container[str]) -> dict[str, Any]:
    """The arguments without optional ones that are null or "": many clients send these for what nobody gave."""
    return {
        name: value
        for name, value in arguments.items()
        if name not in optional or not (value is None or (isinstance(value, str) and not value))
    }


class ArgumentObject(BaseModel):
    """An object inside of an argument. Absent, null and "" are the same for what it may lack."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        optional = {name for name, field in cls.model_fields.items() if not field.is_required()}
        return without_empty(cast(dict[str, Any], value), optional)


@dataclass(frozen=True, slots=True)
class ToolOptions:
    """Properties of a tool in addition to its signature and its docstring, which is its description for the model.

    Attributes:
        actions: The IAM actions that every call takes; of `s3:GetObject|s3:GetObjectVersion` one or the other. The tool
            is not shown to a caller whose token does not grant them.
        guards: Optional arguments that must not be "": one that was lost on its way would guard nothing.
    """

    title: str
    read_only: bool = True
    destructive: bool = False
    idempotent: bool = True
    actions: tuple[str, ...] = ()
    guards: frozenset[str] = frozenset()


def tool[**P, R](
    title: str,
    *,
    read_only: bool = True,
    destructive: bool = False,
    idempotent: bool = True,
    actions: Iterable[str] = (),
    guards: Iterable[str] = (),
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """Make an async method a tool. Its name, signature and docstring are what the model sees."""

    def decorate(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        options = ToolOptions(title, read_only, destructive, idempotent, tuple(actions), frozenset(guards))
        setattr(function, _OPTIONS, options)
        return function

    return decorate


def declared_tools(group: type) -> dict[str, ToolOptions]:
    """The tools that a class declares, by their names, in the order of their definition."""
    return {name: getattr(item, _OPTIONS) for name, item in vars(group).items() if hasattr(item, _OPTIONS)}


def tools_of(group: object) -> Iterator[tuple[Callable[..., Any], ToolOptions]]:
    """The tools of a group, in the order of their definition."""
    for name, options in declared_tools(type(group)).items():
        yield getattr(group, name), options
