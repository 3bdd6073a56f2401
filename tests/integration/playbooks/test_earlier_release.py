"""A deployment that an earlier state of this repository made converges: nothing is replaced, nothing is made twice."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.account import Account
from tests.integration.playbooks.inputs import ALL_OF_BEFORE

if TYPE_CHECKING:
    from conftest import Play

    from sandbox.emulator.control_plane import ControlPlane

ROOT = Path(__file__).parents[3]
BEFORE = "8c6dfb0"  # the last commit before roles had one task for each thing


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A checkout of the earlier state."""
    archived = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True, check=False)
    if archived.returncode:
        pytest.skip(f"the clone does not have the commit {BEFORE}")
    folder = tmp_path / "before"
    with tarfile.open(fileobj=BytesIO(archived.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def image(client: Callable[[str], Any]) -> str:
    """The image of the deployment's task definition."""
    definition = client("ecs").describe_task_definition(taskDefinition="quilt-mcp-server")["taskDefinition"]
    found: str = definition["containerDefinitions"][0]["image"]
    return found


@pytest.mark.parametrize("given", [pytest.param({}, id="defaults"), pytest.param(ALL_OF_BEFORE, id="everything")])
def test_a_deployment_of_before_converges(
    play: Play,
    aws: ControlPlane,
    client: Callable[[str], Any],
    before: Path,
    given: dict[str, dict[str, object]],
) -> None:
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(before / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(before / "collections"),
        "SANDBOX_HOME": str(play.home),
    }
    for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "PYTHONPATH"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "ansible", "playbook", "playbooks/deploy.yml"]
    options = [option for pair in given.get("before", {}).items() for option in ("-e", "=".join(map(str, pair)))]
    done = subprocess.run(
        [*command, *options], cwd=before, env=environment, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    account = Account(aws.platform)
    there, foreign = account.owned(), account.foreign()
    assert len(there) > 7

    # This source has another image, and the task role's policy has one action more, with which the server watches
    # queries. With the image that runs, nothing else may differ.
    now = {**given.get("now", {}), "image_resolved_uri": image(client)}
    run = play("deploy.yml", **now)
    assert run.status == 0, run.failures
    assert run.writes == ["iam:PutRolePolicy"]
    now_there = account.owned()
    assert now_there.keys() == there.keys()
    (changed,) = (key for key in there if now_there[key] != there[key])
    assert ":role/" in changed
    assert "athena:BatchGetQueryExecution" in now_there[changed]
    assert account.foreign() == foreign
    again = play("deploy.yml", **now)
    assert (again.stats["changed"], again.writes) == (0, [])
