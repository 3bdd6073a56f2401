"""The server on the sandbox's AWS. The sandbox has an environment of its own, `.venv` in the repository's root."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from conftest import Running, environment, running

from quilt_mcp_server.config import load

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PYTHON = ROOT / ".venv/bin/python"
ROLE = "QuiltMcpReader"


class Call(NamedTuple):
    """What AWS was asked. `signer` is the name of the session, or the access key where there is none."""

    service: str
    operation: str
    path: str
    signer: str


class Sandbox:
    """AWS with the stack sales-prod and a role that may be assumed; and what it was asked."""

    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        self.url = url
        self._process = process
        may = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [may]}
        answer = self.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust))
        self.role: str = answer["Role"]["Arn"]

    def client(self, service: str) -> Any:
        """A client of the test's own."""
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1")

    def calls(self) -> list[Call]:
        """Every call since the last time."""
        return [Call(*each) for each in self.ask("calls")]

    def ask(self, question: str) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@pytest.fixture(scope="session")
def sandbox(_moto: str) -> Iterator[Sandbox]:
    """One for all these tests; it starts with the stack's buckets, packages, workgroup and table."""
    if not PYTHON.exists():
        pytest.skip("needs the sandbox's environment; `make test` in the repository's root makes it")
    with subprocess.Popen(
        [str(PYTHON), str(HERE / "plane.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http"), "the sandbox did not start"
        yield Sandbox(url, process)
        process.stdin.close()


@pytest.fixture
def start(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Running]]:
    """Starts the server on the sandbox, in the mode that assumes the role, with changes to its environment."""
    from contextlib import ExitStack

    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.url)
    roles = {"QUILT_MCP_CREDENTIALS": "", "QUILT_MCP_ASSUME_ROLES": sandbox.role}
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(running(load(environment(**(roles | changes)))))
    sandbox.ask("calm")
