"""import-linter's contracts (sandbox/pyproject.toml) hold and notice what they forbid, and no file is in a circle."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

SANDBOX = Path(__file__).parents[1]


def lint(root: Path) -> tuple[int, str]:
    """The exit code of import-linter for the package in `root`, and what it said on one line."""
    program = str(Path(sys.executable).parent / "lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [program, "--no-cache", str(SANDBOX / "pyproject.toml")],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder that holds a copy of the package."""
    shutil.copytree(SANDBOX, tmp_path / "sandbox", ignore=shutil.ignore_patterns("__pycache__", "tests"))
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    code, said = lint(copy)
    assert code == 0, said


@pytest.mark.parametrize(
    ("importer", "line", "contract"),
    [
        pytest.param(
            "emulator/lock.py", "from sandbox.dataplane import context", "The command line stands on", id="up"
        ),
        pytest.param("tls.py", "from sandbox.seed import network", "The command line stands on", id="seed"),
        pytest.param("emulator/errors.py", "from sandbox.emulator.facts import logs_class", "The emulator", id="fact"),
        pytest.param(
            "dataplane/tasks/engine.py", "from sandbox.dataplane.balancer import match", "The parts of", id="same layer"
        ),
        pytest.param(
            "emulator/facts/logs_tags.py",
            "from sandbox.emulator.facts import logs_class",
            "A fact is one file",
            id="two",
        ),
        pytest.param(
            "dataplane/tasks/engine.py",
            "from sandbox.dataplane.tasks import agent",
            "No circle",
            id="circle in a folder",
        ),
        pytest.param(
            "emulator/services/ecs/errors.py", "from . import install", "No circle", id="circle in a deeper folder"
        ),
    ],
)
def test_a_forbidden_import_is_seen(copy: Path, importer: str, line: str, contract: str) -> None:
    with (copy / "sandbox" / importer).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    code, said = lint(copy)
    assert code == 1
    assert contract in said.partition("Broken contracts")[2]


def circles(imports: dict[str, set[str]]) -> list[set[str]]:
    """Groups of modules that reach each other."""
    reached: dict[str, set[str]] = {}
    for start in imports:
        seen: set[str] = set()
        waiting = list(imports[start])
        while waiting:
            module = waiting.pop()
            if module not in seen:
                seen.add(module)
                waiting.extend(imports.get(module, ()))
        reached[start] = seen
    return [{one, *reached[one]} for one in imports if one in reached[one]]


def imports_of_files() -> dict[str, set[str]]:
    """What each file imports, with the `__init__` of each folder on the way: Python runs those too."""
    graph = grimp.build_graph("sandbox", cache_dir=None)
    found: dict[str, set[str]] = {}
    for module in graph.modules:
        imported = graph.find_modules_directly_imported_by(module)
        folders = {name.rpartition(".")[0] for name in imported}
        found[module] = (imported | (folders & graph.modules)) - {module}
    return found


def test_no_file_is_in_a_circle_not_even_through_a_folder() -> None:
    assert circles(imports_of_files()) == []


def test_a_circle_through_a_folder_would_be_seen() -> None:
    imports = imports_of_files()
    imports["sandbox.dataplane.tasks"] = {"sandbox.dataplane.tasks.launcher"}
    assert circles(imports)
