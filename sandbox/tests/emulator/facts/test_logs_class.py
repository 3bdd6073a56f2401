"""A log group has a class."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.log_group import group


def test_class_is_shown_and_checked(logs: Any) -> None:
    assert group(logs)["logGroupClass"] == "STANDARD"
    logs.create_log_group(logGroupName="/rare", logGroupClass="INFREQUENT_ACCESS")
    (rare,) = logs.describe_log_groups(logGroupNamePrefix="/rare")["logGroups"]
    assert rare["logGroupClass"] == "INFREQUENT_ACCESS"
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.create_log_group(logGroupName="/y", logGroupClass="CHEAP")
