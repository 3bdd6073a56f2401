"""`python -m sandbox`: one sandbox that is started, inspected and stopped; and its errors."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import jwt
import pytest

from sandbox.network import free_port

_ROOT = Path(__file__).parents[3]


class Sandbox:
    """The command line of one SANDBOX_HOME, without a Docker engine: these tests are about the daemon."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "SANDBOX_HOME": str(home),
            "SANDBOX_ENGINE": "process",
            # As on machines behind a proxy with its own CA: the sandbox must not care.
            "HTTP_PROXY": "http://127.0.0.1:1",
            "HTTPS_PROXY": "http://127.0.0.1:1",
            "AWS_CA_BUNDLE": "/nonexistent",
            "REQUESTS_CA_BUNDLE": "/nonexistent",
        }

    def __call__(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sandbox", *arguments],
            cwd=_ROOT,
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def json(self, *arguments: str) -> Any:
        result = self(*arguments, "--json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("cli") / "home")
    result = sandbox("up")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("The sandbox is up (")
    yield sandbox
    sandbox("down")


@pytest.fixture
def down(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path / "home")
    yield sandbox
    sandbox("down")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A child of the test that was not waited for has exited too.
    return subprocess.run(["ps", "-p", str(pid), "-o", "stat="], capture_output=True, text=True).stdout[:1] != "Z"


def test_status_says_what_programs_need(up: Sandbox) -> None:
    state = up.json("status")
    assert {
        *("aws_endpoint_url", "region", "account_id", "mcp_url", "ca_file", "listener_arn", "registry"),
        *("tasks", "pids", "engine", "access_key", "secret_key"),
    } <= set(state)
    assert (state["account_id"], state["region"], state["engine"]) == ("850787717197", "us-east-1", "process")
    assert state["tasks"] == []
    assert Path(state["ca_file"]).is_file()
    assert lives(state["pids"]["daemon"])
    saved = json.loads((up.home / "state.json").read_text())
    assert saved["aws_endpoint_url"] == state["aws_endpoint_url"]


def test_status_for_people(up: Sandbox) -> None:
    text = up("status").stdout
    assert up.json("status")["aws_endpoint_url"] in text
    assert "as local processes" in text


def test_up_again_changes_nothing(up: Sandbox) -> None:
    before = up.json("status")
    result = up("up")
    assert (result.returncode, result.stdout.splitlines()[0]) == (0, "The sandbox is already up.")
    assert up.json("status")["pids"] == before["pids"]


def test_token_is_one_line_and_verifies_with_the_secret(up: Sandbox) -> None:
    result = up("token", "--sub", "ada", "--bucket", "quilt-example", "--bucket", "quilt-sales-raw", "--ttl", "60")
    (line,) = result.stdout.splitlines()
    claims = jwt.decode(line, options={"verify_signature": False})
    assert (claims["sub"], claims["buckets"]) == ("ada", ["quilt-example", "quilt-sales-raw"])
    assert 55 <= claims["exp"] - time.time() <= 60


def test_calls_of_the_deployer_after_a_mark(up: Sandbox) -> None:
    state = up.json("status")

    def ecs(key: str) -> Any:
        session: Any = boto3
        return session.client(
            "ecs",
            endpoint_url=state["aws_endpoint_url"],
            region_name=state["region"],
            aws_access_key_id=key,
            aws_secret_access_key=key,
        )

    ecs(state["access_key"]).list_clusters()
    mark = up.json("calls")["mark"]
    ecs("AKIATASKTASKTASKTASK").list_clusters()
    ecs(state["access_key"]).create_cluster(clusterName="c")
    after = up.json("calls", "--since", str(mark))
    assert [(call["service"], call["operation"], call["write"]) for call in after["calls"]] == [
        ("ecs", "CreateCluster", True)
    ]
    assert after["mark"] == mark + 2
    everything = up.json("calls", "--all", "--since", str(mark))["calls"]
    assert [call["operation"] for call in everything] == ["ListClusters", "CreateCluster"]
    assert "1 calls, 1 of them write" in up("calls", "--since", str(mark)).stdout


def ask(sandbox: Sandbox, method: str, path: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        sandbox.json("status")["aws_endpoint_url"] + path, json.dumps(body).encode() if body else None, method=method
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.load(answer)


def test_faults_on_request_from_another_process(up: Sandbox) -> None:
    state = up.json("status")
    session: Any = boto3
    keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
    ecs = session.client("ecs", endpoint_url=state["aws_endpoint_url"], region_name=state["region"], **keys)
    ask(up, "POST", "/_platform/faults", {"service": "ecs", "operation": "ListServices", "kind": "throttle"})
    mark = up.json("calls")["mark"]
    ecs.list_services(cluster="sales-prod")
    assert [call["status"] for call in up.json("calls", "--since", str(mark))["calls"]] == [400, 200]
    assert ask(up, "GET", "/_platform/faults")["faults"][0]["fired"] == 1
    assert ask(up, "DELETE", "/_platform/faults") == {"faults": []}


def test_reset_keeps_the_sandbox_and_brings_the_stack_back(up: Sandbox) -> None:
    state = up.json("status")
    session: Any = boto3
    keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
    ecs = session.client("ecs", endpoint_url=state["aws_endpoint_url"], region_name=state["region"], **keys)
    ecs.create_cluster(clusterName="mine")
    assert up("reset").returncode == 0
    assert [arn.rpartition("/")[2] for arn in ecs.list_clusters()["clusterArns"]] == ["sales-prod"]
    assert up.json("status") == state


def test_two_sandboxes_side_by_side(up: Sandbox, down: Sandbox) -> None:
    assert down("up").returncode == 0
    first, second = up.json("status"), down.json("status")
    for key in ("aws_endpoint_url", "registry", "balancer", "home_id"):
        assert first[key] != second[key] or first[key] is None
    port = int(second["aws_endpoint_url"].rpartition(":")[2])
    assert listens(port)
    result = down("down")
    assert result.returncode == 0
    assert "all that ran are removed" in result.stdout
    assert not down.home.exists()
    assert not listens(port)
    assert not any(lives(pid) for pid in second["pids"].values())
    assert up.json("status")["pids"] == first["pids"]


def test_a_killed_daemon_is_recovered_from(down: Sandbox) -> None:
    down("up")
    before = down.json("status")
    os.kill(before["pids"]["daemon"], signal.SIGKILL)
    while lives(before["pids"]["daemon"]):
        time.sleep(0.02)
    result = down("status")
    assert (result.returncode, result.stdout) == (3, "")
    assert "not up; start it with" in result.stderr
    result = down("up")
    assert result.returncode == 0, result.stderr
    after = down.json("status")
    assert after["pids"]["daemon"] != before["pids"]["daemon"]
    # A process that was just killed takes a moment to end.
    deadline = time.monotonic() + 60
    while left := [name for name, pid in before["pids"].items() if lives(pid)]:
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.02)


def test_down_twice_is_no_failure(down: Sandbox) -> None:
    result = down("down")
    assert (result.returncode, result.stdout) == (0, "The sandbox is not up; there is nothing to remove.\n")


@pytest.mark.parametrize(
    "command", [["status"], ["status", "--json"], ["token", "--sub", "a", "--bucket", "b"], ["calls"]]
)
def test_commands_that_need_a_sandbox_say_so(down: Sandbox, command: list[str]) -> None:
    result = down(*command)
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == "sandbox: the sandbox is not up; start it with: python -m sandbox up\n"


def test_the_corrections_are_listed_with_their_sources_and_need_no_sandbox(down: Sandbox) -> None:
    found = down.json("corrections")
    facts = {path.stem for path in (_ROOT / "sandbox/emulator/facts").glob("[a-z]*.py")}
    assert {one["name"] for one in found["facts"]} == facts
    assert [one["name"] for one in found["services"]] == ["ecs", "elbv2"]
    text = down("corrections").stdout
    assert f"Facts of AWS that moto gets wrong ({len(facts)})" in text
    for one in (*found["facts"], *found["services"]):
        assert f"\n{one['name']}: " in text and f"\n    {one['source']}\n" in text


def test_busy_port_is_named(down: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as busy:
        port = str(busy.getsockname()[1])
        result = down("up", SANDBOX_PORT=port)
    assert result.returncode == 1
    assert f"port {port} on 127.0.0.1 is in use; set SANDBOX_PORT to a free one" in result.stderr
    assert down("status").returncode == 3


def test_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "thesis.txt").touch()
    (tmp_path / "state.json").write_text('{"pids": {}}')
    before = sorted(tmp_path.rglob("*"))
    sandbox = Sandbox(tmp_path)
    result = sandbox("up")
    assert result.returncode == 1
    assert "let SANDBOX_HOME name an empty or a new folder" in result.stderr
    assert sandbox("down").stdout == "The sandbox is not up; there is nothing to remove.\n"
    assert sorted(tmp_path.rglob("*")) == before


def test_wrong_usage(up: Sandbox) -> None:
    assert up("token", "--sub", "a").returncode == 2
    assert up("token", "--sub", "a", "--bucket", "b", "--ttl", "0").returncode == 2
    assert up("sideways").returncode == 2


def test_expired_token_on_request(up: Sandbox) -> None:
    token = up("token", "--sub", "a", "--bucket", "b", "--ttl", "-60").stdout.strip()
    assert jwt.decode(token, options={"verify_signature": False})["exp"] < time.time()


def test_aws_apis_answer_on_loopback_only(up: Sandbox) -> None:
    url = up.json("status")["aws_endpoint_url"]
    assert url.startswith("http://127.0.0.1:")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/_platform/status") as answer:
        assert json.load(answer)["home"] == str(up.home)
