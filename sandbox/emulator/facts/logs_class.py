"""A log group has a class, one of four, and shows it (moto 5.2.5 drops it).

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
"""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogGroup
from moto.logs.responses import LogsResponse

from sandbox.emulator.patch import wrap

CLASSES = ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS")


def install() -> None:
    wrap(LogsResponse, "create_log_group", _create_log_group)
    wrap(LogGroup, "to_describe_dict", _to_describe_dict)


def _create_log_group(original: Any, self: Any) -> Any:
    log_class = self._get_param("logGroupClass") or CLASSES[0]
    if log_class not in CLASSES:
        constraint = f"Member must satisfy enum value set: {list(CLASSES)}"
        raise InvalidParameterException(constraint=constraint, parameter="logGroupClass", value=log_class)
    answer = original(self)
    self.logs_backend.groups[self._get_param("logGroupName")].log_group_class = log_class
    return answer


def _to_describe_dict(original: Any, self: Any) -> dict[str, Any]:
    return {**original(self), "logGroupClass": getattr(self, "log_group_class", CLASSES[0])}
