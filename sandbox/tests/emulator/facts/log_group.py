"""The log group of the tests of CloudWatch Logs."""

from __future__ import annotations

from typing import Any


def group(logs: Any) -> Any:
    return logs.describe_log_groups(logGroupNamePrefix="/ecs/x")["logGroups"][0]
