"""A scheduled action needs a schedule that can be read, a time zone that exists, an end after its start, and limits of
which the minimum is not above the maximum (moto 5.2.5 accepts anything).

A schedule is at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(minutes hours day-of-month month day-of-week year),
where one of the two days is `?`. How much of a field's inside AWS judges could not be checked, nor the words.

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

from sandbox.emulator.patch import wrap

_SCHEDULE = re.compile(r"(at|rate|cron)\((.+)\)")
_RATE = re.compile(r"[1-9]\d* (minute|hour|day)s?")
_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"
# Least and most of each field, its names, and what else may stand in it.
_FIELDS: tuple[tuple[int, int, str, str], ...] = (
    (0, 59, "", ""),
    (0, 23, "", ""),
    (1, 31, "", r"L|LW|\d{1,2}W|\?"),
    (1, 12, _MONTHS, ""),
    (1, 7, _DAYS, rf"L|(?:[1-7]|{_DAYS})(?:L|#[1-5])|\?"),
    (1970, 2199, "", ""),
)


def install() -> None:
    wrap(ApplicationAutoscalingBackend, "put_scheduled_action", _put)


def _put(original: Any, self: Any, **action: Any) -> None:
    limits = action["scalable_target_action"] or {}
    if not _known(self, action) and not (action["schedule"] and limits):
        raise AWSValidationException("A new scheduled action needs Schedule and ScalableTargetAction")
    if action["schedule"] and not is_schedule(action["schedule"]):
        raise AWSValidationException(f"Invalid schedule expression: {action['schedule']}")
    if action.get("timezone") and action["timezone"] not in available_timezones():
        raise AWSValidationException(f"Invalid timezone: {action['timezone']}")
    if action.get("start_time") and action.get("end_time") and action["end_time"] <= action["start_time"]:
        raise AWSValidationException("The end time must be after the start time")
    if limits.get("MinCapacity", 0) > limits.get("MaxCapacity", float("inf")):
        raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
    original(self, **action)


def is_schedule(text: str) -> bool:
    """Whether Application Auto Scaling reads it."""
    found = _SCHEDULE.fullmatch(text)
    if found is None:
        return False
    kind, inside = found.groups()
    if kind == "rate":
        return _RATE.fullmatch(inside) is not None
    return _is_time(inside) if kind == "at" else _is_cron(inside)


def _is_time(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return True


def _is_cron(text: str) -> bool:
    fields = text.upper().split()
    if len(fields) != len(_FIELDS) or (fields[2] == "?") == (fields[4] == "?"):
        return False
    return all(_is_part(part, *rule) for field, rule in zip(fields, _FIELDS, strict=True) for part in field.split(","))


def _is_part(part: str, least: int, most: int, names: str, special: str) -> bool:
    if special and re.fullmatch(special, part):
        return True
    value = rf"\d+|{names}" if names else r"\d+"
    found = re.fullmatch(rf"(?:\*|({value})(?:-({value}))?)(?:/(\d+))?", part)
    if found is None or found[3] == "0":
        return False
    return all(least <= int(number) <= most for number in found.groups()[:2] if number and number.isdigit())


def _known(backend: Any, action: dict[str, Any]) -> bool:
    names = ("service_namespace", "resource_id", "scalable_dimension", "scheduled_action_name")
    return any(all(getattr(one, name) == action[name] for name in names) for one in backend.scheduled_actions)
