# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A refusal as an error of a module: its text, and in the result every ARN of it whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .problem import Problem, refusal, short_arns, whole_arns


class Refused(AnsibleAWSError):  # type: ignore[misc]
    """A change that is not made: it is somebody else's to make, AWS cannot make it, or it would do harm.

    Args:
        what: what was refused, an infinitive with its object: "delete target group demo".
        problems: at least one.
        result: what the module returns in addition to its message; `arns` has every ARN of the message whole.
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


def _with_arns(what: str, problems: Iterable[Problem]) -> dict[str, list[str]]:
    return whole_arns(what, *(text for problem in problems for text in (problem.found, problem.reason)))
