"""IAM and STS as AWS has them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client

pytestmark = pytest.mark.usefixtures("empty")
ACCOUNT = "arn:aws:iam::850787717197"


def trust(principal: dict[str, str] | str) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TASKS = trust({"Service": "ecs-tasks.amazonaws.com"})
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


def code(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize("document", ['{"x": 1}', ALLOW])
def test_a_trust_policy_must_be_one(client: Client, document: str) -> None:
    with pytest.raises(ClientError) as caught:
        client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=document)
    assert code(caught) == "MalformedPolicyDocument"


def test_a_boundary_must_exist(client: Client) -> None:
    iam = client("iam")
    with pytest.raises(ClientError) as caught:
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=TASKS, PermissionsBoundary=f"{ACCOUNT}:policy/none")
    assert code(caught) == "NoSuchEntity"
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TASKS)
    with pytest.raises(ClientError) as caught:
        iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=f"{ACCOUNT}:policy/none")
    assert code(caught) == "NoSuchEntity"


def test_a_policy_in_use_stays(client: Client) -> None:
    iam = client("iam")
    for name in ("attached", "boundary"):
        iam.create_policy(PolicyName=name, PolicyDocument=ALLOW)
    boundary = f"{ACCOUNT}:policy/boundary"
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TASKS, PermissionsBoundary=boundary)
    assert iam.get_role(RoleName="r")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    iam.attach_role_policy(RoleName="r", PolicyArn=f"{ACCOUNT}:policy/attached")
    for name in ("attached", "boundary"):
        with pytest.raises(ClientError) as caught:
            iam.delete_policy(PolicyArn=f"{ACCOUNT}:policy/{name}")
        assert code(caught) == "DeleteConflict"
    iam.detach_role_policy(RoleName="r", PolicyArn=f"{ACCOUNT}:policy/attached")
    iam.delete_policy(PolicyArn=f"{ACCOUNT}:policy/attached")


def test_managed_policies_of_aws_are_there(client: Client) -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    assert client("iam").get_policy(PolicyArn=arn)["Policy"]["IsAttachable"]


def test_the_deployer_is_a_user(client: Client) -> None:
    assert client("sts").get_caller_identity()["Arn"] == f"{ACCOUNT}:user/sandbox"


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


def test_tasks_get_credentials_of_their_role(empty: ControlPlane, client: Client) -> None:
    client("iam").create_role(RoleName="task", AssumeRolePolicyDocument=TASKS)
    path = empty.credentials.issue("task-1", f"{ACCOUNT}:role/task")
    with urllib.request.urlopen(empty.url + path) as answer:
        credentials = json.load(answer)
    assert set(credentials) == {"RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"}
    with urllib.request.urlopen(empty.url + path) as answer:
        assert json.load(answer)["AccessKeyId"] == credentials["AccessKeyId"]
    identity = client("sts", credentials["AccessKeyId"]).get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::850787717197:assumed-role/task/task-1"
    assert empty.calls()[-1].access_key == credentials["AccessKeyId"]
    assert empty.credentials.access_keys() == {"task-1": credentials["AccessKeyId"]}
    empty.credentials.revoke("task-1")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(empty.url + path)
