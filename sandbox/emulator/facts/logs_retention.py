"""Only the documented numbers of days are accepted as retention (moto 5.2.5 accepts any).

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
"""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogsBackend

from sandbox.emulator.patch import wrap

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def install() -> None:
    wrap(LogsBackend, "put_retention_policy", _put_retention_policy)


def _put_retention_policy(original: Any, self: Any, log_group_name: str, retention_in_days: Any) -> Any:
    if retention_in_days not in RETENTION_DAYS:
        raise InvalidParameterException(
            constraint=f"Member must satisfy enum value set: {list(RETENTION_DAYS)}",
            parameter="retentionInDays",
            value=retention_in_days,
        )
    return original(self, log_group_name, retention_in_days)
