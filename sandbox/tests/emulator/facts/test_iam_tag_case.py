"""IAM compares the keys of tags without their case."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import TASKS, code

pytestmark = pytest.mark.usefixtures("empty")


def test_a_key_in_another_case_replaces_the_tag(client: Client) -> None:
    iam = client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TASKS, Tags=[{"Key": "Team", "Value": "a"}])
    iam.tag_role(RoleName="r", Tags=[{"Key": "team", "Value": "b"}])
    assert iam.list_role_tags(RoleName="r")["Tags"] == [{"Key": "team", "Value": "b"}]


def test_two_cases_of_a_key_in_one_request_are_refused(client: Client) -> None:
    both = [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]
    with pytest.raises(ClientError, match="Tag keys are case insensitive") as caught:
        client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TASKS, Tags=both)
    assert code(caught) == "InvalidInput"
