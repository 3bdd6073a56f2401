"""The KMS key of a log group is associated and disassociated."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.log_group import group


def test_key_comes_and_goes(logs: Any) -> None:
    key = "arn:aws:kms:us-east-1:850787717197:key/1"
    logs.associate_kms_key(logGroupName="/ecs/x", kmsKeyId=key)
    assert group(logs)["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName="/ecs/x")
    assert "kmsKeyId" not in group(logs)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.associate_kms_key(logGroupName="/nope", kmsKeyId=key)
