"""The texts that docs/operating.md gives people to search for are the texts that are printed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operating.md"
ANY = "\0"  # what is put in at run time


def wanted() -> list[str]:
    """The first column of the table of messages."""
    (table,) = re.findall(r"^\| message \| .*\n\| --- .*\n((?:\|.*\n)+)", PAGE.read_text(), re.MULTILINE)
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


@cache
def printed() -> tuple[str, ...]:
    """What texts() finds."""
    return tuple(texts())


def texts() -> Iterator[str]:
    """Every text of the plugins, and every value of the roles, with ANY for what is put in."""
    for path in sorted(ROOT.glob("plugins/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            yield from filter(None, [text_of(node)])
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("Refused", "RefusedList")
            ):
                yield f"Refused to {text_of(node.args[0])}"
    for path in sorted([*ROOT.glob("roles/*/*/*.yml"), *ROOT.glob("playbooks/**/*.yml")]):
        yield re.sub(r"\{\{.*?\}\}", ANY, re.sub(r"\s+", " ", path.read_text()))


def text_of(node: ast.AST) -> str:
    """The text of a literal, with ANY for what is put in; empty for anything else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else ANY for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def pattern(message: str) -> re.Pattern[str]:
    """A message as the page writes it: "..." and N stand for what is put in."""
    literal = re.split(r"\.\.\.|\bN\b|\(s\)", message)
    plural = [re.sub(r"s\b", f"(?:s|{ANY})", re.escape(part)) for part in literal]
    return re.compile(f"[^.]*?{ANY}?[^.]*?".join(plural), re.DOTALL)


def is_printed(message: str) -> bool:
    """Whether some text of the code is the message."""
    found = pattern(message)
    return any(found.search(text) for text in printed())


@pytest.mark.parametrize("message", wanted())
def test_a_message_to_search_for_is_printed(message: str) -> None:
    assert is_printed(message)


def test_a_message_that_nothing_prints_is_found() -> None:
    assert len(wanted()) > 8
    assert not is_printed("no free priority, an example URL")
    assert not is_printed("The inventory of ... has N problems")
