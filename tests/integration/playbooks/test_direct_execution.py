"""A module in a fork of Ansible's worker returns the same as in a separate Python, with each supported ansible-core."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ansible.release
import pytest
import yaml
from ansible_collections.quilt.mcp_server.plugins.plugin_utils.direct import PRIVATE

from sandbox.emulator.snapshot import Snapshot
from tests.kinds import asks_aws, every_kind, modules
from tools import build_artifact

if TYPE_CHECKING:
    from conftest import Play, Run

    from sandbox.emulator.control_plane import ControlPlane

ROOT = Path(__file__).parents[3]
OWN = {"quilt:deployment": "sales-prod-mcp-server-production"}
LINE = "AWS modules run the slower, ordinary way"
# The last patch of the oldest supported ansible-core; `make test` installs it. The environment's own is the newest.
OLDEST = ROOT / ".cache" / "ansible-core-oldest" / "bin" / "python"
CORES = {"newest": Path(sys.executable), "oldest": OLDEST}
# The collection's modules that are no kind of resource: what they are run with. A failure is a result, too.
OTHERS: dict[str, dict[str, Any]] = {
    "assert_account": {"account_id": "850787717197"},
    "assert_foreign_unchanged": {"snapshot": "/nowhere/snapshot.json"},
    "ecr_image_protection": {"repository_name": "quilt-mcp-server", "deployment": "own", "require_tags": OWN},
    "ecr_repository_users_info": {"repository_name": "quilt-mcp-server"},
    "ecs_service_deployment": {"cluster": "main", "service_name": "web", "state": "continued"},
    "ecs_service_deployment_info": {"cluster": "main", "service_name": "web"},
    "elb_listener_rule_info": {"load_balancer": "sales-prod-alb", "port": 443},
    "iam_roles": {"roles": [{"purpose": "task", "role_name": "none", "managed": False}]},
    "mcp_smoke_test": {"url": "http://127.0.0.1:1/mcp", "token": "secret"},
    "mcp_token": {"jwt_secret_id": "none", "subject": "ada", "buckets": ["a"], "certificate": "none"},
    "release_info": {"deployment": "main-mcp", "cluster": "main", "service_name": "web", "own_tags": OWN},
    "release_target": {"deployment": "main-mcp", "cluster": "main", "service_name": "web", "own_tags": OWN},
    "resolve_image": {"source": "prebuilt", "uri": "app:1", "repository_name": "quilt-mcp-server"},
    "application_autoscaling_target_info": {},
    "stack_info": {"vpc_name": "nothing", "load_balancer_name": "nothing", "cluster_name": "nothing"},
}
PLAYBOOK = """
- hosts: mcp_servers
  gather_facts: false
  module_defaults:
    group/amazon.aws.aws: "{{ mcp_server_aws }}"
    group/quilt.mcp_server.aws: "{{ mcp_server_aws }}"
  tasks:
    - name: success
      amazon.aws.iam_role_info:
        name: ecsTaskRole
    - name: deprecations
      amazon.aws.iam_role:
        name: own
        assume_role_policy_document: '{{ trust | to_json }}'
        create_instance_profile: false
      vars:
        trust:
          Version: "2012-10-17"
          Statement:
            - {Effect: Allow, Principal: {Service: ecs-tasks.amazonaws.com}, Action: "sts:AssumeRole"}
    - name: diff
      quilt.mcp_server.cloudwatch_log_group:
        log_group_name: /direct/{{ item }}
        retention_in_days: 30
      loop: [one, two]
    - name: no_log
      amazon.aws.aws_caller_info:
        session_token: 850787717197
    - name: failure
      quilt.mcp_server.stack_info:
        vpc_name: nothing
        load_balancer_name: nothing
        cluster_name: nothing
      ignore_errors: true
    - name: wrong argument
      quilt.mcp_server.cloudwatch_log_group:
        log_group: /direct/wrong
      ignore_errors: true
    - name: exception
      amazon.aws.ec2_vpc_net_info:
        endpoint_url: http://127.0.0.1:1
      ignore_errors: true
    - name: check mode
      quilt.mcp_server.cloudwatch_log_group:
        log_group_name: /direct/three
      check_mode: true
    - name: absent
      quilt.mcp_server.cloudwatch_log_group:
        log_group_name: /direct/{{ item }}
        state: absent
      loop: [one, two]
