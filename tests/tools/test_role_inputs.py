"""An input has one default, which its role's spec and its role's defaults both say. Run by `make lint`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SPECS = sorted(ROOT.glob("roles/*/meta/argument_specs.yml"))
HOME = ROOT / "roles" / "mcp_server" / "defaults" / "main.yml"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.parents[1].name)
def test_every_role_input_is_in_its_spec_and_has_the_default_of_its_spec(path: Path) -> None:
    defaults = load(path.parents[1] / "defaults" / "main.yml")
    options: dict[str, Any] = {}
    for entry_point in load(path)["argument_specs"].values():
        for name, option in entry_point["options"].items():
            options.setdefault(name, option)
    assert set(defaults) <= set(options)
    for name, option in options.items():
        if option.get("required"):
            continue
        assert name in defaults, f"{name} is optional and has no default"
        if "{{" not in json.dumps(defaults[name]):
            assert defaults[name] == option["default"], name


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.parents[1].name)
def test_every_role_input_is_used(path: Path) -> None:
    role = path.parents[1]
    files = [one for part in ("tasks", "vars", "templates") for one in (role / part).glob("**/*") if one.is_file()]
    text = "\n".join(one.read_text() for one in files)
    # What is computed from another input.
    text += "\n".join(str(value) for value in load(role / "defaults" / "main.yml").values())
    options = {name for entry_point in load(path)["argument_specs"].values() for name in entry_point["options"]}
    assert sorted(name for name in options if not re.search(rf"\b{name}\b", text)) == []


def test_every_shared_value_is_described_and_has_a_default_or_is_required() -> None:
    inputs, defaults = load(ROOT / "meta" / "inputs.yml"), load(HOME)
    described = inputs["deployment"]
    optional = {name for name, option in described.items() if not option.get("required")}
    assert set(defaults) == optional | set(inputs["run"])
    assert all(option["description"] for option in described.values())


def test_every_shared_value_is_read() -> None:
    folders = [path for part in ("tasks", "vars", "defaults") for path in ROOT.glob(f"roles/*/{part}/*.yml")]
    text = "\n".join(path.read_text() for path in (*folders, *ROOT.glob("playbooks/**/*.yml")))
    described = load(ROOT / "meta" / "inputs.yml")["deployment"]
    # Once in the defaults of the role mcp_server is not yet a use.
    unread = [name for name in described if len(re.findall(rf"\b{name}\b", text)) < (2 if name in load(HOME) else 1)]
    assert unread == []


def test_a_role_reads_no_shared_value_that_is_not_described() -> None:
    described = set(load(ROOT / "meta" / "inputs.yml")["deployment"])
    files = [path for part in ("tasks", "vars", "defaults") for path in ROOT.glob(f"roles/*/{part}/*.yml")]
    read = {name for path in files for name in re.findall(r"(?<![\w.])mcp_server_\w+", path.read_text())}
    assert read - described == set()


def test_no_role_includes_another_role_and_none_sets_a_fact() -> None:
    for path in ROOT.glob("roles/*/tasks/*.yml"):
        assert not re.search(r"include_role|import_role|set_fact", path.read_text()), path


def test_deploy_enters_each_role_once_in_each_file() -> None:
    """With every file that it includes it is short, and in each of them a role stands once."""
    seen, files = set(), [ROOT / "playbooks" / "deploy.yml"]
    for path in files:
        seen.add(path)
        text = path.read_text()
        named = re.findall(r"(?:include|import)_tasks: (?:\{file: )?(?:tasks/)?([\w]+\.yml)", text)
        if looped := re.search(r"include_tasks: tasks/{{ phase }}\.yml\n(?:.*\n)*? +loop: \[(.*)\]", text):
            named += [f"{name}.yml" for name in looped.group(1).split(", ")]
        files += [found for name in named if (found := ROOT / "playbooks" / "tasks" / name) not in files]
        if path.name not in ("deploy.yml", "gate.yml"):  # the gate approves or rejects
            roles = re.findall(r"name: quilt\.mcp_server\.(\w+)", text)
            assert len(roles) == len(set(roles)) or path.name == "first_deployment.yml", path
    assert {path.stem for path in files} >= {"foundation", "route", "rollout", "cleanup", "first_deployment", "gate"}
    assert sum(len(path.read_text().splitlines()) for path in files) <= 160
    assert "default(" not in "".join(path.read_text() for path in files)
