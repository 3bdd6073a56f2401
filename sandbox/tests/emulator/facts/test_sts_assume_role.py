"""The trust policy of a role limits who assumes it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

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
