"""iam_roles: all roles are planned before the first is written, those of other owners are only read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.emulator.control_plane import ControlPlane
from tests.kinds.iam_role import policy, trust

OWN = {"quilt:deployment": "sales-prod-mcp-server-production"}
THEIRS = [{"Key": "quilt:deployment", "Value": "another"}]
TASKS = trust("ecs-tasks.amazonaws.com")
READ = policy(Action=["s3:GetObject"], Resource=["arn:aws:s3:::example/*"])
TASK = {"purpose": "task", "role_name": "mcp-task", "assume_role_policy_document": TASKS, "policies": {"data": READ}}
EXECUTION = {"purpose": "execution", "role_name": "mcp-execution", "assume_role_policy_document": TASKS}
BOTH = [TASK, EXECUTION]

Result = dict[str, Any]


@pytest.fixture
def roles(run_module: Any) -> Callable[..., Result]:
    """roles(descriptions, check=False, **parameters): the module."""

    def run(given: list[Result], check: bool = False, **parameters: Any) -> Result:
        result: Result = run_module("iam_roles", check=check, **{"roles": given, "require_tags": OWN, **parameters})
        return result

    return run


def add_foreign(client: Any, name: str, service: str = "ecs-tasks.amazonaws.com") -> None:
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust(service)), Tags=THEIRS)


def names(client: Any) -> set[str]:
    return {one["RoleName"] for one in client("iam").list_roles()["Roles"] if one["RoleName"].startswith("mcp-")}


def test_all_roles_are_made_once_and_check_mode_shows_their_arns(roles: Any, client: Any) -> None:
    planned = roles(BOTH, check=True)
    assert (planned["changed"], planned["writes"], names(client)) == (True, [], set())
    made = roles(BOTH, tags={"team": "data"})
    assert made["writes"] == ["CreateRole", "PutRolePolicy", "CreateRole"]
    assert made["arns"] == planned["arns"]
    assert made["arns"]["task"].endswith(":role/mcp-task") and made["arns"].keys() == {"task", "execution"}
    assert made["roles"]["execution"]["tags"] == {**OWN, "team": "data"}
    assert made["diff"]["before"] == {"mcp-task": {}, "mcp-execution": {}}
    assert made["diff"]["after"].keys() == {"mcp-task", "mcp-execution"}
    again = roles(BOTH, tags={"team": "data"})
    assert (again["changed"], again["writes"], again["arns"]) == (False, [], made["arns"])


def test_only_the_role_that_differs_is_written(roles: Any) -> None:
    roles(BOTH)
    changed = roles([TASK, {**EXECUTION, "description": "Pulls the image"}])
    assert changed["writes"] == ["UpdateRole"]
    assert changed["diff"]["before"]["mcp-task"] == changed["diff"]["after"]["mcp-task"]


@pytest.mark.parametrize("check", [True, False])
def test_what_is_wrong_with_the_last_role_is_said_before_the_first_is_written(
    roles: Any, client: Any, check: bool
) -> None:
    add_foreign(client, "mcp-execution")
    bad = {"purpose": "ecs", "role_name": "mcp-ecs", "assume_role_policy_document": {}}
    result = roles([*BOTH, bad], check=check, refusal_hint="choose other names")
    assert "mcp-execution: it exists but is foreign" in result["msg"]
    assert "mcp-ecs: assume_role_policy_document is empty" in result["msg"]
    assert result["msg"].endswith("; choose other names") and result["msg"].count("choose other names") == 1
    assert (result["writes"], names(client)) == ([], {"mcp-execution"})


def test_a_change_that_aws_cannot_make_offers_nothing_that_this_module_lacks(roles: Any) -> None:
    roles(BOTH)
    result = roles([{**TASK, "path": "/apps/"}, {**EXECUTION, "description": "other"}])
    assert "AWS cannot change path" in result["msg"] and "replace" not in result["msg"]
    assert result["writes"] == []


@pytest.mark.parametrize("check", [True, False])
def test_a_role_of_others_is_only_read(roles: Any, client: Any, check: bool) -> None:
    add_foreign(client, "mcp-task")
    result = roles([{**TASK, "managed": False}], check=check, tags={"team": "data"}, purge_tags=True)
    assert (result["changed"], result["writes"]) == (False, [])
    assert result["arns"]["task"].endswith(":role/mcp-task")
    assert result["roles"]["task"]["tags"] == {"quilt:deployment": "another"}
    assert "s3:GetObject" in str(result["warnings"]), "what it must allow, as nobody looks whether it does"
    assert {call.operation for call in result["calls"]} == {"GetRole"}


def test_a_role_of_others_with_another_path_is_refused(roles: Any, client: Any) -> None:
    add_foreign(client, "mcp-task")
    result = roles([{**TASK, "managed": False, "path": "/apps/"}])
    assert result["failed"] and "its path is /, wanted is /apps/" in result["msg"]
    assert not roles([{**TASK, "managed": False, "path": "/"}]).get("failed")


@pytest.mark.parametrize(
    ("there", "text"),
    [
        pytest.param("", "IAM role mcp-task: there is no such role in this account", id="missing"),
        pytest.param("lambda.amazonaws.com", "have ecs-tasks.amazonaws.com added to the trust policy", id="untrusting"),
    ],
)
def test_a_role_of_others_that_cannot_be_used_is_refused_with_all_else(
    roles: Any, client: Any, there: str, text: str
) -> None:
    if there:
        add_foreign(client, "mcp-task", there)
    add_foreign(client, "mcp-execution")
    result = roles([{**TASK, "managed": False}, EXECUTION])
    assert text in result["msg"] and "mcp-execution: it exists but is foreign" in result["msg"]
    assert result["writes"] == []


def test_absent_leaves_the_roles_of_others(roles: Any, client: Any) -> None:
    roles(BOTH)
    add_foreign(client, "mcp-ecs")
    given = [
        {"purpose": "task", "role_name": "mcp-task"},
        {"purpose": "given", "role_name": "mcp-execution", "managed": False},
        {"purpose": "ecs", "role_name": "mcp-ecs"},
    ]
    refused = roles(given, state="absent")
    assert "mcp-ecs: it exists but is foreign" in refused["msg"] and refused["writes"] == []
    gone = roles(given, state="absent", leave_foreign=True)
    assert gone["writes"] == ["DeleteRolePolicy", "DeleteRole"]
    assert (gone["arns"]["task"], gone["arns"]["ecs"]) == ("", "")
    assert gone["arns"]["given"].endswith(":role/mcp-execution"), "it is still there"
    assert names(client) == {"mcp-execution", "mcp-ecs"}
    again = roles(given, state="absent", leave_foreign=True)
    assert (again["changed"], again["writes"]) == (False, [])


def test_a_run_that_died_between_two_roles_is_finished_by_the_next(roles: Any, aws: ControlPlane, client: Any) -> None:
    fault = aws.faults.add("iam", "CreateRole", "error", code="AccessDenied", status=403, skip=1, times=1)
    assert roles(BOTH)["failed"] and fault.fired == 1
    assert names(client) == {"mcp-task"}
    assert roles(BOTH)["writes"] == ["CreateRole"]
