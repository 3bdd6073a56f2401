# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The text of a refusal: what was refused, and for each problem a line each for found, reason and remedy. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

# What an ARN says of its account and region is what the whole message is about; its resource identifies it.
ARN = re.compile(r"\barn:[\w-]+:[\w-]+:[\w-]*:\d*:((?:[^\s,;()'\"]*[\w*/>])?)")


@dataclass(frozen=True)
class Problem:
    """One problem, in sentences without their full stop. An ARN in found and reason is printed by its resource."""

    found: str
    reason: str
    remedy: str

    def at(self, where: str) -> Problem:
        """The same, found at a place: "policies, cpu"."""
        return replace(self, found=f"{where}: {self.found}")

    def text(self) -> str:
        """The problem in three lines, whatever is put in."""
        parts = {"Found": short_arns(self.found), "Reason": short_arns(self.reason), "Remedy": self.remedy}
        return "\n".join(f"{name}: {' '.join(part.split())}" for name, part in parts.items())

    def line(self) -> str:
        """The problem in one line, for a list of many."""
        return f"{short_arns(self.found)}, but {short_arns(self.reason)}; {self.remedy}"


def refusal(what: str, problems: Iterable[Problem]) -> str:
    """The text of a refusal: its first line and three lines for each problem."""
    return "\n".join([short_arns(what), *(problem.text() for problem in problems)])


def ending_in(problems: Iterable[Problem], remedy: str) -> tuple[Problem, ...]:
    """The problems with a remedy for all of them behind the last one."""
    *others, last = problems
    return (*others, replace(last, remedy=f"{last.remedy}; {remedy}"))


def short_arns(text: str) -> str:
    """A text with each ARN as its resource: "role/demo" for arn:aws:iam::1:role/demo."""
    return ARN.sub(lambda arn: arn[1] or arn[0], text)


def whole_arns(*texts: str) -> dict[str, list[str]]:
    """The ARNs that short_arns() shortens, whole and once each, under `arns`; nothing where there is none."""
    arns = dict.fromkeys(arn[0] for text in texts for arn in ARN.finditer(text))
    return {"arns": list(arns)} if arns else {}


def home_of(name: str) -> str:
    """What a shortened ARN leaves out, for a text where just that may be wrong; nothing for a name."""
    parts = name.split(":")
    return f"; its ARN names account {parts[4]} and region {parts[3]}" if name.startswith("arn:") else ""
