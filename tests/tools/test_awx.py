"""What AWX is given names playbooks, inputs and libraries that are there; its modules are stood in for."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.quilt.mcp_server.plugins.plugin_utils.inputs import Known, Spec, problems
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
DATA: dict[str, Any] = yaml.safe_load((ROOT / "awx" / "templates.yml").read_text())
TEMPLATES: list[dict[str, Any]] = DATA["awx_job_templates"]
WORKFLOW: dict[str, Any] = DATA["awx_workflow"]

# The options that awx.awx has, of those that apply.yml could use.
COMMON = ["name", "description", "organization", "inventory", "extra_vars", "survey_enabled", "survey_spec"]
OPTIONS = {
    "job_template": [
        *COMMON, "project", "playbook", "credentials", "execution_environment", "job_type", "diff_mode", "limit",
        "ask_job_type_on_launch", "ask_limit_on_launch", "ask_diff_mode_on_launch", "ask_variables_on_launch",
    ],
    "workflow_job_template": [*COMMON, "schema", "limit", "ask_limit_on_launch", "ask_inventory_on_launch"],
}  # fmt: skip
STAND_IN = """#!/usr/bin/python
import json
import os
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule({name: {"type": "raw"} for name in %r})
with open(os.environ["KEPT"], "a") as kept:
    kept.write(json.dumps([%r, {name: value for name, value in module.params.items() if value is not None}]) + "\\n")
