# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Which release a rollback goes to, and why it cannot. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._core.problem import Problem
from .evidence_document import latest_first

LAST = "last"
PROVEN_ONLY = "a rollback goes only to a release that was proven"


@dataclass(frozen=True)
class Choice:
    """evidence: of the release to return to; already: it runs; reason: why this one; problems: why not."""

    evidence: Mapping[str, Any] = field(default_factory=dict)
    already: bool = False
    reason: str = ""
    problems: tuple[Problem, ...] = ()


def choose(
    wanted: str,
    evidence: Mapping[int, Mapping[str, Any]],
    running: Mapping[str, Any],
    latest: int | None,
    moved_back: bool = False,
) -> Choice:
    """The release that is wanted.

    wanted: a number, or LAST; evidence: by release; running: what runs; latest: the latest revision of the deployment;
    moved_back: whether what runs was deployed after that one, and not by ECS itself.

    LAST is what was proven last and does not run now. But where what runs is proven and older than the latest
    revision, the service may be back already: a rollback that is asked for twice, or was cut short, ends where it
    ended. When it was not moved back, a newer revision exists but is not running, so the target is ambiguous, and the
    release must be named.
    """
    if not running:
        nothing = Problem(
            "there is no active service",
            "a rollback goes back from what runs",
            "deploy an image with playbooks/deploy.yml",
        )
        return Choice(problems=(nothing,))
    runs = running["release"]
    if wanted != LAST:
        return _named(wanted, evidence, runs)
    others = [one for one in latest_first(evidence) if one["release"] != runs]
    if runs in evidence and latest is not None and runs < latest:
        if not moved_back:
            return Choice(problems=(_unclear(runs, latest, others),))
        reason = f"{runs} is proven and older than {latest}, the latest revision, so the service is back already"
        return Choice(evidence[runs], True, reason)
    if not others:
        only = Problem(
            f"no release but {runs}, which runs, was ever proven", PROVEN_ONLY, "deploy another image or source"
        )
        return Choice(problems=(only,))
    return Choice(others[0], False, "it was proven last, and does not run now")


def _unclear(runs: int, latest: int, others: Sequence[Mapping[str, Any]]) -> Problem:
    further = f"{others[0]['release']} was proven last before it" if others else "no other was ever proven"
    return Problem(
        f"{runs} runs and is proven, and {latest}, which is newer, did not stay",
        "nothing says which one to leave",
        f"name the release to run, -e rollback_release={others[0]['release'] if others else runs} ({further}); "
        f"-e rollback_release={runs} proves {runs} again",
    )


def _named(wanted: str, evidence: Mapping[int, Mapping[str, Any]], runs: int) -> Choice:
    if not wanted.isdecimal():
        no_number = Problem(
            f"rollback_release is {wanted!r}", "a release has a number", "give the number of a release, such as 12"
        )
        return Choice(problems=(no_number,))
    release = int(wanted)
    if release not in evidence:
        listed = ", ".join(str(one) for one in sorted(evidence, reverse=True)) or "none"
        unproven = Problem(
            f"release {release} was never proven; proven are {listed}", PROVEN_ONLY, "choose one that was proven"
        )
        return Choice(problems=(unproven,))
    return Choice(evidence[release], release == runs, "it was asked for")
