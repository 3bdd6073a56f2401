"""A sandbox with the deployed server, and what an operator does in it."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

from tests.load.load import Load

ROOT = Path(__file__).parents[2]
CLUSTER, SERVICE = "sales-prod", "sales-prod-mcp-server-production"
UNWANTED = ("AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "REQUESTS_CA_BUNDLE")


class Sandbox:
    """A running sandbox, and what an operator does in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.client = functools.cache(self._client)  # making one costs more than what is asked of it
        self._environment = {name: value for name, value in os.environ.items() if name not in UNWANTED} | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "SANDBOX_HOME": str(home),
        }

    def run(self, *arguments: str) -> str:
        """Run a Python module with the sandbox's environment; a failure shows what it said.

        It gets what is left of the processor: at AWS the runner is not the machine of the load balancer and the tasks.
        """
        done = subprocess.run(
            ["nice", "-n", "10", sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=self._environment,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        return done.stdout.strip()

    def play(self, playbook: str, **extra_vars: Any) -> None:
        self.run("ansible", "playbook", f"playbooks/{playbook}", "-e", json.dumps(extra_vars))

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / "state.json").read_text())
        return found

    def _client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "somebody", "aws_secret_access_key": "somebody"}
        state = self.state
        return boto3.client(service, region_name=state["region"], endpoint_url=state["aws_endpoint_url"], **keys)

    def load(self) -> Load:
        token = self.run("sandbox", "token", "--sub", "load", "--bucket", "quilt-example")
        return Load(self.state["mcp_url"], self.state["ca_file"], token)

    def tasks(self, desired: str = "RUNNING") -> list[dict[str, Any]]:
        """The service's tasks that are to run, or those that are to stop."""
        ecs = self.client("ecs")
        arns = ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE, desiredStatus=desired)["taskArns"]
        found: list[dict[str, Any]] = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
        return found

    def scale(self, count: int) -> None:
        """Ask for so many tasks and wait until exactly so many are there, all of them healthy targets."""
        self.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, desiredCount=count)
        self.steady(count)

    def steady(self, count: int) -> None:
        """Wait until exactly so many tasks run as healthy targets, and no other one is still going."""

        def is_steady() -> bool:
            running = [task for task in self.tasks() if task["lastStatus"] == "RUNNING"]
            going = [task for task in self.tasks("STOPPED") if task["lastStatus"] != "STOPPED"]
            return len(running) == count and not going and self.health() == ["healthy"] * count

        until(is_steady, f"{count} healthy tasks")

    def health(self) -> list[str]:
        """The states of the deployment's targets."""
        elb = self.client("elbv2")
        (group,) = elb.describe_target_groups(Names=["sales-prod-mcp-server-tg"])["TargetGroups"]
        found = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        return [one["TargetHealth"]["State"] for one in found]

    def kill(self, task_id: str) -> None:
        """The task's machine fails."""
        url = f"{self.state['aws_endpoint_url']}/_platform/fargate/{task_id}/kill"
        with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10) as answer:
            assert answer.status == 200

    def answers(self) -> list[dict[str, Any]]:
        """The load balancer's log of what was asked of the server, the oldest first."""
        files = [self.home / "alb.log.1", self.home / "alb.log"]
        lines = [line for file in files if file.exists() for line in file.read_text().splitlines()]
        return [entry for entry in map(json.loads, lines) if entry["path"] == "/mcp"]


def until(condition: Callable[[], Any], what: str, seconds: float = 120) -> None:
    """Wait for something true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.2)
