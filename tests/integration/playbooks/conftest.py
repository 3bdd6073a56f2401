"""Run the real playbooks with ansible-playbook against the sandbox's control plane, without its data plane.

What needs running tasks and a route is shown by molecule/site; here is what an operator sees before that.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox import tls
from sandbox.account import Account
from sandbox.dataplane.balancer.load_balancer import LoadBalancer
from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.emulator.control_plane import ControlPlane
from sandbox.emulator.recorder import Call
from sandbox.emulator.snapshot import Snapshot
from sandbox.seed.sales_prod import HOST
from sandbox.testing.ecs_stack import context
from tests import iam_actions
from tests.integration.modules import mcp_stub
from tests.integration.playbooks.served_stack import Engine, World
from tests.integration.playbooks.table import PLAYBOOKS, READS
from tools import deployer_policy

ROOT = Path(__file__).parents[3]
SECRET = "sales-prod/mcp-server/jwt"
LONGEST = 900  # seconds; a run takes ten, on a machine that does much else a few minutes


@dataclass(frozen=True)
class Run:
    """What an ansible-playbook run did: its recap, its tasks, and the deployer's AWS calls."""

    status: int
    stats: dict[str, int]
    tasks: list[dict[str, Any]] = field(repr=False)
    calls: list[Call] = field(repr=False)
    reported: list[str] = field(repr=False)  # the lines of the error stream
    output: str = field(default="", repr=False)  # the whole of both streams

    @property
    def failures(self) -> list[str]:
        """What the failed tasks said, of a loop's items one by one."""
        failed = [task["result"] for task in self.tasks if task["result"].get("failed")]
        said = [one for result in failed for one in result.get("results", [result]) if "msg" in one]
        return [str(one["msg"]) for one in said]

    @property
    def writes(self) -> list[str]:
        return [f"{call.service}:{call.operation}" for call in self.calls if call.write]

    def results(self, name: str) -> list[dict[str, Any]]:
        """The results of the tasks of that name, the roles' prefix left out."""
        return [task["result"] for task in self.tasks if task["name"].rpartition(" : ")[2] == name]


class Play:
    """play(playbook, *options, env={}, **extra_vars): run a file of playbooks/, or a path, with inventories/local."""

    def __init__(self, aws: ControlPlane, home: Path) -> None:
        self.home = home
        self.python = sys.executable
        self._aws = aws
        self._running: list[subprocess.Popen[str]] = []

    def __call__(
        self, playbook: str | Path, *options: str, env: dict[str, str] | None = None, **extra_vars: Any
    ) -> Run:
        mark = self._aws.mark()
        path = playbook if isinstance(playbook, Path) else ROOT / "playbooks" / playbook
        unwanted = ("AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL")
        environment = {name: value for name, value in os.environ.items() if name not in unwanted} | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.jsonl",
            "ANSIBLE_FORCE_COLOR": "0",
            "SANDBOX_HOME": str(self.home),
            **(env or {}),
        }
        command = [self.python, "-m", "ansible", "playbook", str(path), "-e", json.dumps(extra_vars), *options]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes)
        self._running.append(process)
        try:
            output, errors = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            self._running.remove(process)
        stats, tasks = _read(output)
        calls = [call for call in self._aws.calls(mark) if call.access_key == "sandbox"]
        if isinstance(playbook, str):  # a path is a test's own play, which may do what no playbook does
            allowed = READS if "--check" in options else PLAYBOOKS[playbook].permissions or set()
            _require_allowed(playbook, allowed, calls)
        return Run(process.returncode, stats, tasks, calls, errors.splitlines(), output + errors)

    def kill(self) -> None:
        """End every run at once with all its workers, as a lost machine does: nothing is tidied up."""
        for process in self._running:
            for pid in _family(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _require_allowed(playbook: str, parts: Set[str], calls: list[Call]) -> None:
    """Require that these parts of the deployer's policy allow the calls, or all parts where none is named."""
    needed = iam_actions.needed((call.service, call.operation) for call in calls)
    refused = needed - deployer_policy.actions(*parts)
    assert not refused, f"docs/deployer-policy.yml does not allow {playbook}: {', '.join(sorted(refused))}"


def _family(pid: int) -> list[int]:
    """A process and all that descend from it, the oldest first. ansible-core's workers leave its process group."""
    table = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], text=True, capture_output=True, check=True).stdout
    pairs = [(int(child), int(parent)) for child, parent in (line.split() for line in table.splitlines())]
    family = [pid]
    for member in family:  # it grows while it is walked
        family.extend(child for child, parent in pairs if parent == member)
    return family


@pytest.fixture
def aws(control_plane: ControlPlane) -> ControlPlane:
    """The control plane with a fresh `sales-prod`."""
    control_plane.reset()
    return control_plane


@pytest.fixture
def client(aws: ControlPlane) -> Callable[[str], Any]:
    """client(service): a boto3 client of somebody else in the account."""

    def make(service: str) -> Any:
        keys = {"aws_access_key_id": "somebody", "aws_secret_access_key": "somebody"}
        return boto3.client(service, region_name=aws.region, endpoint_url=aws.url, **keys)

    return make


