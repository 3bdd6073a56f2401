"""Deploying, rolling back and destroying while microburst injects faults between the modules and the sandbox.

microburst is a proxy of another project. It reads botocore's models, and answers, delays and cuts as AWS and networks
do. Its own record says which of its faults came.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.account import Account

if TYPE_CHECKING:
    from conftest import Play, State

    from sandbox.emulator.control_plane import ControlPlane

CLUSTER, SERVICE = "sales-prod", "sales-prod-mcp-server-production"
FAULTS = {
    "throttled": {"error": {"code": "ThrottlingException", "status": 400}},
    "unavailable": {"error": {"code": "ServiceUnavailable", "status": 503}},
    "not reached": {"reset": True},
    "no answer": {"response": {"abort_bytes": 0}},
    "no answer in time": {"timeout_ms": 50},
    "half an answer": {"response": {"truncate_frac": 0.5}},
}
# Each fault comes again and again, to other calls than the others.
RULES = [
    {"service": "*", "sequence": {"fail": 1, "pass": 15 + number}, **fault}
    for number, fault in enumerate(FAULTS.values())
]
# What may not be made twice, in each run.
LOST = [
    {"service": "ecs", "operation": operation, "times": 1, **FAULTS["no answer"]}
    for operation in ("RegisterTaskDefinition", "CreateService", "UpdateService")
]


class Proxy:
    """microburst on a loopback port, in front of the control plane."""

    def __init__(self, upstream: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        command = [
            sys.executable,
            "-m",
            "microburst",
            "--upstream",
            upstream,
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_microburst/{path}", data, method=method)
        if data:
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def fired(self) -> list[dict[str, Any]]:
        """The faults since the last time that this was asked."""
        found: list[dict[str, Any]] = self.ask("GET", "fired?limit=10000")
        self.ask("DELETE", "fired")
        return found


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found


@pytest.fixture(scope="module")
def proxy(control_plane: ControlPlane, port: int) -> Iterator[Proxy]:
    proxy = Proxy(control_plane.url, port)
    deadline = time.monotonic() + 30
    while True:
        try:
            proxy.ask("GET", "health")
            break
        except OSError:
            assert proxy.process.poll() is None and time.monotonic() < deadline, "microburst does not start"
            time.sleep(0.05)
    yield proxy
    proxy.process.terminate()
    proxy.process.wait(10)


def test_a_deployment_its_rollback_and_its_end_bear_all_faults(
    built: State, routed_play: Play, aws: ControlPlane, proxy: Proxy
) -> None:
    account, ecs = Account(aws.platform), aws.platform("ecs")
    foreign = account.foreign()
    connection = {
        "region": aws.region,
        "endpoint_url": proxy.url,
        "access_key": "sandbox",
        "secret_key": "any-secret-key-will-do",
    }

    def disturbed(playbook: str, *lost: str, **given: Any) -> None:
        kept = proxy.ask("POST", "rules", [*LOST, *RULES])
        run = routed_play(playbook, mcp_server_aws=connection, **given)
        proxy.ask("POST", "rules", [])
        fired = proxy.fired()
        assert run.status == 0, run.failures
        came = {fault["rule_id"] for fault in fired}
        assert {rule["id"] for rule in kept if rule["service"] == "*"} <= came
        assert {rule["operation"] for rule in kept if rule["id"] in came and "operation" in rule} >= {*lost}

    def revisions() -> list[str]:
        found: list[str] = ecs.list_task_definitions(familyPrefix="quilt-mcp-server")["taskDefinitionArns"]
        return found

    disturbed("deploy.yml", "RegisterTaskDefinition", "CreateService")
    disturbed("verify.yml")
    (first,) = revisions()
    disturbed("deploy.yml", "RegisterTaskDefinition", "UpdateService", mcp_server_log_level="debug")
    assert len(revisions()) == 2
    disturbed("rollback.yml", "UpdateService", rollback_release=int(first.rpartition(":")[2]))
    (service,) = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    assert service["taskDefinition"] == first
    assert len(ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"]) == 3
    disturbed("destroy.yml")
    assert account.owned() == {}
    assert account.foreign() == foreign
