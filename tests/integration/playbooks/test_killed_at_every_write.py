"""A run that is killed at any of its AWS writes, and run again: the end is the same each time.

Killed means SIGKILL to the whole run the moment a write arrives; the write is performed and nobody hears of it. So for
each write there is a stack on which everything up to it is done and nothing after it. A run that lives to its end meets
the same stacks one after the other: once it is shown by a first deployment and a destruction that a kill leaves nothing
else behind, the other stories keep what each write finds, which takes one run in place of many.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.account import Account
from sandbox.emulator.lock import api_lock
from sandbox.emulator.snapshot import Snapshot
from tests.integration.playbooks.inputs import BLUE_GREEN, QUICK, SCALED_ON_CPU
from tests.integration.playbooks.table import PLAYBOOKS

if TYPE_CHECKING:
    from conftest import Play, State

    from sandbox.emulator.control_plane import ControlPlane

ROOT = Path(__file__).parents[3]
CLUSTER, SERVICE = "sales-prod", "sales-prod-mcp-server-production"
SHIFTED = {**BLUE_GREEN, **SCALED_ON_CPU, "mcp_server_alarms": True}
# Two tests, so that two processes share the work: one takes the odd writes, the other the even ones.
HALVES = pytest.mark.parametrize("half", [pytest.param(0, id="odd"), pytest.param(1, id="even")])


class Story:
    """One control plane that is brought back to a state again and again, and killed at every write from there."""

    def __init__(self, aws: ControlPlane, play: Play, build_and_deploy: Path) -> None:
        self.aws, self.play, self.deploy = aws, play, build_and_deploy
        self.account = Account(aws.platform)
        self.interrupted: set[str] = set()

    def completed(self, playbook: str | Path, **given: Any) -> int:
        """Run it, which must end well. Returns how many calls wrote."""
        run = self.play(playbook, **given)
        assert run.status == 0, run.failures
        return len(run.writes)

    def cut(self, playbook: str, **given: Any) -> list[tuple[str, Snapshot]]:
        """Run it to its end. Returns for each write what it was and what a kill at it would have left."""
        self.interrupted.add(playbook)
        found: list[Snapshot] = []

        def look() -> None:
            with api_lock:
                found.append(Snapshot())

        self.aws.faults.add("*", "*", "before", times=None, writes=True, callback=look)
        run = self.play(playbook, **given)
        assert run.status == 0, run.failures
        self.aws.faults.clear()
        look()
        assert len(found) == len(run.writes) + 1
        return [(f"killed at write {n}, {write}", found[n]) for n, write in enumerate(run.writes, 1)]

    def killed(self, number: int, playbook: str | Path) -> str:
        """Run it and kill it at its write of that number, counted from 0. Returns what it was."""
        self.interrupted |= {"build.yml", "deploy.yml"} if playbook == self.deploy else {str(playbook)}
        mark = self.aws.mark()
        fault = self.aws.faults.add("*", "*", "before", skip=number, writes=True, callback=self.play.kill)
        run = self.play(playbook)
        assert fault.fired == 1
        assert run.status < 0, "the run survived"
        self.aws.faults.clear()
        deadline = time.monotonic() + 30
        while len(writes := [call for call in self.aws.calls(mark) if call.write]) <= number:
            assert time.monotonic() < deadline, "the write was not performed"
            time.sleep(0.01)  # it still is: nobody waits for its answer but this test
        assert len(writes) == number + 1, writes
        return f"killed at write {number + 1}, {writes[-1].service}:{writes[-1].operation}"


@pytest.fixture
def story(aws: ControlPlane, play: Play, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Story]:
    both = tmp_path / "build_and_deploy.yml"
    both.write_text("".join(f"- import_playbook: {ROOT}/playbooks/{name}.yml\n" for name in ("build", "deploy")))
    story = Story(aws, play, both)
    story.account.foreign()  # the others' services settle at the first look
    yield story
    assert story.interrupted == {name for name, row in PLAYBOOKS.items() if request.function.__name__ in row.killed}


@HALVES
def test_a_first_deployment_killed_at_every_write_is_finished_by_the_next(story: Story, half: int) -> None:
    """And it can be destroyed as it is, half done, with nothing left: tried at every third write, for it takes long."""
    empty, foreign = Snapshot(), story.account.foreign()
    writes = story.completed(story.deploy)
    wanted = story.account.owned()
    assert writes > 15
    assert len(wanted) > 8
    for number in range(half, writes, 2):
        empty.restore()
        what = story.killed(number, story.deploy)
        died = Snapshot()
        story.completed(story.deploy)
        assert story.account.owned() == wanted, what
        assert story.account.foreign() == foreign, what
        if number % 3 == 2:
            died.restore()
            story.completed("destroy.yml")
            assert story.account.owned() == {}, what
            assert story.account.foreign() == foreign, what


@HALVES
def test_a_destruction_killed_at_every_write_is_finished_by_the_next(story: Story, half: int) -> None:
    foreign = story.account.foreign()
    story.completed(story.deploy)
    deployed = Snapshot()
    writes = story.completed("destroy.yml")
    assert story.account.owned() == {}
    assert writes > 8
    for number in range(half, writes, 2):
        deployed.restore()
        what = story.killed(number, "destroy.yml")
        story.completed("destroy.yml")
        assert story.account.owned() == {}, what
        assert story.account.foreign() == foreign, what


def test_a_switch_to_shifting_traffic_and_back_killed_at_every_write_is_finished_by_the_next(
    deployed: State, story: Story, client: Callable[[str], Any]
) -> None:
    """With alarms and scaling, so that all that comes and goes with them is on the way."""
    foreign = story.account.foreign()
    there = story.cut("deploy.yml", **SHIFTED)
    assert len(there) > 12
    shifted, wanted = Snapshot(), story.account.owned()
    for what, left in there:
        left.restore()
        story.completed("deploy.yml", **SHIFTED)
        assert story.account.owned() == wanted, what
        assert story.account.foreign() == foreign, what

    shifted.restore()
    # The traffic goes to the first group again, where tasks of a rolling deployment are.
    client("ecs").update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)
    story.account.owned()
    back = story.cut("deploy.yml", **QUICK)
    assert len(back) > 4
    wanted = story.account.owned()
    assert not [key for key in wanted if "-tg-b/" in key or "scalable target" in key]
    for what, left in back:
        left.restore()
        story.completed("deploy.yml", **QUICK)
        assert story.account.owned() == wanted, what
        assert story.account.foreign() == foreign, what


def test_evidence_and_a_rollback_killed_at_every_write_are_finished_by_the_next(
    deployed: State, story: Story, routed_play: Play, client: Callable[[str], Any]
) -> None:
    story.play = routed_play
    ssm, ecs, foreign = client("ssm"), client("ecs"), story.account.foreign()

    def end() -> tuple[dict[str, str], str]:
        """What there is, whenever it was proven, and the release that runs. The evidence must agree."""
        found = ssm.get_parameters_by_path(Path=f"/quilt/{SERVICE}/releases", WithDecryption=True)["Parameters"]
        (document,) = [json.loads(one["Value"]) for one in found]
        (service,) = ecs.describe_services(cluster=CLUSTER, services=[SERVICE], include=["TAGS"])["services"]
        arn = document["task_definition_arn"]
        tags = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])["tags"]
        assert {"key": "quilt:proven", "value": document["time"]} in tags
        if service["taskDefinition"] == arn:
            assert document["deployment_id"] == service["deployments"][0]["id"]
        # When it was proven, and how often it was written down: the next run cannot see that all was said.
        drawn = re.compile(rf'{document["time"]}|"Version": \d+')
        return {key: drawn.sub("...", text) for key, text in story.account.owned().items()}, service["taskDefinition"]

    proofs = story.cut("verify.yml")
    assert len(proofs) > 1
    proven, wanted = Snapshot(), end()
    for what, left in proofs:
        left.restore()
        story.completed("verify.yml")
        assert end() == wanted, what
        assert story.account.foreign() == foreign, what

    proven.restore()
    good = wanted[1]
    story.completed("deploy.yml", mcp_server_log_level="debug")
    back = story.cut("rollback.yml")
    assert len(back) > 2
    wanted = end()
    assert wanted[1] == good
    for what, left in back:
        left.restore()
        story.completed("rollback.yml")
        assert end() == wanted, what
        assert story.account.foreign() == foreign, what
