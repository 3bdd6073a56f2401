# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The headers that the other rules of a listener all require, as behind a content delivery network.

The network sends a secret header, and each rule requires it, so that no client can bypass the network. A rule that does
not is reached without it. One other rule is no pattern: it may be for test traffic. So at least two must require the
header: those that forward requests of the same hosts, or else all that forward.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .match import glob_pattern
from .match.conditions import Condition
from .snapshot import Found, Snapshot

FEWEST = 2  # rules that make a pattern


def missing_headers(
    conditions: Sequence[Condition], snapshot: Snapshot, arn: str | None, owner: Mapping[str, str]
) -> list[str]:
    """The names of headers that every other forwarding rule requires and these conditions do not, as they are written.

    Args:
        conditions: those of the managed rule.
        snapshot: the rules of its listener.
        arn: the managed rule, if it exists.
        owner: tags of the rules that belong to the same deployment, which are no others.
    """
    others = [
        rule
        for rule in snapshot.rules
        if rule.arn != arn and rule.priority is not None and _forwards(rule) and not _is_of(rule, owner)
    ]
    of_hosts = [rule for rule in others if _shares_hosts(rule.conditions, conditions)]
    required = {**_common(others), **_common(of_hosts)}
    own = {condition.name for condition in conditions}
    return sorted(written for name, written in required.items() if name not in own)


def warnings(names: Iterable[str]) -> list[str]:
    """What is said of the headers; the values are secrets of others."""
    listed = ", ".join(names)
    if not listed:
        return []
    return [
        f"every other rule that forwards requests on this listener, or those of the same hosts, requires the header "
        f"{listed}, and this rule does not: behind a content delivery network that sends it, only this rule can be "
        "reached without the network; add the header to conditions (alb_rule_conditions of the role), or set "
        "on_missing_header=ignore (alb_rule_on_missing_header)"
    ]


def _common(rules: Sequence[Found]) -> dict[str, str]:
    """The names that each of the rules requires, in lower case, with a spelling; none where there are too few rules."""
    if len(rules) < FEWEST:
        return {}
    first, *others = ({one.name: one for one in rule.conditions if one.field == "http-header"} for rule in rules)
    return {
        name: str(condition.written.get("HttpHeaderConfig", {}).get("HttpHeaderName", name))
        for name, condition in first.items()
        if all(name in other for other in others)
    }


def _forwards(rule: Found) -> bool:
    return any(action.get("Type") == "forward" for action in rule.answer.get("Actions") or ())


def _is_of(rule: Found, owner: Mapping[str, str]) -> bool:
    return bool(owner) and dict(owner).items() <= dict(rule.tags).items()


def _shares_hosts(one: Iterable[Condition], other: Iterable[Condition]) -> bool:
    """Whether a request may have a host of both; a regular expression may hold for any."""
    hosts = [
        next((condition for condition in conditions if condition.field == "host-header"), None)
        for conditions in (one, other)
    ]
    globs = [condition.globs for condition in hosts if condition is not None and not condition.opaque]
    if len(globs) < len(hosts):
        return True
    return any(glob_pattern.intersects(a, b) for a in globs[0] for b in globs[1])
