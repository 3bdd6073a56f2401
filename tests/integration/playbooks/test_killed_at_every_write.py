"""A run that is killed at any of its AWS writes, and run again: the end is the same each time.

Killed means SIGKILL to the whole run when a write arrives; the write is performed and no client gets the response.
So for each write there is a stack on which everything up to it is done and nothing after it. A run that is not killed
passes through the same stacks. A first deployment and a destroy run show that a kill leaves nothing else. The other
scenarios then save the stack at each write, which takes one run instead of many.
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


class Scenario:
    """One control plane that is restored to a state again and again, with a run killed at every write from there."""

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
def scenario(aws: ControlPlane, play: Play, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Scenario]:
    both = tmp_path / "build_and_deploy.yml"
    both.write_text("".join(f"- import_playbook: {ROOT}/playbooks/{name}.yml\n" for name in ("build", "deploy")))
    scenario = Scenario(aws, play, both)
    scenario.account.foreign()  # the others' services settle at the first look
    yield scenario
    assert scenario.interrupted == {name for name, row in PLAYBOOKS.items() if request.function.__name__ in row.killed}


@HALVES
def test_a_first_deployment_killed_at_every_write_is_finished_by_the_next(scenario: Scenario, half: int) -> None:
    """And it can be destroyed as it is, half done, with nothing left: tried at every third write, for it takes long."""
    empty, foreign = Snapshot(), scenario.account.foreign()
    writes = scenario.completed(scenario.deploy)
    wanted = scenario.account.owned()
    assert writes > 15
    assert len(wanted) > 8
    for number in range(half, writes, 2):
        empty.restore()
        what = scenario.killed(number, scenario.deploy)
        died = Snapshot()
        scenario.completed(scenario.deploy)
        assert scenario.account.owned() == wanted, what
        assert scenario.account.foreign() == foreign, what
        if number % 3 == 2:
            died.restore()
            scenario.completed("destroy.yml")
            assert scenario.account.owned() == {}, what
            assert scenario.account.foreign() == foreign, what


@HALVES
def test_a_destruction_killed_at_every_write_is_finished_by_the_next(scenario: Scenario, half: int) -> None:
    foreign = scenario.account.foreign()
    scenario.completed(scenario.deploy)
    deployed = Snapshot()
    writes = scenario.completed("destroy.yml")
    assert scenario.account.owned() == {}
    assert writes > 8
    for number in range(half, writes, 2):
        deployed.restore()
        what = scenario.killed(number, "destroy.yml")
        scenario.completed("destroy.yml")
        assert scenario.account.owned() == {}, what
        assert scenario.account.foreign() == foreign, what


def test_a_switch_to_shifting_traffic_and_back_killed_at_every_write_is_finished_by_the_next(
    deployed: State, scenario: Scenario, client: Callable[[str], Any]
) -> None:
    """With alarms and scaling, so that all that comes and goes with them is on the way."""
    foreign = scenario.account.foreign()
    there = scenario.cut("deploy.yml", **SHIFTED)
    assert len(there) > 12
    shifted, wanted = Snapshot(), scenario.account.owned()
    for what, left in there:
        left.restore()
        scenario.completed("deploy.yml", **SHIFTED)
        assert scenario.account.owned() == wanted, what
        assert scenario.account.foreign() == foreign, what

    shifted.restore()
    # The traffic goes to the first group again, where tasks of a rolling deployment are.
    client("ecs").update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)
    scenario.account.owned()
    back = scenario.cut("deploy.yml", **QUICK)
    assert len(back) > 4
    wanted = scenario.account.owned()
    assert not [key for key in wanted if "-tg-b/" in key or "scalable target" in key]
    for what, left in back:
        left.restore()
        scenario.completed("deploy.yml", **QUICK)
        assert scenario.account.owned() == wanted, what
        assert scenario.account.foreign() == foreign, what


def test_evidence_and_a_rollback_killed_at_every_write_are_finished_by_the_next(
    deployed: State, scenario: Scenario, routed_play: Play, client: Callable[[str], Any]
) -> None:
    scenario.play = routed_play
    ssm, ecs, foreign = client("ssm"), client("ecs"), scenario.account.foreign()

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
        # The time of the evidence and the number of its writes differ between runs.
        varying = re.compile(rf'{document["time"]}|"Version": \d+')
        owned = {key: varying.sub("...", text) for key, text in scenario.account.owned().items()}
        return owned, service["taskDefinition"]

    cuts = scenario.cut("verify.yml")
    assert len(cuts) > 1
    proven, wanted = Snapshot(), end()
    for what, left in cuts:
        left.restore()
        scenario.completed("verify.yml")
        assert end() == wanted, what
        assert scenario.account.foreign() == foreign, what

    proven.restore()
    good = wanted[1]
    scenario.completed("deploy.yml", mcp_server_log_level="debug")
    back = scenario.cut("rollback.yml")
    assert len(back) > 2
    wanted = end()
    assert wanted[1] == good
    for what, left in back:
        left.restore()
        scenario.completed("rollback.yml")
        assert end() == wanted, what
        assert scenario.account.foreign() == foreign, what