@pytest.fixture
def play(aws: ControlPlane, tmp_path: Path) -> Iterator[Play]:
    """Runs playbooks against the control plane; a test that ends early leaves no run behind."""
    home = tmp_path / "home"
    home.mkdir()
    state = {
        "aws_endpoint_url": aws.url,
        "region": aws.region,
        "account_id": aws.account_id,
        "mcp_url": "https://localhost:8443/mcp",
        "ca_file": str(tls.write(home).ca),
        "access_key": "sandbox",
        "engine": "process",
    }
    (home / "state.json").write_text(json.dumps(state))
    play = Play(aws, home)
    yield play
    play.kill()


@pytest.fixture(scope="module")
def route(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mcp_stub.Stub]:
    """A small MCP server in place of the route."""
    with mcp_stub.running(tmp_path_factory.mktemp("tls")) as stub:
        yield stub


@pytest.fixture
def routed_play(play: Play, route: mcp_stub.Stub, client: Callable[[str], Any]) -> Callable[..., Run]:
    """play(), with a route that answers a user whose token is signed with the deployment's secret."""
    route.answer = None
    keys = json.loads(client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"])
    route.key = keys[mcp_stub.KID]
    return partial(play, mcp_server_url=route.url, mcp_server_ca_file=route.ca_file)


@dataclass(frozen=True)
class State:
    """What a real run left behind, and that run."""

    run: Run
    snapshot: Snapshot = field(repr=False)

    def restore(self) -> None:
        """Bring the account back to it."""
        self.snapshot.restore()


def _after(playbook: str, aws: ControlPlane, play: Play, states: dict[str, State]) -> State:
    """Bring the account to where the playbook leads from here: by a run at first, later by what that run left."""
    if playbook in states:
        states[playbook].restore()
    else:
        run = play(playbook)
        assert run.status == 0, run.failures
        Account(aws.platform).foreign()  # the others' services settle at the first look
        states[playbook] = State(run, Snapshot())
    return states[playbook]


@pytest.fixture(scope="session")
def states() -> dict[str, State]:
    """The states that runs of this process have made, so that not every test has to build and deploy for itself."""
    return {}


@pytest.fixture
def built(aws: ControlPlane, play: Play, states: dict[str, State]) -> State:
    """The account after build.yml."""
    return _after("build.yml", aws, play, states)


@pytest.fixture
def deployed(built: State, aws: ControlPlane, play: Play, states: dict[str, State]) -> State:
    """The account after build.yml and a first deploy.yml, with the inventory as it is."""
    return _after("deploy.yml", aws, play, states)


@pytest.fixture
def world(
    aws: ControlPlane, play: Play, client: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """The stack with its load balancer and tasks that answer."""
    monkeypatch.setenv("SANDBOX_SPEED", "100")
    certificates = tls.write(tmp_path, [HOST])
    platform = context(aws, tmp_path, certificates=certificates)
    engine = Engine()
    with contextlib.ExitStack() as parts:
        for part in (FargateLauncher(platform, engine), balancer := LoadBalancer(platform, HOST)):
            part.start()
            parts.callback(part.stop)
        yield World(play, engine, balancer, certificates.ca, client)


def _read(lines: str) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """The recap of all hosts together, and every task's result."""
    stats: dict[str, int] = {}
    tasks = []
    for line in lines.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event.get("_event", "").startswith("v2_runner_on_"):
            (result,) = event["hosts"].values()
            tasks.append({"name": event["task"]["name"], "result": result})
        elif event.get("_event") == "v2_playbook_on_stats":
            hosts = list(event["stats"].values())
            stats = {name: sum(host[name] for host in hosts) for name in (hosts[0] if hosts else {})}
    return stats, tasks


WIRING = {
    "iam": {
        "iam_secrets": "{{ stack_exports.stack.secrets.values() | list }}",
        "iam_log_group_arn": "arn:aws:logs:us-east-1:850787717197:log-group:/ecs/mcp-server-production",
    },
    "alb_rule": {
        "alb_rule_vpc_id": "{{ stack_exports.stack.vpc_id }}",
        "alb_rule_listener_arn": "{{ stack_exports.stack.listener_arn }}",
        "alb_rule_load_balancer_security_group_ids": "{{ stack_exports.stack.load_balancer_security_group_ids }}",
    },
}


@pytest.fixture
def role_play(play: Play, tmp_path: Path) -> Callable[..., Run]:
    """role_play(role, **extra_vars): the stack role and then one other, wired as deploy.yml does it."""

    def run(role: str, *options: str, **extra_vars: Any) -> Run:
        wiring = "\n".join(f"        {name}: '{value}'" for name, value in WIRING[role].items())
        path = tmp_path / f"{role}.yml"
        path.write_text(
            "- hosts: mcp_servers\n"
            "  gather_facts: false\n"
            "  module_defaults:\n"
            "    group/quilt.mcp_server.aws: '{{ mcp_server_aws }}'\n"
            "  tasks:\n"
            "    - ansible.builtin.include_role: {name: quilt.mcp_server.stack}\n"
            f"    - ansible.builtin.include_role: {{name: quilt.mcp_server.{role}}}\n"
            f"      vars:\n{wiring}\n"
        )
        return play(path, *options, **extra_vars)

    return run
