"""import-linter's contracts (pyproject.toml) hold, cover every package, and notice what they forbid."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.tools.import_linter import lint

ROOT = Path(__file__).parents[2]
SETTINGS = ROOT / "pyproject.toml"
INSIDE = "ansible_collections/quilt/mcp_server"
UTILS = f"{INSIDE.replace('/', '.')}.plugins.module_utils"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder of collections that holds a copy of the plugins."""
    shutil.copytree(ROOT / "plugins", tmp_path / INSIDE / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    code, said = lint(copy, SETTINGS)
    assert code == 0, said


@pytest.mark.parametrize(
    ("importer", "line", "contract"),
    [
        pytest.param("_core/plan.py", "from .._ecs import client", "Packages depend downward only", id="up"),
        pytest.param(
            "_elb/client.py", "from .._elb_rule import client", "Packages depend downward only", id="both ways"
        ),
        pytest.param("_ecr/info.py", "from .._stack import client", "Packages depend downward only", id="same layer"),
        pytest.param("_release/info.py", "from .._ecs import waiter", "another package's private file", id="private"),
        pytest.param(
            "_release/info.py", "from .._elb_rule.match import coverage", "another package's private file", id="deep"
        ),
        pytest.param("_core/compare.py", "from . import resource", "The engine", id="engine"),
        pytest.param("_ecs/strategy.py", "from . import client", "Decisions make no calls", id="a call in a decision"),
        pytest.param("_ecs/names.py", "from ...plugin_utils import drift", "Plugins depend on", id="plugin"),
    ],
)
def test_a_forbidden_import_is_seen(copy: Path, importer: str, line: str, contract: str) -> None:
    with (copy / INSIDE / "plugins/module_utils" / importer).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    code, said = lint(copy, SETTINGS)
    assert code == 1
    broken = said.partition("Broken contracts")[2]
    assert contract in broken and UTILS in broken


def contract(kind: str, key: str) -> set[str]:
    """The modules that a contract of a type lists, below module_utils."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (found,) = [one for one in settings["contracts"] if one["type"] == kind]
    return {name.removeprefix(f"{UTILS}.") for name in found[key]}


def test_every_package_keeps_its_private_files() -> None:
    folders = {path.parent for path in (ROOT / "plugins/module_utils").glob("_*/*.py")}
    packages = {path.name for path in folders if (path / "__init__.py").exists()}
    assert sorted({path.name for path in folders} - packages) == [], "it lacks an __init__.py"
    assert sorted(packages - {"_core"} - contract("protected", "protected_modules")) == [], "list it in pyproject.toml"
    assert sorted(contract("protected", "protected_modules") - packages) == [], "there is no such package"


def test_every_decision_is_in_the_contract_that_it_makes_no_calls() -> None:
    utils = ROOT / "plugins/module_utils"
    named = [path for path in utils.rglob("*.py") if re.search(r"(^|_)(plan|defaults)$", path.stem)]
    decisions = {".".join(path.relative_to(utils).with_suffix("").parts) for path in named}
    assert sorted(decisions - contract("forbidden", "source_modules")) == [], "list it in pyproject.toml"


def test_calls_stand_in_files_that_are_named_so() -> None:
    """A file with a call to AWS is client.py, or that of one thing: <thing>_client.py."""
    utils = ROOT / "plugins/module_utils"
    files = {path.relative_to(utils): path.read_text() for path in utils.rglob("*.py")}
    calling = {path for path, text in files.items() if re.search(r"^ *@aws_call", text, re.MULTILINE)}
    assert calling
    named = {path for path in calling if path.stem.endswith("client")} | {Path("_core/clients.py")}
    assert sorted(map(str, calling - named)) == []
