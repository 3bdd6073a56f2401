"""assert_docker_engine: what it says of a client, an engine or buildx that is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]
MODULE = ROOT / "plugins" / "modules" / "assert_docker_engine.py"
# Where ansible_collections is: in a clone, and above the collection where ansible-test runs this.
COLLECTIONS = f"{ROOT / 'collections'}:{ROOT.parents[2]}"
CLIENT = """#!/bin/sh
case "$1" in
  version) {version} ;;
  buildx) {buildx} ;;
esac
"""


def run(folder: Path, version: str | None = "echo 26.1.5", buildx: str = "echo buildx v0.14") -> dict[str, Any]:
    """The module's result with a client that answers so; version None is no client."""
    if version:
        client = folder / "docker"
        client.write_text(CLIENT.format(version=version, buildx=buildx))
        client.chmod(0o755)
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {}})
    done = subprocess.run(
        [sys.executable, MODULE, arguments],
        env={"PATH": str(folder), "PYTHONPATH": COLLECTIONS},
        capture_output=True,
        text=True,
        check=False,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_version_of_the_engine_is_returned(tmp_path: Path) -> None:
    assert run(tmp_path)["engine"] == "26.1.5"


@pytest.mark.parametrize(
    ("client", "problem"),
    [
        ({"version": None}, "there is no docker command"),
        ({"version": "echo first >&2; echo 'Cannot connect' >&2; exit 1"}, "Cannot connect"),
        ({"buildx": "echo \"docker: 'buildx' is not a docker command.\" >&2; exit 1"}, "is not a docker command."),
        ({"buildx": "exit 3"}, "docker buildx ended with 3"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, client: dict[str, Any], problem: str) -> None:
    result = run(tmp_path, **client)
    assert result["failed"] and problem in result["msg"]
    assert result["msg"].startswith("Refused to build the image\nFound: there is no Docker engine with buildx (")