"""


def test_every_module_that_asks_aws_is_run() -> None:
    asking = {name for name, module in modules().items() if asks_aws(module)}
    assert sorted(asking - {*OTHERS, *every_kind()}) == [], "say in OTHERS what it is run with"


@dataclass(frozen=True)
class Core:
    """An ansible-core: its Python, and where it finds the collections."""

    python: Path

    def run(self, play: Play, playbook: Path, *options: str, **env: str) -> Run:
        here = Path(ansible.__file__).parents[1]
        play.python = str(self.python)
        return play(
            playbook,
            *options,
            env={"ANSIBLE_COLLECTIONS_PATH": f"{ROOT}/collections:{here}", "ANSIBLE_VERBOSE_TO_STDERR": "1", **env},
        )


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> Core:
    python = CORES[request.param]
    assert python.exists(), f"there is no {python}; run: make {python.parents[1].relative_to(ROOT)}/.done"
    return Core(python)


@pytest.fixture
def playbook(tmp_path: Path) -> Path:
    """The tasks above, next to the action plugin as in playbooks/."""
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "action_plugins").symlink_to(ROOT / "playbooks" / "action_plugins")
    path = folder / "direct.yml"
    path.write_text(PLAYBOOK)
    return path


@pytest.fixture
def of_every_kind(playbook: Path, client: Callable[[str], Any]) -> Path:
    """The same, and a task of each module of the collection; what they need is in the account."""
    (play,) = yaml.safe_load(PLAYBOOK)
    given = dict(OTHERS)
    for name, kind in every_kind().items():
        # Evidence is kept of the service that the task of ecs_service makes.
        needed = {} if name == "release" else kind.prepare(client)
        given[name] = {**kind.identity, **kind.full, **needed, "require_tags": OWN}
    for name in (*every_kind(), *OTHERS):
        play["tasks"].append({"name": name, f"quilt.mcp_server.{name}": given[name], "ignore_errors": True})
    playbook.write_text(yaml.safe_dump([play], sort_keys=False))
    return playbook


def comparable(results: list[dict[str, Any]]) -> str:
    """The results without what time and AWS's own ids change."""
    text = json.dumps(results, sort_keys=True, indent=1)
    text = re.sub(r'"(create_date|creation_time|role_id|exception|seconds)": .*', r'"\1": ...', text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*", "<time>", text)
    text = re.sub(
        r"AROA\w+|(?<=scalable-target/)\w+|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}", "<id>", text
    )
    return re.sub(r"ecs-svc/\d+", "<deployment>", text)


def test_every_result_is_the_same_both_ways(play: Play, of_every_kind: Path, core: Core, aws: ControlPlane) -> None:
    empty = Snapshot()
    direct = core.run(play, of_every_kind, "--diff", "-vvv", QUILT_DIRECT="1")
    empty.restore()
    ordinary = core.run(play, of_every_kind, "--diff", "-vvv", QUILT_DIRECT="0")
    # One for each task or item of a loop, and the trial.
    assert len(forks(direct.reported)) == 1 + sum(len(task["result"].get("results", [task])) for task in direct.tasks)
    # Items of a loop do not share a process, as what a module leaves behind in its own would reach the next one.
    items = [item for task in direct.tasks for item in task["result"].get("results", [])]
    assert len(items) > 1
    assert len([line for line in forks(direct.reported) if "in a fork" in line]) == 1 + len(items)
    assert len(direct.tasks) > len(OTHERS) + len(every_kind())
    assert forks(ordinary.reported) == []
    said = " ".join(str(task["result"].get("msg")) for task in direct.tasks if task["name"] in {*OTHERS, *every_kind()})
    assert "missing required arguments" not in said and "Unsupported parameters" not in said
    assert comparable(direct.tasks) == comparable(ordinary.tasks)
    assert direct.stats == ordinary.stats
    # A module may make several calls at once, so their order is not guaranteed.
    called = [sorted(f"{call.service}:{call.operation}" for call in run.calls) for run in (direct, ordinary)]
    assert called[0] == called[1]
    assert not [line for run in (direct, ordinary) for line in run.reported if LINE in line]


SMALL = """
- hosts: mcp_servers
  gather_facts: false
  module_defaults:
    group/quilt.mcp_server.aws: "{{ mcp_server_aws }}"
  tasks:
    - quilt.mcp_server.check_inputs:
    - quilt.mcp_server.cloudwatch_log_group: {log_group_name: /direct/one}
    - quilt.mcp_server.cloudwatch_log_group: {log_group_name: /direct/two}
"""


def without(name: str, folder: Path) -> Path:
    """A copy of ansible-core in which one private part, all over the package, has another name. Returns its parent."""
    core = Path(ansible.__file__).parent
    copy = folder / "renamed" / "ansible"
    shutil.copytree(core, copy, copy_function=lambda source, target: Path(target).symlink_to(source))
    part = name.rpartition(":")[2].rpartition(".")[2]
    whole = re.compile(rf"(?<!runpy\.)\b{part}\b")
    for path in core.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if whole.search(text):
            changed = copy / path.relative_to(core)
            changed.unlink()
            changed.write_text(whole.sub(f"{part}_of_tomorrow", text), encoding="utf-8")
    return copy.parent


def forks(lines: list[str]) -> list[str]:
    """The modules that ran directly."""
    ends = ("directly, in this worker", "directly, in a fork of this worker")
    return [line for line in lines if line.rstrip().endswith(ends)]


def said(run: Run) -> list[str]:
    return [line for line in run.reported if LINE in line]


@pytest.mark.parametrize("name", PRIVATE)
def test_without_any_private_part_a_run_goes_the_ordinary_way_and_says_so_once(
    name: str, play: Play, playbook: Path, tmp_path: Path
) -> None:
    playbook.write_text(SMALL)
    run = play(playbook, env={"PYTHONPATH": str(without(name, tmp_path))})
    assert run.status == 0, run.failures
    assert run.stats["changed"] == 2
    (line,) = said(run)
    assert ansible.release.__version__ in line
    assert name.rpartition(":")[2].rpartition(".")[2] in line


def test_without_a_look_of_the_parent_the_workers_try_it_once(play: Play, playbook: Path, tmp_path: Path) -> None:
    playbook.write_text(SMALL.replace("    - quilt.mcp_server.check_inputs:\n", ""))
    run = play(playbook, env={"PYTHONPATH": str(without("ansible.executor.module_common:_BuiltModule", tmp_path))})
    assert run.status == 0, run.failures
    assert len(said(run)) == 1
    run = play(playbook, "-vvv", env={"ANSIBLE_VERBOSE_TO_STDERR": "1"})
    assert len([line for line in run.reported if "direct_trial directly, in a fork" in line]) == 1
    assert said(run) == []


def test_a_trial_that_answers_otherwise_is_said(play: Play, playbook: Path, tmp_path: Path) -> None:
    """What has the same name and does something else is found by trying, not by looking."""
    playbook.write_text(SMALL)
    parent = without("ansible.module_utils._internal:is_controller", tmp_path)
    loader = parent / "ansible" / "module_utils" / "_internal" / "__init__.py"
    loader.write_text(loader.read_text() + "\nis_controller = True  # and nothing asks it\n")
    run = play(playbook, env={"PYTHONPATH": str(parent)})
    assert run.status == 0, run.failures
    (line,) = said(run)
    assert "warnings did not come back with the result" in line


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collections path with what `ansible-galaxy collection install` leaves of this source."""
    folder = tmp_path_factory.mktemp("collections")
    artifact = build_artifact.build(ROOT, folder)
    install = ["install", "--force", "--no-deps", "--offline", "-p", str(folder), str(artifact)]
    command = [sys.executable, "-m", "ansible", "galaxy", "collection", *install]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def test_the_installed_collection_runs_its_modules_directly(play: Play, installed: Path, core: Core) -> None:
    play.python = str(core.python)
    empty = installed / "ansible.cfg"
    empty.touch()
    run = play(
        Path("quilt.mcp_server.status"),
        f"--inventory={ROOT}/inventories/local",
        "-vvv",
        env={
            "ANSIBLE_CONFIG": str(empty),
            "ANSIBLE_COLLECTIONS_PATH": f"{installed}:{Path(ansible.__file__).parents[1]}",
            "ANSIBLE_VERBOSE_TO_STDERR": "1",
        },
    )
    assert run.status == 0, [line for line in run.reported if "ERROR" in line or "rror" in line]
    assert len(forks(run.reported)) > 1
    assert said(run) == []


BROKEN_MODULE = """
import sys
from ansible.module_utils.basic import AnsibleModule

def main():
    how = AnsibleModule(argument_spec={"how": {"type": "str"}}).params["how"]
    print("no JSON at all")
    print("the reason", file=sys.stderr)
    if how == "raises":
        raise ValueError("broken")
    if how == "exits":
        sys.exit(7)

if __name__ == "__main__":
    main()
"""
BROKEN_PLAY = """
- hosts: mcp_servers
  gather_facts: false
  tasks:
    - quilt.mcp_server.check_inputs:
    - {name: exits, quilt.mcp_server.broken: {how: exits}, ignore_errors: true}
    - {name: raises, quilt.mcp_server.broken: {how: raises}, ignore_errors: true}
    - {name: returns, quilt.mcp_server.broken: {how: returns}, ignore_errors: true}
    - {name: in a fork, quilt.mcp_server.broken: {how: exits}, ignore_errors: true, loop: [1]}
"""


def test_a_module_that_prints_no_json_fails_the_same_both_ways(play: Play, installed: Path, tmp_path: Path) -> None:
    """With its exit status and all that it printed, also when the worker itself was the module's process."""
    collections = shutil.copytree(installed, tmp_path / "collections")
    collection = collections / "ansible_collections" / "quilt" / "mcp_server"
    (collection / "plugins" / "modules" / "broken.py").write_text(BROKEN_MODULE)
    book, settings = collection / "playbooks" / "broken.yml", tmp_path / "ansible.cfg"
    book.write_text(BROKEN_PLAY)
    settings.touch()
    path = f"{collections}:{Path(ansible.__file__).parents[1]}"
    environment = {"ANSIBLE_CONFIG": str(settings), "ANSIBLE_COLLECTIONS_PATH": path, "ANSIBLE_VERBOSE_TO_STDERR": "1"}
    found: dict[str, list[dict[str, Any]]] = {}
    for way in ("1", "0"):
        run = play(book, "-vvv", f"--inventory={ROOT}/inventories/local", env={**environment, "QUILT_DIRECT": way})
        assert len([line for line in run.reported if "broken directly, in" in line]) == (4 if way == "1" else 0)
        for name in ("exits", "raises", "returns", "in a fork"):
            (result,) = run.results(name)
            assert result["failed"], (way, name)
            found.setdefault(name, []).append(result.get("results", [result])[0])
    for name, (direct, ordinary) in found.items():
        assert direct == ordinary, name
    assert "Module failed: broken" in found["raises"][0]["msg"]
    for name in ("exits", "in a fork"):
        result = found[name][0]
        printed = result["rc"], result["module_stdout"], result["module_stderr"]
        assert printed == (7, "no JSON at all\n", "the reason\n"), name


RUNNER = """
import sys
import ansible_runner

run = ansible_runner.run(
    private_data_dir=sys.argv[1], project_dir=sys.argv[2] + "/playbooks", playbook="status.yml",
    inventory=sys.argv[2] + "/inventories/local", verbosity=3, quiet=True,
)
print(run.stdout.read())
print(run.status)
"""


def test_ansible_runner_runs_modules_directly(play: Play, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "PATH": f"{OLDEST.parent}:{os.environ['PATH']}",
        "ANSIBLE_CONFIG": f"{ROOT}/ansible.cfg",
        "ANSIBLE_COLLECTIONS_PATH": f"{ROOT}/collections:{Path(ansible.__file__).parents[1]}",
        "SANDBOX_HOME": str(play.home),
    }
    command = [str(OLDEST), "-c", RUNNER, str(tmp_path / "runner"), str(ROOT)]
    (tmp_path / "runner").mkdir()
    done = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["successful"], done.stdout + done.stderr
    assert "in a fork of this worker" in done.stdout
    assert LINE not in done.stdout


def test_the_oldest_ansible_core_is_the_oldest_supported_one() -> None:
    supported = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["requires_ansible"]
    code = "import ansible.release; print(ansible.release.__version__)"
    installed = subprocess.run([str(OLDEST), "-c", code], text=True, capture_output=True, check=True).stdout
    assert supported == f">={installed.rpartition('.')[0]}.0"
