"""Modules whose credentials assume a role: everything is asked with its session, which is renewed before it ends."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible.plugins.loader import lookup_loader
from ansible_collections.quilt.mcp_server.plugins.module_utils._core import assumed_role
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.clients import Clients
from ansible_collections.quilt.mcp_server.plugins.plugin_utils import connection

if TYPE_CHECKING:
    from sandbox.emulator.control_plane import ControlPlane

ACCOUNT = "850787717197"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deployer"


def trust(principal: Any, **condition: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def role(client: Callable[[str], Any]) -> dict[str, Any]:
    """The option `assume_role` with a role that everybody in the account may assume."""
    client("iam").create_role(RoleName="deployer", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    return {"role_arn": ROLE}


def keys_of(aws: ControlPlane, mark: int = 0) -> dict[str, set[str]]:
    """Operation -> the access keys that asked for it."""
    found: dict[str, set[str]] = {}
    for call in aws.calls(mark):
        found.setdefault(call.operation, set()).add(call.access_key)
    return found


def asked(aws: ControlPlane, mark: int = 0) -> int:
    return sum(call.operation == "AssumeRole" for call in aws.calls(mark))


def test_everything_is_asked_with_the_session_of_the_role(
    aws: ControlPlane, run_module: Any, role: dict[str, Any]
) -> None:
    role |= {"session_name": "awx-7"}
    mark = aws.mark()
    result = run_module("assert_account", account_id=ACCOUNT, assume_role=role)
    assert result["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/awx-7"
    used = keys_of(aws, mark)
    assert used.pop("AssumeRole") == {"sandbox"}
    assert used
    assert all(key.startswith("ASIA") for keys in used.values() for key in keys)


def test_tasks_with_one_folder_share_a_session(
    aws: ControlPlane, run_module: Any, role: dict[str, Any], tmp_path: Path
) -> None:
    role |= {"session_folder": str(tmp_path / "sessions")}
    mark = aws.mark()
    for _ in range(3):
        assert "failed" not in run_module("assert_account", account_id=ACCOUNT, assume_role=role)
    assert asked(aws, mark) == 1
    (file,) = (tmp_path / "sessions").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "other",
    [{"session_name": "other"}, {"external_id": "other"}, {"duration": 900}],
    ids=lambda other: next(iter(other)),
)
def test_a_session_is_for_what_was_asked(
    aws: ControlPlane, run_module: Any, role: dict[str, Any], tmp_path: Path, other: dict[str, Any]
) -> None:
    role |= {"session_folder": str(tmp_path)}
    mark = aws.mark()
    run_module("assert_account", account_id=ACCOUNT, assume_role=role)
    run_module("assert_account", account_id=ACCOUNT, assume_role=role | other)
    assert asked(aws, mark) == 2


def test_a_session_is_for_the_credentials_that_asked(
    aws: ControlPlane, run_module: Any, role: dict[str, Any], tmp_path: Path
) -> None:
    role |= {"session_folder": str(tmp_path)}
    mark = aws.mark()
    run_module("assert_account", account_id=ACCOUNT, assume_role=role)
    run_module("assert_account", account_id=ACCOUNT, assume_role=role, access_key="other", secret_key="other")
    assert keys_of(aws, mark)["AssumeRole"] == {"sandbox", "other"}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"expiry_time": "soon"}', '{"expiry_time": "2026-01-01"}'])
def test_a_file_that_is_no_session_is_passed_over(
    aws: ControlPlane, run_module: Any, role: dict[str, Any], tmp_path: Path, content: str
) -> None:
    role |= {"session_folder": str(tmp_path)}
    run_module("assert_account", account_id=ACCOUNT, assume_role=role)
    (file,) = tmp_path.iterdir()
    file.write_text(content)
    mark = aws.mark()
    assert "failed" not in run_module("assert_account", account_id=ACCOUNT, assume_role=role)
    assert asked(aws, mark) == 1


def test_a_session_that_is_about_to_end_is_not_taken_over(
    aws: ControlPlane, run_module: Any, role: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    role |= {"session_folder": str(tmp_path), "duration": 900}
    run_module("assert_account", account_id=ACCOUNT, assume_role=role)
    aws.end_sessions()
    monkeypatch.setattr(assumed_role, "RENEW_BEFORE", 900)
    assert "failed" not in run_module("assert_account", account_id=ACCOUNT, assume_role=role)


def test_a_module_that_waits_renews_its_session(
    aws: ControlPlane, run_module: Any, role: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shortest session lasts 15 minutes, so it is made to be renewed a second after its begin."""
    monkeypatch.setattr(assumed_role, "RENEW_BEFORE", 899)
    from ansible_collections.quilt.mcp_server.plugins.modules import assert_account

    caller, arns = assert_account.caller, []

    def twice(client: Clients, params: Any) -> dict[str, Any]:
        arns.append(caller(client, params)["arn"])
        time.sleep(1.1)
        aws.end_sessions()
        arns.append(caller(client, params)["arn"])
        return {}

    monkeypatch.setattr(assert_account, "caller", twice)
    mark = aws.mark()
    result = run_module("assert_account", account_id=ACCOUNT, assume_role=role | {"duration": 900})
    assert "failed" not in result, result
    assert len(arns) == 2
    assert asked(aws, mark) == 2
    assert len(keys_of(aws, mark)["GetCallerIdentity"]) == 2