module.exit_json(changed=True)
"""

# Where the name on PyPI is another, or where something else brings it.
DISTRIBUTIONS = {"jwt": "PyJWT", "httpx2": "mcp", "packaging": "ansible-core", "yaml": "ansible-core"}
INTERPRETER = {"ansible", "ansible_collections", "ansible-core", *sys.stdlib_module_names}


def accepted() -> dict[str, dict[str, Any]]:
    """Every input of the deployment, of a run and of the roles."""
    inputs = yaml.safe_load((ROOT / "meta" / "inputs.yml").read_text())
    found: dict[str, dict[str, Any]] = inputs["deployment"] | inputs["run"]
    for path in ROOT.glob("roles/*/meta/argument_specs.yml"):
        for entry_point in yaml.safe_load(path.read_text())["argument_specs"].values():
            found |= entry_point["options"]
    return found


def questions() -> Iterator[tuple[str, dict[str, Any]]]:
    for template in TEMPLATES:
        for question in template.get("survey_spec", {}).get("spec", []):
            yield template["playbook"], question


def nodes(name: str) -> dict[str, Any]:
    return next(node for node in WORKFLOW["schema"] if node["identifier"] == name)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template["name"])
def test_a_template_runs_a_playbook_that_is_there(template: dict[str, Any]) -> None:
    assert (ROOT / template["playbook"]).is_file()
    assert template.get("extra_vars", {}).keys() <= accepted().keys()


@pytest.mark.parametrize(
    ("playbook", "question"), list(questions()), ids=lambda part: part if isinstance(part, str) else part["variable"]
)
def test_a_survey_asks_only_for_what_is_accepted(playbook: str, question: dict[str, Any]) -> None:
    name = question["variable"]
    spec = accepted().get(name)
    assert spec is not None, f"{playbook} takes no {name}"
    choices = question.get("choices", [])
    assert set(question["default"].split()) <= {*choices} or not choices
    assert set(choices) <= set(["false", "true"] if spec["type"] == "bool" else spec.get("choices", []))


def test_the_workflow_goes_back_only_from_what_was_not_proven() -> None:
    related = {node["identifier"]: node["related"] for node in WORKFLOW["schema"]}
    assert related == {
        "check": {"success_nodes": [{"identifier": "approve"}]},
        "approve": {"success_nodes": [{"identifier": "deploy"}]},
        "deploy": {"success_nodes": [{"identifier": "verify"}]},
        "verify": {"failure_nodes": [{"identifier": "rollback"}]},
        "rollback": {},
    }
    checked = nodes("check")
    assert checked["job_type"] == "check"
    assert checked["unified_job_template"] == nodes("deploy")["unified_job_template"]


def test_a_node_runs_a_template_that_takes_what_it_is_given() -> None:
    by_name = {template["name"]: template for template in TEMPLATES}
    for node in WORKFLOW["schema"]:
        target = node["unified_job_template"]
        if target["type"] == "job_template":
            assert "job_type" not in node or by_name[target["name"]]["ask_job_type_on_launch"]
    assert WORKFLOW["survey_spec"] == by_name[nodes("deploy")["unified_job_template"]["name"]]["survey_spec"]


def test_applying_keeps_all_of_it(tmp_path: Path) -> None:
    modules = tmp_path / "ansible_collections" / "awx" / "awx" / "plugins" / "modules"
    modules.mkdir(parents=True)
    for name, options in OPTIONS.items():
        (modules / f"{name}.py").write_text(STAND_IN % (options, name))
    env = os.environ | {"ANSIBLE_COLLECTIONS_PATH": str(tmp_path), "KEPT": str(tmp_path / "kept")}
    command = [sys.executable, "-m", "ansible", "playbook", "awx/apply.yml", "-e", "awx_organization=Quilt"]
    done = subprocess.run(command, cwd=ROOT, env=env, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    kept = [json.loads(line) for line in (tmp_path / "kept").read_text().splitlines()]
    *templates, (_, workflow) = kept
    assert [arguments["playbook"] for _, arguments in templates] == [template["playbook"] for template in TEMPLATES]
    assert {arguments["organization"] for _, arguments in kept} == {"Quilt"}
    assert [arguments.get("survey_spec") for _, arguments in templates] == [
        template.get("survey_spec") for template in TEMPLATES
    ]
    runs = [node["unified_job_template"] for node in workflow["schema"]]
    known = {arguments["name"] for _, arguments in templates}
    assert {run["name"] for run in runs if run["type"] == "job_template"} <= known
    assert all(run["organization"] == {"name": "Quilt"} for run in runs if run["type"] == "job_template")


@pytest.mark.parametrize("playbook", ["verify", "rollback", "status", "drift"])
def test_what_is_published_reaches_the_next_job_and_is_not_refused_there(playbook: str) -> None:
    text = (ROOT / "playbooks" / f"{playbook}.yml").read_text()
    included = [ROOT / "playbooks" / name for name in re.findall(r"include_tasks: (tasks/\w+\.yml)", text)]
    tasks = yaml.safe_load(text)[0]["tasks"] + [task for path in included for task in yaml.safe_load(path.read_text())]
    published = [task["ansible.builtin.set_stats"] for task in tasks if "ansible.builtin.set_stats" in task]
    # ansible-runner's callback reads what is for the whole run, and AWX gives it to the next job as extra vars.
    assert published and not any(stats.get("per_host") for stats in published)
    names = [name for stats in published for name in stats["data"]]
    specs = {name: Spec(name) for name in accepted()}
    known = Known({}, specs, tuple(f"{path.name}_" for path in ROOT.glob("roles/*")))
    assert not problems({}, names, known, typed=names)


def test_the_execution_environment_holds_what_the_plugins_import() -> None:
    environment = yaml.safe_load((ROOT / "execution-environment.yml").read_text())["dependencies"]
    collection = yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text())["dependencies"]
    assert environment["python"] == collection["python"]
    assert (ROOT / environment["galaxy"]).is_file()
    lines = (ROOT / collection["python"]).read_text().splitlines()
    wanted = {found.name: found for found in map(Requirement, (line for line in lines if line and line[0] != "#"))}
    # What the tests run with is what is asked for.
    assert all(version(name) in found.specifier for name, found in wanted.items())
    imported = {
        name.split(".")[0]
        for path in [*ROOT.glob("plugins/**/*.py"), *ROOT.glob("playbooks/**/*.py")]
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _names(node)
    }
    assert {DISTRIBUTIONS.get(name, name) for name in imported} - INTERPRETER == wanted.keys()


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
