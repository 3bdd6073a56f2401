"""An invalid trust policy is refused."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import ALLOW, code

pytestmark = pytest.mark.usefixtures("empty")


@pytest.mark.parametrize("document", ['{"x": 1}', ALLOW])
def test_a_trust_policy_must_be_one(client: Client, document: str) -> None:
    with pytest.raises(ClientError) as caught:
        client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=document)
    assert code(caught) == "MalformedPolicyDocument"
