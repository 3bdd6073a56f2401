"""The official conformance suite against this server, for two revisions of the protocol.

The server itself answers the scenarios that need nothing of the suite's own; the others run against `fixtures.py` on
the same stack. `expected.toml` lists the checks that fail, each with a reason: a check that fails and is not
listed fails the test, and so does one that is listed and passes.
"""

import json
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import environment, free_port, running

from conformance.fixtures import FixtureServer
from quilt_mcp_server.config import load

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
# Node's own package brings the Node that the suite needs (22 or newer).
NODE = MODULES / "node/bin/node"
SUITE = MODULES / "@modelcontextprotocol/conformance/dist/index.js"
REVISIONS = ("2025-11-25", "2026-07-28")
# What the deployed server answers with nothing of the suite's own in it.
OWN = {
    "server-initialize",
    "server-session-lifecycle",
    "server-stateless",
    "ping",
    "tools-list",
    "resources-list",
    "prompts-list",
    "sep-2164-resource-not-found",
    "dns-rebinding-protection",
    "caching",
    "http-header-validation",
}


@pytest.fixture(scope="module")
def suite() -> None:
    """Installs the locked suite next to this file."""
    lock, installed = HERE / "package-lock.json", MODULES / ".installed"
    if installed.exists() and installed.read_bytes() == lock.read_bytes():
        return
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    done = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=HERE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"the conformance suite cannot be installed: {done.stderr.strip()[-300:]}")
    shutil.copy(lock, installed)


@pytest.fixture
def url(request: pytest.FixtureRequest, _moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server, or the fixtures on its stack; the suite has no tokens, so everyone on this machine is the user."""
    if request.param == "fixtures":
        monkeypatch.setattr("quilt_mcp_server.app.QuiltServer", FixtureServer)
    port = free_port()
    changes = {
        "QUILT_MCP_AUTH": "none",
        "QUILT_MCP_JWT_KEYS": "",
        "QUILT_MCP_ALLOWED_HOSTS": "",
        "QUILT_MCP_ALLOWED_ORIGINS": f"http://127.0.0.1:{port}",
    }
    with running(load(environment(**changes)), port) as server:
        yield f"{server.url}/mcp"


def run(url: str, revision: str, folder: Path) -> dict[str, dict[str, str]]:
    """Scenario to check to its worst status, of every scenario that applies to the revision."""
    command = [str(NODE), str(SUITE), "server", "--url", url, "--suite", "all", "--spec-version", revision]
    done = subprocess.run(
        [*command, "--output-dir", str(folder)], capture_output=True, text=True, check=False, timeout=300
    )
    found: dict[str, dict[str, str]] = {}
    for result in folder.glob("server-*/checks.json"):
        scenario = result.parent.name.removeprefix("server-").rsplit("-", 6)[0]
        statuses = found.setdefault(scenario, {})
        for check in json.loads(result.read_text()):
            if statuses.get(check["id"]) != "FAILURE":
                statuses[check["id"]] = check["status"]
    assert "=== SUMMARY ===" in done.stdout, done.stdout[-2000:] + done.stderr[-2000:]
    assert len(found) >= 30, sorted(found)
    return found


def expected(target: str, revision: str) -> dict[str, str]:
    """Check (`scenario:check`) to the reason why it fails."""
    entries: list[dict[str, Any]] = tomllib.loads((HERE / "expected.toml").read_text())["expected"]
    return {
        check: entry["reason"]
        for entry in entries
        if target in entry["targets"] and revision in entry["revisions"]
        for check in entry["checks"]
    }


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("url", ["server", "fixtures"], indirect=True)
def test_conformance(suite: None, url: str, revision: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    target = request.node.callspec.params["url"]
    found = run(url, revision, tmp_path)
    judged = {scenario: checks for scenario, checks in found.items() if target == "fixtures" or scenario in OWN}
    failed = {
        f"{scenario}:{check}" for scenario, checks in judged.items() for check in checks if checks[check] == "FAILURE"
    }
    known = expected(target, revision)
    assert not failed - set(known), f"new failures: {sorted(failed - set(known))}"
    assert not set(known) - failed, f"listed in expected.toml, but they pass or are gone: {sorted(set(known) - failed)}"


def test_every_expected_failure_has_a_reason() -> None:
    for target in ("server", "fixtures"):
        for revision in REVISIONS:
            assert all(len(reason) > 30 for reason in expected(target, revision).values())
