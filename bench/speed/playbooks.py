"""A deployment by ansible-playbook, with the collection installed from its artifact."""

from __future__ import annotations

import itertools
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from bench.speed import collection, inventory, measure
from bench.speed.measure import Usage
from bench.speed.sandbox import Call, Sandbox
from tests import ecr_images

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Task:
    """A task that was started, and the seconds until the next one was."""

    name: str
    action: str
    cpu: float
    wall: float


@dataclass(frozen=True)
class Run:
    """What a run took and did."""

    usage: Usage
    calls: list[Call] = field(default_factory=list, repr=False)
    tasks: list[Task] = field(default_factory=list, repr=False)


class Playbooks:
    """Runs playbooks of a collection, installed from the artifact of a clone, against an account."""

    def __init__(self, clone: Path, collections: Path, folder: Path, sandbox: Sandbox, hosts: int = 1) -> None:
        self.sandbox = sandbox
        self._collections = collections
        self._folder = folder
        self.hosts = list(inventory.fleet(hosts)) if hosts > 1 else ["mcp_servers"]
        self._inventory = inventory.write(clone, folder / "inventory", sandbox.url, hosts)
        self._tasks = folder / "tasks.json"
        self.log = folder / "run.log"
        self._empty = folder / "empty.yml"
        self._empty.write_text("- name: Nothing\n  hosts: mcp_servers\n  gather_facts: false\n  tasks: []\n")

    def build(self) -> None:
        """The repository by build.yml, and an image with the tag of this source, for which no Docker is needed."""
        one = ("--limit", self.hosts[0])
        prebuilt = {"image_source": "prebuilt", "image_uri": f"registry.example/{inventory.REPOSITORY}:none"}
        self.run("quilt.mcp_server.build", *one, "-e", json.dumps(prebuilt))
        ecr = self.sandbox.platform("ecr")
        digest = ecr_images.push(ecr, inventory.REPOSITORY)
        ecr_images.push_index(ecr, inventory.REPOSITORY, ("amd64", digest), tag=self._missing_tag(*one))

    def _missing_tag(self, *options: str) -> str:
        """The tag that a deployment misses in the empty repository, from what it says."""
        try:
            self.deploy(*options)
        except measure.Failed:
            if found := re.search(r"\bsrc-[0-9a-f]+(-\*)?", self.log.read_text(errors="replace")):
                # A deployment takes any base in that place; 8c6dfb0 has none there.
                return found[0].replace("*", "0" * 12)
            raise
        raise SystemExit("A deployment without an image succeeded.")

    def empty(self) -> Run:
        """A play without a task."""
        return self.run(str(self._empty))

    def deploy(self, *options: str) -> Run:
        """deploy.yml."""
        return self.run("quilt.mcp_server.deploy", *options)

    def run(self, playbook: str, *options: str) -> Run:
        """Any playbook."""
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        environment = measure.environment(
            HOME=str(self._folder),
            ANSIBLE_CONFIG=collection.no_settings(self._folder),
            ANSIBLE_COLLECTIONS_PATH=str(self._collections),
            **counting(self._tasks),
        )
        mark = self.sandbox.mark()
        command = [program, "-i", str(self._inventory), playbook, *options]
        usage = measure.run(command, environment, self._folder, self.log)
        return Run(usage, self.sandbox.calls(mark), read_tasks(self._tasks))


def counting(path: Path) -> dict[str, str]:
    """The variables that make a run write its tasks down."""
    return {
        "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "bench_tasks",
        "BENCH_TASKS": str(path),
    }


def read_tasks(path: Path) -> list[Task]:
    """The tasks that a run wrote down."""
    started = json.loads(path.read_text())
    return [
        Task(name, action, next_cpu - cpu, next_wall - wall)
        for (name, action, cpu, wall), (_, _, next_cpu, next_wall) in itertools.pairwise(started)
    ]
