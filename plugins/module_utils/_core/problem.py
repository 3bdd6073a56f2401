# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The text of a refusal: what was refused, and for each problem a line each for found, reason and remedy. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# What an ARN says of its account and region is what the whole message is about; its resource identifies it.
ARN = re.compile(r"\barn:[\w-]+:[\w-]+:[\w-]*:\d*:((?:[^\s,;()'\"]*[\w*/>])?)")


@dataclass(frozen=True)
class Problem:
    """One problem, in sentences without their full stop. An ARN in found and reason is printed by its resource."""

    found: str
    reason: str
    remedy: str

    def text(self) -> str:
        """The problem in three lines."""
        return f"Found: {short_arns(self.found)}\nReason: {short_arns(self.reason)}\nRemedy: {self.remedy}"

    def line(self) -> str:
        """The problem in one line, for a list of many."""
        return f"{short_arns(self.found)}, but {short_arns(self.reason)}; {self.remedy}"


def refusal(what: str, problems: Iterable[Problem]) -> str:
    """The text of a refusal: its first line and three lines for each problem."""
    return "\n".join([short_arns(what), *(problem.text() for problem in problems)])


def short_arns(text: str) -> str:
    """A text with each ARN as its resource: "role/demo" for arn:aws:iam::1:role/demo."""
    return ARN.sub(lambda arn: arn[1] or arn[0], text)


def whole_arns(what: str, problems: Iterable[Problem]) -> list[str]:
    """The ARNs that the text shortens, whole and once each."""
    texts = [what, *(text for problem in problems for text in (problem.found, problem.reason))]
    return list(dict.fromkeys(arn[0] for text in texts for arn in ARN.finditer(text)))
