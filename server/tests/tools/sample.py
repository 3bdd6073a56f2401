"""What a tool is tested with: the arguments of one good call, and a part of its answer."""

import importlib
import pkgutil
from dataclasses import dataclass, field
from typing import Any

from tools import samples

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """One good call of a tool on the account of `account.py`.

    Attributes:
        arguments: Every argument of the tool but `cursor`. What is the caller's own is written as `account.py` has it:
            the tests put what is another's in its place.
        answer: A part of the result.
        refused: What the result holds when the call is refused, of a tool that reports it in place of an error.
    """

    arguments: Document
    answer: Document = field(default_factory=dict)
    refused: Document = field(default_factory=dict)


def all_samples() -> dict[str, Sample]:
    """The samples of all files in `samples/`, by the tool's name."""
    found: dict[str, Sample] = {}
    for module in pkgutil.iter_modules(samples.__path__):
        found |= importlib.import_module(f"{samples.__name__}.{module.name}").SAMPLES
    return found


def holds(result: object, part: object) -> bool:
    """Whether a result holds a part: of objects some members, of lists the first items."""
    if isinstance(part, dict):
        return isinstance(result, dict) and all(
            name in result and holds(result[name], value) for name, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(result, list) and len(result) >= len(part) and all(map(holds, result, part))
    return result == part
