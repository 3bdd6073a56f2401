"""When a scheduled action is due: at(...), rate(...) and cron(...) of Application Auto Scaling. Pure.

Not understood are L, W and # in cron: such an action is never due here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.pace import wait_of

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_MOST_MINUTES = 60  # of the past that are looked at, after a pause of the sandbox


def is_due(schedule: str, zone: str, made: datetime, since: datetime, until: datetime) -> bool:
    """Whether the schedule has a moment after `since`, up to `until`. All three times are in UTC.

    zone: the name of the schedule's time zone; made: when the action was made, from which a rate counts. A rate is a
    wait, so that it passes at SANDBOX_SPEED; the others are times of the clock.
    """
    kind, _, rest = schedule.partition("(")
    text = rest.removesuffix(")").strip()
    where = ZoneInfo(zone or "UTC")
    if kind == "at":
        return since < datetime.fromisoformat(text).replace(tzinfo=where) <= until
    if kind == "rate":
        number, _, unit = text.partition(" ")
        period = wait_of(int(number) * _UNITS[unit.strip().removesuffix("s")])
        return (until - made).total_seconds() // period > max((since - made).total_seconds(), 0) // period
    minute = until.replace(second=0, microsecond=0)
    for _ in range(_MOST_MINUTES):
        if minute <= since:
            return False
        if _is_minute_of(text, minute.astimezone(where)):
            return True
        minute -= timedelta(minutes=1)
    return False


def _is_minute_of(cron: str, moment: datetime) -> bool:
    fields = cron.upper().split()
    values = [
        (moment.minute, 0, ()),
        (moment.hour, 0, ()),
        (moment.day, 1, ()),
        (moment.month, 1, _MONTHS),
        (moment.isoweekday() % 7 + 1, 1, _DAYS),  # AWS counts from 1, Sunday
        (moment.year, 1970, ()),
    ]
    return len(fields) == len(values) and all(
        _holds(field, *value) for field, value in zip(fields, values, strict=True)
    )


def _holds(field: str, value: int, lowest: int, names: tuple[str, ...]) -> bool:
    return any(_part_holds(part, value, lowest, names) for part in field.split(","))


def _part_holds(part: str, value: int, lowest: int, names: tuple[str, ...]) -> bool:
    span, _, step = part.partition("/")
    first, _, last = span.partition("-")
    if span in ("*", "?"):
        low, high = lowest, value
    elif (number := _number(first, lowest, names)) is None:
        return False
    else:
        low = number
        end = _number(last, lowest, names) if last else None
        high = end if end is not None else (value if step else low)
    return low <= value <= high and (value - low) % int(step or 1) == 0


def _number(text: str, lowest: int, names: tuple[str, ...]) -> int | None:
    if text in names:
        return names.index(text) + lowest
    return int(text) if re.fullmatch(r"\d+", text) else None


def now() -> datetime:
    return datetime.now(UTC)
