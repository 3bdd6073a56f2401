"""How a correction replaces a method of moto."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


def wrap(owner: type, name: str, wrapper: Callable[..., Any]) -> None:
    """Put `wrapper(original, self, ...)` in the place of a method; once, however often it is called.

    Several corrections may wrap one method: who comes later is called first, and its original is the earlier one.
    """
    original = owner.__dict__.get(name) or _inherited(owner, name)
    wrappers = getattr(original, "_sandbox_wrappers", ())
    if wrapper in wrappers:
        return

    @functools.wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return wrapper(original, self, *args, **kwargs)

    method._sandbox_wrappers = (*wrappers, wrapper)  # type: ignore[attr-defined]
    setattr(owner, name, method)


def _inherited(owner: type, name: str) -> Callable[..., Any]:
    """A method of the class above, looked up at each call: a correction may wrap it there later."""

    @functools.wraps(getattr(owner, name), updated=())
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(super(owner, self), name)(*args, **kwargs)

    return method
