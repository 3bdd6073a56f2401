"""AWS's own policies are there."""

from __future__ import annotations

import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import TASKS

pytestmark = pytest.mark.usefixtures("empty")


def test_managed_policies_of_aws_are_there(client: Client) -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    assert client("iam").get_policy(PolicyArn=arn)["Policy"]["IsAttachable"]


def test_a_policy_is_attached_to_nothing_after_a_reset(empty: ControlPlane, client: Client) -> None:
    iam = client("iam")
    arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TASKS)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    empty.reset(seed=False)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 0
