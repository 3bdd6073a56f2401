"""A permissions boundary must exist."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import ACCOUNT, TASKS, code

pytestmark = pytest.mark.usefixtures("empty")


def test_a_boundary_must_exist(client: Client) -> None:
    iam = client("iam")
    with pytest.raises(ClientError) as caught:
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=TASKS, PermissionsBoundary=f"{ACCOUNT}:policy/none")
    assert code(caught) == "NoSuchEntity"
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TASKS)
    with pytest.raises(ClientError) as caught:
        iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=f"{ACCOUNT}:policy/none")
    assert code(caught) == "NoSuchEntity"
