"""docs/architecture.md names files and functions that are there, and its drawing is that of the code."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import draw_architecture

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
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


def test_the_drawing_shows_a_new_package_and_a_new_arrow(tmp_path: Path) -> None:
    for name in ("docs/architecture.md", "tools/draw_architecture.py"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(ROOT / name, tmp_path / name)
    inside = tmp_path / "collections/ansible_collections/quilt/mcp_server/plugins"
    shutil.copytree(ROOT / "plugins", inside, ignore=shutil.ignore_patterns("__pycache__"))
    draw = [sys.executable, str(tmp_path / "tools/draw_architecture.py")]
    assert subprocess.run([*draw, "--check"], check=False).returncode == 0
    (inside / "module_utils/_new").mkdir()
    (inside / "module_utils/_new/__init__.py").touch()
    (inside / "module_utils/_new/client.py").write_text("from .._core import calls\nfrom .._logs import client\n")
    stale = subprocess.run([*draw, "--check"], capture_output=True, text=True, check=False)
    assert stale.returncode == 1 and "python tools/draw_architecture.py" in stale.stdout
    subprocess.run(draw, check=True)
    drawn = (tmp_path / "docs/architecture.md").read_text().splitlines()
    assert {*drawn} - {*PAGE.read_text().splitlines()} == {"        _new", "    _new --> _logs"}


def test_the_drawing_leaves_the_rest_of_the_page() -> None:
    page = f"before\n{draw_architecture.BEGIN}\nold\n{draw_architecture.END}\nafter\n"
    drawn = draw_architecture.drawn_into(page, "new")
    assert drawn == page.replace("\nold\n", "\n\nnew\n\n")
    with pytest.raises(SystemExit, match="lacks the lines"):
        draw_architecture.drawn_into("no marks", "new")
