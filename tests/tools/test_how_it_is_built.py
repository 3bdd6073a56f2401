"""The page that leads through the code names files and functions that are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-it-is-built.md"
ROW = re.compile(r"^\| .* \| `([^`]+)` \| (?:`([^`]+)`)? ?\|$", re.MULTILINE)
STEPS = [step for step in ROW.findall(PAGE.read_text()) if "/" in step[0]]


def defined(path: Path) -> set[str]:
    """The functions, methods and classes of a Python file."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)}


def test_every_verb_has_its_steps() -> None:
    verbs = re.findall(r"^### (.*)$", PAGE.read_text(), re.MULTILINE)
    assert verbs == ["Deploy", "Verify", "Roll back", "Drift"]
    assert len(STEPS) > 25


@pytest.mark.parametrize(("file", "function"), STEPS, ids=[f"{file} {function}".strip() for file, function in STEPS])
def test_a_step_is_where_the_page_says(file: str, function: str) -> None:
    path = ROOT / file
    assert path.is_file()
    assert not function or function in defined(path)
