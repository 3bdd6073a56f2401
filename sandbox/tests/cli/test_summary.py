"""The end of `make demo`: what it prints for a person to copy."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.cli.summary import claude_desktop, render

STATE = {
    "mcp_url": "https://localhost:8443/mcp",
    "ca_file": "/home/a b/.sandbox/ca.pem",
    "home": "/home/a b/.sandbox",
    "buckets": ["quilt-raw", "quilt-example"],
    "jwt_secret": "sales-prod/mcp-server/jwt",
}


def test_the_curl_line_is_one_command_for_the_url_with_the_ca_and_a_fresh_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SANDBOX_HOME", raising=False)
    text = render(STATE)
    (command,) = re.findall(r"^ +(curl (?:.*\\\n)*.*)$", text, re.MULTILINE)
    words = shlex.split(command.replace("\\\n", " "))
    assert STATE["mcp_url"] in words
    assert words[words.index("--cacert") + 1].endswith("a b/.sandbox/ca.pem")
    assert any(word.startswith("Authorization: Bearer $(") and "-m sandbox token" in word for word in words)
    assert json.loads(words[-1])["method"] == "tools/list"


def test_a_sandbox_of_another_folder_is_named_in_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_HOME", "/home/a b/.sandbox")
    lines = [line.strip() for line in render(STATE).splitlines()]
    commands = [line for line in lines if "-m sandbox" in line and not line.startswith('"')]
    assert commands
    assert all("SANDBOX_HOME='/home/a b/.sandbox'" in line for line in commands)


def test_the_configuration_of_claude_desktop_is_json_that_holds_no_token(tmp_path: Path) -> None:
    text = render(STATE)
    start = text.index('    {\n      "mcpServers"')
    found = json.JSONDecoder().raw_decode(text[start:].lstrip())[0]
    assert found == claude_desktop(STATE)
    server = found["mcpServers"]["quilt"]
    assert server["command"] == sys.executable
    started = subprocess.run(
        [server["command"], *server["args"][:2], "--help"],
        env=server["env"], cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "--token-command" in started.stdout
    assert "--token-command" in server["args"]
    assert "eyJ" not in text
