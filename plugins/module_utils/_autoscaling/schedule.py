# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""Schedule expressions of Application Auto Scaling, by their form. Pure.

Source: PutScheduledAction in its API Reference, and "Cron expressions" in its User Guide. What a well-formed field
means is left to AWS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .._core.problem import Problem

FORMS = "at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(minutes hours day-of-month month day-of-week year)"
_AT = re.compile(r"at\(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\)")
_RATE = re.compile(r"rate\([1-9]\d* (?:minute|hour|day)s?\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
# Minutes, hours, day of the month, month, day of the week, year.
_FIELDS = (r"[\d,*/-]+", r"[\d,*/-]+", r"[\d,*/?LW-]+", r"[\dA-Za-z,*/-]+", r"[\dA-Za-z,*/?#-]+", r"[\d,*/-]+")
_NAME = re.compile(r"(?! )[^\x00-\x1f\x7f-\x9f:/|]{1,1600}(?<! )")


def schedule_problems(expression: str) -> Iterator[Problem]:
    """Yield a problem for an expression that has none of the three forms."""
    if _AT.fullmatch(expression) or _RATE.fullmatch(expression):
        return
    cron = _CRON.fullmatch(expression)
    fields = (cron[1] if cron else expression).split()
    if cron and len(fields) == len(_FIELDS):
        wrong = [field for field, form in zip(fields, _FIELDS, strict=True) if not re.fullmatch(form, field)]
        if wrong:
            yield Problem(
                f"schedule {expression} has {' '.join(wrong)}", "no field of cron is written so", "correct it"
            )
        elif (fields[2] == "?") == (fields[4] == "?"):
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


def name_problems(name: str) -> Iterator[Problem]:
    """Yield a problem for a name that no scheduled action can have."""
    if not _NAME.fullmatch(name):
        yield Problem(
            f"scheduled_action_name {name!r}", "a name has no : / | and no blank at its ends", "choose another name"
        )


def _meant(fields: list[str]) -> str:
    """The expression for the five fields of Unix's cron, which has no year and no ?."""
    if len(fields) != 5 or not all(re.fullmatch(form, field) for form, field in zip(_FIELDS, fields, strict=False)):
        return ""
    minutes, hours, day, month, weekday = fields
    if weekday == "*":
        return f"write cron({minutes} {hours} {day} {month} ? *)"
    if day == "*" and not re.search(r"\d", weekday):
        return f"write cron({minutes} {hours} ? {month} {weekday.upper()} *)"
    return "write it with six fields; AWS counts the days of the week from 1, Sunday, to 7"