def test_a_role_that_may_not_be_assumed_is_named(aws: ControlPlane, run_module: Any, client: Any) -> None:
    client("iam").create_role(RoleName="deployer", AssumeRolePolicyDocument=trust({"AWS": "999999999999"}))
    result = run_module("assert_account", account_id=ACCOUNT, assume_role={"role_arn": ROLE})
    assert result["failed"]
    first, *lines = result["msg"].splitlines()
    assert first == "Failed to assume the role role/deployer"
    assert lines[0].startswith("Found: AWS denies it: AccessDenied: User: ")
    assert "trust policy" in lines[1]
    assert "role_arn and external_id" in lines[2]
    assert ROLE in result["arns"]
    assert {call.operation for call in result["calls"]} == {"AssumeRole"}


def test_the_external_id_is_sent(aws: ControlPlane, run_module: Any, client: Any) -> None:
    condition = {"Condition": {"StringEquals": {"sts:ExternalId": "quilt"}}}
    client("iam").create_role(RoleName="deployer", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}, **condition))
    given = {"role_arn": ROLE, "external_id": "quilt"}
    assert "failed" not in run_module("assert_account", account_id=ACCOUNT, assume_role=given)
    assert run_module("assert_account", account_id=ACCOUNT, assume_role={"role_arn": ROLE})["failed"]


def test_a_chained_session_has_an_hour_and_the_message_says_so(
    aws: ControlPlane, run_module: Any, client: Any, role: dict[str, Any]
) -> None:
    client("iam").update_role(RoleName="deployer", MaxSessionDuration=7200)
    keys = client("sts").assume_role(RoleArn=ROLE, RoleSessionName="first")["Credentials"]
    of_session = {
        "access_key": keys["AccessKeyId"],
        "secret_key": keys["SecretAccessKey"],
        "session_token": keys["SessionToken"],
    }
    result = run_module("assert_account", account_id=ACCOUNT, assume_role=role | {"duration": 7200}, **of_session)
    assert "Found: AWS refuses a session of 7200 seconds" in result["msg"]
    assert "Remedy: set duration to 3600 or leave it out" in result["msg"]
    assert "failed" not in run_module("assert_account", account_id=ACCOUNT, assume_role=role, **of_session)
    longer = run_module("assert_account", account_id=ACCOUNT, assume_role=role | {"duration": 7201})
    assert "the role's MaxSessionDuration is shorter" in longer["msg"]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"role_arn": "deployer"}, "role_arn is 'deployer'"),
        ({"role_arn": f"arn:aws:iam::{ACCOUNT}:user/deployer"}, "role_arn is"),
        ({"role_arn": ROLE, "session_name": "a b"}, "session_name is 'a b'"),
        ({"role_arn": ROLE, "external_id": "s p"}, "external_id is a value of another form"),
        ({"role_arn": ROLE, "duration": 60}, "duration is 60"),
        ({"role_arn": ROLE, "duration": 43201}, "duration is 43201"),
    ],
)
def test_what_aws_would_refuse_is_refused_before_any_call(
    aws: ControlPlane, run_module: Any, given: dict[str, Any], found: str
) -> None:
    result = run_module("assert_account", account_id=ACCOUNT, assume_role=given)
    assert result["failed"]
    assert f"Found: assume_role: {found}" in result["msg"]
    assert result["calls"] == []


def test_the_lookup_asks_with_the_session_too(
    aws: ControlPlane, role: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its options are as they were written: text, and null."""
    monkeypatch.setattr(connection.C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    lookup = lookup_loader.get("quilt.mcp_server.ecr_password")
    given = {"region": aws.region, "endpoint_url": aws.url, "access_key": "sandbox", "secret_key": "sandbox"}
    mark = aws.mark()
    for _ in range(2):
        (password,) = lookup.run([], {}, **given, assume_role={**role, "duration": "900", "session_name": None})
        assert password
    used = keys_of(aws, mark)
    assert (used["AssumeRole"], asked(aws, mark)) == ({"sandbox"}, 1)
    assert all(key.startswith("ASIA") for key in used["GetAuthorizationToken"])


def test_a_profile_and_a_key_of_one_name_have_two_sessions(
    aws: ControlPlane, run_module: Any, role: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").write_text("[sandbox]\naws_access_key_id = other\naws_secret_access_key = other\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    role |= {"session_folder": str(tmp_path / "sessions")}
    mark = aws.mark()
    run_module("assert_account", account_id=ACCOUNT, assume_role=role)
    none = {"access_key": "", "secret_key": "", "profile": "sandbox"}
    assert "failed" not in run_module("assert_account", account_id=ACCOUNT, assume_role=role, **none)
    assert keys_of(aws, mark)["AssumeRole"] == {"sandbox", "other"}
