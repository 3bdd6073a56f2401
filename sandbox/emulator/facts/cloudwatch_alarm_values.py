"""An alarm's period is 10, 20 or 30 seconds or whole minutes, it looks back for a day at most (a week where its period
is an hour or more), no more data points alarm than are looked at, its actions are ARNs, and a metric has one statistic
(moto 5.2.5 takes any).

The words about ARNs, data points and the period are known as CloudWatch's own, the latter from before 20 was added.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.responses import CloudWatchResponse

from sandbox.emulator.parsed_request import parsed
from sandbox.emulator.patch import wrap

_ARN = re.compile(r"arn:[\w-]+:[\w-]+:[^:]*:[^:]*:.+")
_SHORT_PERIODS = (10, 20, 30)
_MISSING_DATA = ("breaching", "notBreaching", "ignore", "missing")
_DAY, _WEEK, _HOUR = 86_400, 604_800, 3_600


def install() -> None:
    wrap(CloudWatchResponse, "put_metric_alarm", _put)


def _put(original: Any, self: Any) -> Any:
    request = parsed(self)
    alarm = request.given if request else {}
    problem = _of_metric(alarm) or _of_window(alarm) or _of_actions(alarm)
    if problem:
        raise ValidationError(problem)
    return original(self)


def _of_metric(alarm: dict[str, Any]) -> str | None:
    if alarm.get("MetricName") and bool(alarm.get("Statistic")) == bool(alarm.get("ExtendedStatistic")):
        return "Exactly one of Statistic and ExtendedStatistic must be specified for a metric."
    missing = alarm.get("TreatMissingData")
    if missing is not None and missing not in _MISSING_DATA:
        return f"Option {missing} is not supported for TreatMissingData. Supported options: {list(_MISSING_DATA)}"
    return None


def _of_window(alarm: dict[str, Any]) -> str | None:
    period, periods = alarm.get("Period"), alarm.get("EvaluationPeriods") or 1
    if (alarm.get("DatapointsToAlarm") or 0) > periods:
        return "DatapointsToAlarm must be less than or equal to EvaluationPeriods"
    if period is None:
        return None
    if period not in _SHORT_PERIODS and (period % 60 or not period):
        return "Period must be 10, 20, 30 or a multiple of 60"
    longest = _DAY if period < _HOUR else _WEEK
    if period * periods > longest:
        days = "a day" if longest == _DAY else "seven days"
        return f"Metrics cannot be checked across more than {days} (EvaluationPeriods * Period must be <= {longest})."
    return None


def _of_actions(alarm: dict[str, Any]) -> str | None:
    for kind in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        for action in alarm.get(kind) or []:
            if not _ARN.fullmatch(action):
                return f"Invalid arn syntax: {action}"
    return None
