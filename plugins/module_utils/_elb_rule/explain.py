# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An operator's questions about a listener: which rule answers this request, and which rules answer none. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._elb.fingerprints import without_secrets
from . import report
from .match.conditions import Condition
from .match.request import Request, holds
from .placement import Listener
from .snapshot import Found, Snapshot
from .spelling import to_snake

Document = dict[str, Any]


def in_order(snapshot: Snapshot) -> list[Found]:
    """The rules as they are evaluated: by priority, the default rule last."""
    return sorted(snapshot.rules, key=lambda rule: (rule.priority is None, rule.priority or 0))


def rule_document(rule: Found) -> Document:
    """A rule as AWS has it, in snake_case, with its tags; the values of headers and query strings as fingerprints."""
    shown = {**rule.answer, "Conditions": [without_secrets(one) for one in rule.answer.get("Conditions") or ()]}
    document: Document = to_snake(shown)
    return {**document, "priority": rule.priority or "default", "tags": dict(rule.tags)}


def request_of(asked: Mapping[str, Any]) -> Request:
    """The request that a task describes: host, path, method, headers, query, source_ip."""
    headers = [
        (str(name), str(value))
        for name, values in (asked.get("headers") or {}).items()
        for value in (values if isinstance(values, list) else [values])
    ]
    parts = [part for part in str(asked.get("query") or "").removeprefix("?").split("&") if part]
    pairs = [part.partition("=") for part in parts]
    host = str(asked["host"]).lower()
    return Request(
        host=host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and ":" in host else host,
        path=asked.get("path") or "/",
        method=asked.get("method") or "GET",
        address=asked.get("source_ip"),
        headers=tuple(headers),
        query=tuple((key, value) if equals else ("", key) for key, equals, value in pairs),
    )


def explain(snapshot: Snapshot, request: Request) -> Document:
    """The rule that answers a request, and for each one before it the conditions that do not hold."""
    passed: list[Document] = []
    for rule in in_order(snapshot):
        failing = [condition for condition in rule.conditions if not holds(condition, request)]
        if not failing:
            return {
                "request": request.text(),
                "rule": rule_document(rule),
                "text": f"{request.text()} is answered by {rule.text()}",
                "certain": not any(_doubtful(one.conditions) for one in (rule, *_rules(snapshot, passed))),
                "passed_over": passed,
            }
        passed.append(
            {
                "rule_arn": rule.arn,
                "priority": rule.priority,
                "because": [_because(condition, request) for condition in failing],
            }
        )
    return {"request": request.text(), "rule": {}, "text": "no rule answers", "certain": False, "passed_over": passed}


def unreachable(snapshot: Snapshot) -> list[Document]:
    """The rules that never answer a request, each with the rules ahead of it that take all of its requests."""
    listener = Listener(snapshot.others(None))
    found = []
    for position, rule in enumerate(listener.rules):
        last = listener.first_cover(rule.conditions, position)
        if last is None:
            continue
        takers = listener.contributors(rule.conditions, last) if last >= 0 else ()
        taken = f"{' and '.join(taker.text() for taker in takers)} {'take' if len(takers) > 1 else 'takes'} them all"
        found.append(
            {
                **report.rule(rule),
                "because_of": [report.rule(taker) for taker in takers],
                "why": f"{rule.text()} gets no request: {taken if takers else 'its own conditions hold for none'}",
            }
        )
    return found


def _rules(snapshot: Snapshot, passed: Iterable[Document]) -> list[Found]:
    arns = {one["rule_arn"] for one in passed}
    return [rule for rule in snapshot.rules if rule.arn in arns]


def _doubtful(conditions: Iterable[Condition]) -> bool:
    return any(condition.opaque for condition in conditions)


def _because(condition: Condition, request: Request) -> str:
    shown: dict[str, Any] = {
        "host-header": f"the host is {request.host}",
        "path-pattern": f"the path is {request.path}",
        "http-request-method": f"the method is {request.method}",
        "source-ip": f"the source address is {request.address or 'not given'}",
        "query-string": f"the query is {request.query_text() or 'empty'}",
        "http-header": "the header is "
        + (", ".join(request.shown(*one) for one in request.headers if one[0].lower() == condition.name) or "absent"),
    }
    doubt = " (a regex or unknown values; cannot be decided for certain)" if condition.opaque else ""
    return f"{condition.text()} does not hold: {shown.get(condition.field, 'unknown kind of condition')}{doubt}"
