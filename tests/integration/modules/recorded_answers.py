"""Answers of the sandbox, recorded while a module runs and played back to it without one member."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]
Member = tuple[str, Path]


@dataclass
class Player:
    """In place of botocore's calls: records answers by their request, or plays them back without one member."""

    real: Callable[..., Any]
    answers: dict[str, Any] = field(default_factory=dict)
    plays: bool = False
    without: Member | None = None

    def call(self, client: Any, operation: str, request: dict[str, Any]) -> Any:
        key = f"{operation} {request}"
        if not self.plays or key not in self.answers:
            self.answers[key] = self.real(client, operation, request)
        answer = copy.deepcopy(self.answers[key])
        if self.without and self.without[0] == operation:
            take_out(answer, self.without[1])
        return answer

    def members(self) -> list[Member]:
        """Every member of the answers, in the first and the last item of each list."""
        found = {(key.partition(" ")[0], path) for key, answer in self.answers.items() for path in paths(answer)}
        return sorted(found, key=str)


def paths(answer: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(answer, dict):
        for name, value in answer.items():
            if name != "ResponseMetadata":
                yield (*path, name)
                yield from paths(value, (*path, name))
    elif isinstance(answer, list) and answer:
        yield from paths(answer[0], (*path, 0))
        if len(answer) > 1:
            yield from paths(answer[-1], (*path, -1))


def take_out(answer: Any, path: Path) -> None:
    *folders, last = path
    for name in folders:
        try:
            answer = answer[name]
        except (LookupError, TypeError):  # the answer to another request of this operation
            return
    if isinstance(answer, dict):
        answer.pop(last, None)


def unexpected(result: dict[str, Any]) -> str:
    """The message of a failure that no code expected; empty for every other result."""
    text = str(result.get("msg", "")) if result.get("failed") else ""
    return text if "Traceback" in text or "Failed to run" in text else ""
