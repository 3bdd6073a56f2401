"""Only documented retention is accepted."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.log_group import group


@pytest.mark.parametrize("days", [1, 30, 1096, 2192, 3288, 3653])
def test_documented_retention_is_accepted(logs: Any, days: int) -> None:
    logs.put_retention_policy(logGroupName="/ecs/x", retentionInDays=days)
    assert group(logs)["retentionInDays"] == days


@pytest.mark.parametrize("days", [0, 2, 31, 366, 5000])
def test_other_retention_is_refused(logs: Any, days: int) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.put_retention_policy(logGroupName="/ecs/x", retentionInDays=days)
    assert "retentionInDays" not in group(logs)
