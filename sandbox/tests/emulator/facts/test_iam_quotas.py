"""Sizes and numbers of policies, and names of roles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import ALLOW, TASKS, code, trust


@pytest.fixture
def iam(empty: ControlPlane, client: Client) -> Any:
    iam = client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TASKS)
    return iam


def document(size: int, indent: int | None = None) -> str:
    """A policy of so many characters, white space aside."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b"}
    bare = len("".join(json.dumps({"Version": "2012-10-17", "Statement": [statement]}).split()))
    statement["Resource"] += "b" * (size - bare)
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=indent)


def refused(iam: Any, operation: str, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(iam, operation)(**request)
    return code(caught)


def test_inline_policies_are_counted_together(iam: Any) -> None:
    iam.put_role_policy(RoleName="r", PolicyName="a", PolicyDocument=document(6_000, indent=8))
    too_long = {"RoleName": "r", "PolicyName": "b", "PolicyDocument": document(4_241)}
    assert refused(iam, "put_role_policy", **too_long) == "LimitExceeded"
    iam.put_role_policy(RoleName="r", PolicyName="b", PolicyDocument=document(4_240))
    iam.put_role_policy(RoleName="r", PolicyName="a", PolicyDocument=document(5_000))
    assert iam.list_role_policies(RoleName="r")["PolicyNames"] == ["a", "b"]


def test_a_trust_policy_has_2048_characters(iam: Any) -> None:
    short = trust({"AWS": "arn:aws:iam::850787717197:role/" + "x" * 500})
    long = json.dumps({**json.loads(short), "Statement": json.loads(short)["Statement"] * 4})
    assert refused(iam, "create_role", RoleName="s", AssumeRolePolicyDocument=long) == "LimitExceeded"
    assert refused(iam, "update_assume_role_policy", RoleName="r", PolicyDocument=long) == "LimitExceeded"
    iam.create_role(RoleName="s", AssumeRolePolicyDocument=short)


def test_a_managed_policy_has_6144_characters(iam: Any) -> None:
    assert refused(iam, "create_policy", PolicyName="p", PolicyDocument=document(6_145)) == "LimitExceeded"
    iam.create_policy(PolicyName="p", PolicyDocument=document(6_144, indent=4))


def test_a_role_has_ten_managed_policies(iam: Any) -> None:
    arns = [iam.create_policy(PolicyName=f"p{number}", PolicyDocument=ALLOW)["Policy"]["Arn"] for number in range(11)]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    iam.attach_role_policy(RoleName="r", PolicyArn=arns[0])
    assert refused(iam, "attach_role_policy", RoleName="r", PolicyArn=arns[10]) == "LimitExceeded"


def test_a_name_is_taken_in_whatever_case(iam: Any) -> None:
    assert refused(iam, "create_role", RoleName="R", AssumeRolePolicyDocument=TASKS) == "EntityAlreadyExists"
