"""The declaration of a tool, and the common types of its arguments."""

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

TIME_SHARE = 0.7  # of a tool's time that its longest part may take; the rest is for what comes behind it
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
WorkflowId = Annotated[str | None, Field(description='Default: the registry\'s. "": none.', max_length=64)]


@dataclass(frozen=True, slots=True)
class ToolOptions:
    """Properties of a tool in addition to its signature and its docstring, which is its description for the model."""

    title: str
    read_only: bool = True
    destructive: bool = False
    idempotent: bool = True


def tool[**P, R](
    title: str, *, read_only: bool = True, destructive: bool = False, idempotent: bool = True
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """Make an async method a tool. Its name, signature and docstring are what the model sees."""

    def decorate(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        setattr(function, _OPTIONS, ToolOptions(title, read_only, destructive, idempotent))
        return function

    return decorate


def declared_tools(group: type) -> dict[str, ToolOptions]:
    """The tools that a class declares, by their names, in the order of their definition."""
    return {name: getattr(item, _OPTIONS) for name, item in vars(group).items() if hasattr(item, _OPTIONS)}


def tools_of(group: object) -> Iterator[tuple[Callable[..., Any], ToolOptions]]:
    """The tools of a group, in the order of their definition."""
    for name, options in declared_tools(type(group)).items():
        yield getattr(group, name), options
