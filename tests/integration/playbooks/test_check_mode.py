"""Check mode on an empty account: every resource is predicted, and nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.playbooks.inputs import LINEAR, SCALED_ON_CPU, UNANSWERED
from tests.integration.playbooks.table import PLAYBOOKS

if TYPE_CHECKING:
    from conftest import Play


def test_the_whole_chain_with_nothing_and_with_all_that_an_operator_may_ask_for(play: Play) -> None:
    rich = {
        **LINEAR,
        **SCALED_ON_CPU,
        "mcp_server_execute_command": True,
        "mcp_server_alarms": True,
        "mcp_server_platform": "linux/arm64",
    }
    uris = []
    for given, architecture in ((UNANSWERED, "X86_64"), (rich, "ARM64")):
        run = play("site.yml", "--check", "--diff", **given)
        assert run.status == 0, run.failures
        assert run.stats["failures"] == 0
        assert run.stats["changed"] > 5
        assert run.calls
        assert run.writes == []
        (security_group,) = run.results("Ensure the security group of the tasks exists")
        assert security_group["changed"]
        (evidence,) = run.results("Ensure the evidence of the release exists")
        assert evidence["changed"]
        assert evidence["evidence"]["release"] == "known-after-apply"
        definition: dict[str, Any] = run.results("Ensure the task definition is registered")[0]["task_definition"]
        assert definition["runtime_platform"]["cpu_architecture"] == architecture
        uris.append(definition["container_definitions"][0]["image"])
    assert uris[0] != uris[1]
    (target,) = [one for one in run.results("Ensure the scaling is as configured") if "scalable_target" in one]
    assert target["changed"]
    assert len(target["scalable_target"]["policies"]) == 1
    assert [volume["name"] for volume in definition["volumes"]] == ["agent-log", "agent-state", "tmp"]
    (roles,) = run.results("Ensure the IAM roles exist")
    assert "ssmmessages:OpenDataChannel" in str(roles["diff"]["after"])


@pytest.mark.parametrize("playbook", sorted({*PLAYBOOKS} - {"site.yml"}))  # that is the chain above
def test_every_playbook_writes_nothing_and_says_what_is_missing(play: Play, playbook: str) -> None:
    run = play(playbook, "--check", "--diff")
    assert run.writes == []
    assert run.calls
    said = PLAYBOOKS[playbook].empty_account
    assert (run.status == 0) == (not said), run.failures
    assert said in "".join(run.failures)
