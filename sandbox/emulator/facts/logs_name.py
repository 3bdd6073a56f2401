"""The name of a log group has letters, digits and the characters _ - / . # (moto 5.2.5 takes any).

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.logs.exceptions import InvalidParameterException
from moto.logs.responses import LogsResponse

from sandbox.emulator.patch import wrap

PATTERN = r"[\.\-_/#A-Za-z0-9]+"


def install() -> None:
    wrap(LogsResponse, "create_log_group", _create_log_group)


def _create_log_group(original: Any, self: Any) -> Any:
    name = self._get_param("logGroupName")
    if not re.fullmatch(PATTERN, name):
        constraint = f"Member must satisfy regular expression pattern: {PATTERN}"
        raise InvalidParameterException(constraint=constraint, parameter="logGroupName", value=name)
    return original(self)
