"""GetCallerIdentity names the user of the key."""

from __future__ import annotations

import pytest

from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import ACCOUNT

pytestmark = pytest.mark.usefixtures("empty")


def test_the_deployer_is_a_user(client: Client) -> None:
    assert client("sts").get_caller_identity()["Arn"] == f"{ACCOUNT}:user/sandbox"
