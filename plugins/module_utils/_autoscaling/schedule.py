# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""Schedule expressions, names and time zones of Application Auto Scaling's scheduled actions. Pure.

Source: PutScheduledAction in its API Reference, and "Cron expressions" in its User Guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from zoneinfo import available_timezones

from .._core.problem import Problem

FORMS = "at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(minutes hours day-of-month month day-of-week year)"
_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
_RATE = re.compile(r"rate\([1-9]\d* (?:minute|hour|day)s?\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"


@dataclass(frozen=True)
class _Field:
    """One field of cron: its least and its greatest number, its names, and what else may be a part of it."""

    name: str
    least: int
    most: int
    names: str = "(?!)"
    special: str = "(?!)"

    def holds(self, text: str) -> bool:
        """Whether the field can be this text: a list of numbers, names, ranges and steps."""
        return all(self._is_part(part) for part in text.upper().split(","))

    def _is_part(self, part: str) -> bool:
        if re.fullmatch(self.special, part):
            return True
        value = rf"\d+|{self.names}"
        found = re.fullmatch(rf"(?:\*|({value})(?:-({value}))?)(?:/([1-9]\d*))?", part)
        numbers = [int(number) for number in (found.groups()[:2] if found else ()) if number and number.isdigit()]
        return bool(found) and all(self.least <= number <= self.most for number in numbers)


_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day-of-month", 1, 31, special=r"LW?|[1-9]\d?W|\?"),
    _Field("month", 1, 12, _MONTHS),
    _Field("day-of-week", 1, 7, _DAYS, rf"L|(?:[1-7]|{_DAYS})(?:L|#[1-5])|\?"),
    _Field("year", 1970, 2199),
)
_NAME = re.compile(r"(?! )[^\x00-\x1f\x7f-\x9f:/|]{1,1600}(?<! )")


def schedule_problems(expression: str) -> Iterator[Problem]:
    """Yield a problem for an expression that has none of the three forms, or a value that does not exist."""
    at = _AT.fullmatch(expression)
    if at and not _is_time(at[1]):
        yield Problem(f"schedule {expression}", "there is no such time", "correct it")
    if at or _RATE.fullmatch(expression):
        return
    cron = _CRON.fullmatch(expression)
    fields = (cron[1] if cron else expression).split()
    if cron and len(fields) == len(_FIELDS):
        wrong = [form for form, field in zip(_FIELDS, fields, strict=True) if not form.holds(field)]
        for form in wrong:
            yield Problem(
                f"schedule {expression} has {fields[_FIELDS.index(form)]} as {form.name}",
                f"{form.name} has {form.least} to {form.most}, in lists, ranges and steps",
                "correct it",
            )
        if wrong:
            return
        if (fields[2] == "?") == (fields[4] == "?"):
            day = "*" if fields[2] == "?" else fields[2]
            yield Problem(
                f"schedule {expression}",
                "one of day-of-month and day-of-week is ?, and the other is given",
                f"write cron({' '.join([*fields[:2], day, fields[3], '?', fields[5]])})",
            )
        return
    yield Problem(
        f"schedule {expression}", f"a schedule is {FORMS}", _meant(fields) or "write it in one of these forms"
    )


def time_zone_problems(zone: str) -> Iterator[Problem]:
    """Yield a problem for a time zone that there is not; nothing on a machine that has no list of them."""
    known = _time_zones()
    if known and zone not in known:
        close = get_close_matches(zone, known, n=1)
        remedy = f"write {close[0]}" if close else "write a name such as Europe/Berlin, or leave it out, which is UTC"
        yield Problem(f"timezone {zone!r}", "there is no time zone of this name in the IANA database", remedy)


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def name_problems(name: str) -> Iterator[Problem]:
    """Yield a problem for a name that no scheduled action can have."""
    if not _NAME.fullmatch(name):
        yield Problem(
            f"scheduled_action_name {name!r}", "a name has no : / | and no blank at its ends", "choose another name"
        )


def _meant(fields: list[str]) -> str:
    """The expression for the five fields of Unix's cron, which has no year and no ?."""
    if len(fields) != 5 or not all(form.holds(field) for form, field in zip(_FIELDS, fields, strict=False)):
        return ""
    minutes, hours, day, month, weekday = fields
    if weekday == "*":
        return f"write cron({minutes} {hours} {day} {month} ? *)"
    if day == "*" and not re.search(r"\d", weekday):
        return f"write cron({minutes} {hours} ? {month} {weekday.upper()} *)"
    return "write it with six fields; AWS counts the days of the week from 1, Sunday, to 7"
