"""The trust policy of a role limits who assumes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import ACCOUNT, code, trust

pytestmark = pytest.mark.usefixtures("empty")


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        ({"AWS": f"{ACCOUNT}:root"}, True),
        ({"AWS": "850787717197"}, True),
        ({"AWS": f"{ACCOUNT}:user/sandbox"}, True),
        ("*", True),
        ({"AWS": f"{ACCOUNT}:user/other"}, False),
        ({"Service": "ecs-tasks.amazonaws.com"}, False),
    ],
)
def test_a_role_decides_who_assumes_it(client: Client, principal: dict[str, str] | str, allowed: bool) -> None:
    client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust(principal))
    call: dict[str, Any] = {"RoleArn": f"{ACCOUNT}:role/r", "RoleSessionName": "ada"}
    if allowed:
        answer = client("sts").assume_role(**call)
        session = client("sts", answer["Credentials"]["AccessKeyId"])
        assert session.get_caller_identity()["Arn"] == "arn:aws:sts::850787717197:assumed-role/r/ada"
    else:
        with pytest.raises(ClientError) as caught:
            client("sts").assume_role(**call)
        assert code(caught) == "AccessDenied"


def test_a_session_may_assume_a_role_that_trusts_its_role(client: Client) -> None:
    iam = client("iam")
    iam.create_role(RoleName="first", AssumeRolePolicyDocument=trust("*"))
    iam.create_role(RoleName="second", AssumeRolePolicyDocument=trust({"AWS": f"{ACCOUNT}:role/first"}))
    first = client("sts").assume_role(RoleArn=f"{ACCOUNT}:role/first", RoleSessionName="ada")["Credentials"]
    second = {"RoleArn": f"{ACCOUNT}:role/second", "RoleSessionName": "ada"}
    assert client("sts", first["AccessKeyId"]).assume_role(**second)["Credentials"]
    with pytest.raises(ClientError, match="AccessDenied"):
        client("sts").assume_role(**second)


def test_a_missing_role_is_denied(client: Client) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        client("sts").assume_role(RoleArn=f"{ACCOUNT}:role/none", RoleSessionName="ada")


@pytest.mark.parametrize(("chained", "seconds"), [(False, 7201), (True, 3601)])
def test_a_session_is_no_longer_than_the_role_and_chaining_allow(client: Client, chained: bool, seconds: int) -> None:
    iam = client("iam")
    iam.create_role(RoleName="first", AssumeRolePolicyDocument=trust("*"))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust("*"), MaxSessionDuration=7200)
    key = client("sts").assume_role(RoleArn=f"{ACCOUNT}:role/first", RoleSessionName="ada")["Credentials"]
    sts = client("sts", key["AccessKeyId"]) if chained else client("sts")
    call: dict[str, Any] = {"RoleArn": f"{ACCOUNT}:role/r", "RoleSessionName": "ada"}
    assert sts.assume_role(**call, DurationSeconds=seconds - 1)
    with pytest.raises(ClientError, match="DurationSeconds exceeds") as caught:
        sts.assume_role(**call, DurationSeconds=seconds)
    assert code(caught) == "ValidationError"


def test_the_external_id_of_the_trust_policy_is_asked_for(client: Client) -> None:
    document = json.loads(trust("*"))
    document["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": "quilt"}}
    client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(document))
    call: dict[str, Any] = {"RoleArn": f"{ACCOUNT}:role/r", "RoleSessionName": "ada"}
    assert client("sts").assume_role(**call, ExternalId="quilt")
    for other in ({}, {"ExternalId": "other"}):
        with pytest.raises(ClientError, match="AccessDenied"):
            client("sts").assume_role(**call, **other)


@pytest.mark.parametrize(
    ("service", "operation", "code_"),
    [
        ("sts", "get_caller_identity", "ExpiredToken"),
        ("ecs", "list_clusters", "ExpiredTokenException"),
        ("ec2", "describe_vpcs", "ExpiredToken"),
        ("s3", "list_buckets", "ExpiredToken"),
    ],
)
def test_a_session_ends(client: Client, empty: ControlPlane, service: str, operation: str, code_: str) -> None:
    client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust("*"))
    answer = client("sts").assume_role(RoleArn=f"{ACCOUNT}:role/r", RoleSessionName="ada")
    session = client(service, answer["Credentials"]["AccessKeyId"])
    assert getattr(session, operation)()
    empty.end_sessions()
    with pytest.raises(ClientError) as caught:
        getattr(session, operation)()
    assert code(caught) == code_
    assert getattr(client(service), operation)()
