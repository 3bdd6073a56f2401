# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The shape of a refusal: what was refused, and for each problem a line each for found, reason and remedy. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

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

    def sentence(self) -> str:
        """The problem in one line, for a list in a result."""
        return f"{self.found}; {self.reason}; {self.remedy}"

    def text(self) -> str:
        """The problem in three lines."""
        parts = {"Found": short_arns(self.found), "Reason": short_arns(self.reason), "Remedy": self.remedy}
        return "\n".join(f"{name}: {' '.join(part.split())}" for name, part in parts.items())


class Refused(AnsibleAWSError):  # type: ignore[misc]
    """A change that is not made: it is somebody else's to make, AWS cannot make it, or it would do harm.

    Args:
        what: what was refused, an infinitive with its object: "delete target group demo".
        problems: at least one.
        result: what the module returns beside its message; `arns` has every ARN of the message whole.
    """

    def __init__(self, what: str, *problems: Problem, **result: Any) -> None:
        self.problems = problems
        super().__init__(message=refusal(f"Refused to {what}", problems), **_with_arns(what, problems), **result)


class InvalidParameters(AnsibleAWSError):  # type: ignore[misc]
    """The parameters cannot be right, whatever AWS holds; the message lists every problem.

    Args:
        problems: at least one.
        label: the resource that the parameters describe, "target group demo".
    """

    def __init__(self, *problems: Problem, label: str = "this task") -> None:
        self.problems = problems
        what = f"Refused the parameters of {label}"
        super().__init__(message=refusal(what, problems), **_with_arns(what, problems))


class RefusedList(AnsibleAWSError):  # type: ignore[misc]
    """A refusal for many reasons of one kind, a line for each: what was found, why that matters and what to do.

    Args:
        what: as that of Refused.
        lines: at least one.
        result: as that of Refused.
    """

    def __init__(self, what: str, lines: Iterable[str], **result: Any) -> None:
        text = "\n".join([f"Refused to {what}:", *(f"- {line}" for line in lines)])
        super().__init__(message=short_arns(text), **whole_arns(text), **result)


def ending_in(problems: Iterable[Problem], remedy: str) -> tuple[Problem, ...]:
    """The problems with a remedy for all of them behind the last one."""
    *others, last = problems
    return (*others, replace(last, remedy=f"{last.remedy}; {remedy}"))


def refusal(what: str, problems: Iterable[Problem]) -> str:
    """The text of a refusal: its first line and three lines for each problem."""
    return "\n".join([short_arns(what), *(problem.text() for problem in problems)])


def short_arns(text: str) -> str:
    """A text with each ARN as its resource: "role/demo" for arn:aws:iam::1:role/demo."""
    return ARN.sub(lambda arn: arn[1] or arn[0], text)


def home_of(name: str) -> str:
    """What a shortened ARN leaves out, for a text where just that may be wrong; nothing for a name."""
    parts = name.split(":")
    return f"; its ARN names account {parts[4]} and region {parts[3]}" if name.startswith("arn:") else ""


def whole_arns(*texts: str) -> dict[str, list[str]]:
    """The ARNs that short_arns() shortens, whole and once each, under `arns`; nothing where there is none."""
    arns = dict.fromkeys(arn[0] for text in texts for arn in ARN.finditer(text))
    return {"arns": list(arns)} if arns else {}


def _with_arns(what: str, problems: Iterable[Problem]) -> dict[str, list[str]]:
    """What the result has beside the message."""
    return whole_arns(what, *(text for problem in problems for text in (problem.found, problem.reason)))
