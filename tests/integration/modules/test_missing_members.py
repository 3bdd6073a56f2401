"""What a module does when an answer of AWS lacks a member: it says so, and takes nothing for unchanged or for own.

The answers are those of the sandbox to each kind in check mode. They are played back with one member taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.emulator.control_plane import ControlPlane
from tests.integration.modules.recorded_answers import Member, Path, Player, unexpected
from tests.kinds import Kind, parametrize

OWN = {"quilt:deployment": "sales-prod-mcp-server-production"}
TAGS = ("tags", "Tags", "TagList")
# What identifies a thing, or holds the things that were asked for: without it there is nothing to go on with.
IDENTITIES = ("Key", "Priority", "deployments", "id", "status", "taskDefinition", "Value")
OF_A_RULE = ("CidrIp", "IpProtocol")  # of a security group
# By module, the operations whose tags are not those of the resource: a family is shared, so a revision of others is
# passed over, and of a service that lacks its owner's tags the task definition says whose it is.
NOT_ITS_TAGS = {
    "ecs_task_definition": {"DescribeTaskDefinition"},
    "elb_listener_rule": {"DescribeTags"},  # of the load balancer and of the default rule, at the ends of the list
    "release": {"DescribeServices", "DescribeTaskDefinition"},
}


def identifies(path: Path) -> bool:
    """Whether a member may be taken for granted."""
    name = str(path[-1])
    return len(path) == 1 or name.lower().endswith(("arn", "name")) or name in (*IDENTITIES, *OF_A_RULE)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize(metafunc)


def is_owner(kind: Kind, member: Member) -> bool:
    """Whether a member says whose the resource is."""
    return member[1][-1] in TAGS and member[0] not in NOT_ITS_TAGS.get(kind.module, ())


def is_excused(kind: Kind, case: str, member: Member) -> bool:
    """Whether nothing is to be done without the member.

    A change may be to what the service fills in, which an answer without the member means too. Of a shared family or
    folder what is not own is left alone.
    """
    name, value = next(iter(kind.changes.items()))
    is_default = case == "changed" and getattr(kind.resource, "defaults", {}).get(name) == value
    return is_default or (kind.module in NOT_ITS_TAGS and any(part in TAGS for part in member[1]))


def test_an_answer_without_a_member_is_no_traceback_nor_unchanged_nor_own(
    aws: ControlPlane, kind: Kind, client: Callable[[str], Any], run_module: Any, player: Player
) -> None:
    given = {**kind.identity, **kind.full, **kind.prepare(client), "require_tags": OWN}
    name, value = next(iter(kind.changes.items()))
    asked = {"same": given, "changed": {**given, name: value}, "absent": {**given, "state": "absent"}}
    first = run_module(kind.module, **given)
    assert first["changed"], first
    player.answers.clear()
    calm = {case: run_module(kind.module, check=True, **parameters) for case, parameters in asked.items()}
    assert [calm[case]["changed"] for case in asked] == [False, True, True]
    members = player.members()
    assert members
    player.plays = True
    wrong = []
    for player.without in members:
        for case, parameters in asked.items():
            result = run_module(kind.module, check=True, **parameters)
            fault = fault_of(kind, case, player.without, result)
            wrong += [(player.without, case, fault)] if fault else []
    assert wrong == []


def fault_of(kind: Kind, case: str, member: Member, result: dict[str, Any]) -> str:
    """What is wrong with the result of a run without a member of an answer; empty when nothing is."""
    if result.get("failed"):
        return "" if identifies(member[1]) else unexpected(result)
    if case != "same" and not result["changed"] and not is_excused(kind, case, member):
        return "unchanged"
    is_left = case == "absent" and not result["changed"]
    return "taken for own" if is_owner(kind, member) and not is_left else ""
