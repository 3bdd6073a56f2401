"""Widespread consumers take the tool list whole. Each is installed from a lock, in an environment of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Running, token
from tool_table import listed_tools

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache/consumers"
TOOLS = {tool.name: tool.listed for tool in listed_tools()}
NODE = shutil.which("node") or "node"
INSPECTOR = "@modelcontextprotocol/inspector/clients/cli/build/index.js"
# OpenAI's strict mode has no objects whose members are not known: metadata, and no arguments at all.
NOT_STRICT = {"package_create", "package_create_from_s3", "package_update"}
NOT_STRICT |= {name for name, tool in TOOLS.items() if not tool["inputSchema"]["properties"]}


def installed(folder: Path, locks: list[str], install: Callable[[], list[list[str]]], files: tuple[str, ...]) -> None:
    """Install what the locks say into a folder, unless it is there."""
    marker = folder / ".installed"
    wanted = "".join((HERE / lock).read_text() for lock in locks)
    if marker.exists() and marker.read_text() == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in files:
        shutil.copy(HERE / name, folder)
    for command in install():
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"the consumers cannot be installed: {(done.stderr or done.stdout).strip()[-300:]}")
    marker.write_text(wanted)


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python of an environment with the frameworks."""
    folder = CACHE / "python"
    bin_ = folder / ("Scripts" if sys.platform == "win32" else "bin")
    program = bin_ / "python"
    pip = [str(program), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    lock = str(HERE / "requirements.txt")
    commands = [[sys.executable, "-m", "venv", str(folder)], [*pip, "--require-hashes", "-r", lock]]
    installed(folder, ["requirements.txt"], lambda: commands, ())
    return program


@pytest.fixture(scope="module")
def modules() -> Path:
    """The folder of the packages from npm."""
    npm, folder = shutil.which("npm"), CACHE / "node"
    if npm is None or shutil.which("node") is None:
        pytest.skip("npm is not installed")
    # Of its packages the Inspector's command line needs neither scripts nor binaries.
    command = [npm, "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    installed(folder, ["package-lock.json"], lambda: [command], ("package.json", "package-lock.json"))
    return folder / "node_modules"


@pytest.mark.parametrize("consumer", ["google-genai", "openai-agents", "langchain-mcp-adapters", "mcp-use"])
def test_a_framework_takes_every_tool(
    s3: Any, serve: Callable[..., Running], python: Path, tmp_path: Path, consumer: str
) -> None:
    s3.put_object(Bucket="quilt-example", Key="found.txt", Body=b"x")
    upstream = serve(QUILT_MCP_ALLOWED_HOSTS="127.0.0.1")
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    # Neither a report to its makers nor a file of this machine's user.
    quiet = {"MCP_USE_ANONYMIZED_TELEMETRY": "false", "OPENAI_AGENTS_DISABLE_TRACING": "1", "HOME": str(tmp_path)}
    done = subprocess.run(
        [str(python), str(HERE / "agents_in_python.py"), consumer, f"{upstream.url}/mcp", token()],
        env=kept | quiet | {"DO_NOT_TRACK": "1", "SCARF_NO_ANALYTICS": "true"},
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found["tools"]) == set(TOOLS)
    assert found["arguments"] == {name: sorted(tool["inputSchema"]["properties"]) for name, tool in TOOLS.items()}
    assert "found.txt" in found["called"], found["called"]
    if "strict" in found:
        assert set(found["strict"]) == set(TOOLS) - NOT_STRICT


def test_the_inspector_finds_nothing(serve: Callable[..., Running], modules: Path) -> None:
    upstream = serve(QUILT_MCP_ALLOWED_HOSTS="127.0.0.1")
    address = ["--transport", "http", "--server-url", f"{upstream.url}/mcp"]
    asked = ["--header", f"Authorization: Bearer {token()}", "--method", "tools/list", "--strict"]
    done = subprocess.run(
        [NODE, str(modules / INSPECTOR), *address, *asked],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert {tool["name"] for tool in json.loads(done.stdout)["tools"]} == set(TOOLS)


def ajv(modules: Path, tools: list[Any]) -> dict[str, list[str]]:
    """What Ajv's strict mode refuses."""
    done = subprocess.run(
        [NODE, str(HERE / "ajv_strict.mjs"), str(modules)],
        input=json.dumps(tools), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    refused: dict[str, list[str]] = json.loads(done.stdout)
    return refused


def test_ajv_compiles_every_schema_strictly(modules: Path) -> None:
    assert ajv(modules, list(TOOLS.values())) == {}


def test_ajv_is_strict(modules: Path) -> None:
    schema = {"type": ["string", "null"], "unknown": 1}
    assert ajv(modules, [{"name": "x", "inputSchema": schema, "outputSchema": {"type": "object"}}])
