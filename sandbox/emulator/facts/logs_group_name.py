"""The name of a log group does not begin with `aws/` (moto 5.2.5 takes it).

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
"""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogsBackend

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(LogsBackend, "create_log_group", _create)


def _create(original: Any, self: Any, log_group_name: str, *args: Any, **kwargs: Any) -> Any:
    if log_group_name.startswith("aws/"):
        # The wording could not be checked against AWS.
        raise InvalidParameterException("Log group names starting with aws/ are reserved for AWS.")
    return original(self, log_group_name, *args, **kwargs)
