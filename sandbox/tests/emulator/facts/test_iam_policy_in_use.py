"""A policy in use cannot be deleted."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import ACCOUNT, ALLOW, TASKS, code

pytestmark = pytest.mark.usefixtures("empty")


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
