"""A run that is killed at any of its AWS writes, and run again: the end is the same each time.

Killed means SIGKILL to the whole run the moment a write arrives; the write is performed and nobody hears of it. So for
each write there is a stack on which everything up to it is done and nothing after it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.account import Account
from sandbox.control.snapshot import Snapshot

if TYPE_CHECKING:
    from conftest import Play

    from sandbox.control import ControlPlane

ROOT = Path(__file__).parents[2]
# Two tests, so that two processes share the work: one takes the odd writes, the other the even ones.
HALVES = pytest.mark.parametrize("half", [pytest.param(0, id="odd"), pytest.param(1, id="even")])


class Story:
    """One control plane that is brought back to a state again and again, and killed at every write from there."""

    def __init__(self, aws: ControlPlane, play: Play, build_and_deploy: Path) -> None:
        self.aws, self.play, self.deploy = aws, play, build_and_deploy
        self.account = Account(aws.platform)

    def completed(self, playbook: str | Path) -> int:
        """Run it, which must end well. Returns how many calls wrote."""
        run = self.play(playbook)
        assert run.status == 0, run.failures
        return len(run.writes)

    def killed(self, number: int, playbook: str | Path) -> str:
        """Run it and kill it at its write of that number, counted from 0. Returns what it was."""
        mark = self.aws.mark()
        fault = self.aws.faults.add("*", "*", "before", skip=number, writes=True, callback=self.play.kill)
        run = self.play(playbook)
        assert fault.fired == 1
        assert run.status < 0, "the run survived"
        self.aws.faults.clear()
        deadline = time.monotonic() + 30
        while len(writes := [call for call in self.aws.calls(mark) if call.write]) <= number:
            assert time.monotonic() < deadline, "the write was not performed"
            time.sleep(0.01)  # it still is: nobody waits for its answer but us
        assert len(writes) == number + 1, writes
        return f"killed at write {number + 1}, {writes[-1].service}:{writes[-1].operation}"


@pytest.fixture
def story(aws: ControlPlane, play: Play, tmp_path: Path) -> Story:
    both = tmp_path / "build_and_deploy.yml"
    both.write_text("".join(f"- import_playbook: {ROOT}/playbooks/{name}.yml\n" for name in ("build", "deploy")))
    story = Story(aws, play, both)
    story.account.foreign()  # the others' services settle at the first look
    return story


@HALVES
def test_a_first_deployment_killed_at_every_write_is_finished_by_the_next(story: Story, half: int) -> None:
    """And it can be destroyed as it is, half done, with nothing left: tried at every third write, for it takes long."""
    empty, foreign = Snapshot(), story.account.foreign()
    writes = story.completed(story.deploy)
    wanted = story.account.ours()
    assert writes > 15
    assert len(wanted) > 8
    for number in range(half, writes, 2):
        empty.restore()
        what = story.killed(number, story.deploy)
        died = Snapshot()
        story.completed(story.deploy)
        assert story.account.ours() == wanted, what
        assert story.account.foreign() == foreign, what
        if number % 3 == 2:
            died.restore()
            story.completed("destroy.yml")
            assert story.account.ours() == {}, what
            assert story.account.foreign() == foreign, what


@HALVES
def test_a_destruction_killed_at_every_write_is_finished_by_the_next(story: Story, half: int) -> None:
    foreign = story.account.foreign()
    story.completed(story.deploy)
    deployed = Snapshot()
    writes = story.completed("destroy.yml")
    assert story.account.ours() == {}
    assert writes > 8
    for number in range(half, writes, 2):
        deployed.restore()
        what = story.killed(number, "destroy.yml")
        story.completed("destroy.yml")
        assert story.account.ours() == {}, what
        assert story.account.foreign() == foreign, what
