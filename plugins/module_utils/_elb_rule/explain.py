# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An operator's questions about a listener: which rule answers this request, and which rules answer none. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._elb.fingerprints import without_secrets
from . import report
from .match.conditions import Condition
from .match.request import Request, holds, is_unknown, judge
from .placement import Listener
from .snapshot import Found, Snapshot
from .spelling import to_snake

Document = dict[str, Any]
# The parts of a request that a task need not give, by the kind of condition that looks at them: option and name.
PARTS = {
    "http-header": "headers",
    "query-string": "query",
    "source-ip": "source_ip",
    "http-request-method": "method",
}
NAMES = {
    "http-header": "the headers are",
    "query-string": "the query is",
    "source-ip": "the source address is",
    "http-request-method": "the method is",
}


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
    headers, query = asked.get("headers"), asked.get("query")
    host = str(asked["host"]).lower()
    return Request(
        host=host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and ":" in host else host,
        path=asked.get("path") or "/",
        method=asked.get("method"),
        address=asked.get("source_ip"),
        headers=None if headers is None else tuple(_headers(headers)),
        query=None if query is None else tuple(_parameters(str(query))),
    )


def _headers(asked: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, values in asked.items():
        for value in values if isinstance(values, list) else [values]:
            yield str(name), str(value)


def _parameters(query: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, query.removeprefix("?").split("&")):
        key, equals, value = part.partition("=")
        yield (key, value) if equals else ("", key)


def explain(snapshot: Snapshot, request: Request) -> Document:
    """The rule that answers a request, and for each one before it the conditions that do not hold.

    A condition that cannot be decided is taken for what is likely: it does not hold where its part of the request is
    not known, and a regex is judged by Python's. The answer is certain when no other one is possible.
    """
    passed: list[Document] = []
    doubtful: list[Found] = []
    open_conditions: list[Condition] = []
    for rule in in_order(snapshot):
        judged = [(condition, judge(condition, request, snapshot.space)) for condition in rule.conditions]
        failing = [
            (one, holding) for one, holding in judged if not (holds(one, request) if holding is None else holding)
        ]
        certain = [(one, holding) for one, holding in failing if holding is False]
        if not certain:
            open_conditions += [one for one, holding in judged if holding is None]
        if not failing:
            return _answer(snapshot, request, rule, passed, doubtful, open_conditions)
        doubtful += [] if certain else [rule]
        passed.append(
            {
                "rule_arn": rule.arn,
                "priority": rule.priority,
                "may_match": not certain,
                "because": [_because(one, holding, request) for one, holding in certain or failing],
            }
        )
    return {
        "request": request.text(),
        "rule": {},
        "text": "no rule answers",
        "certain": False,
        "not_given": [],
        "passed_over": passed,
    }


def _answer(
    snapshot: Snapshot,
    request: Request,
    rule: Found,
    passed: Sequence[Document],
    doubtful: Sequence[Found],
    open_conditions: Sequence[Condition],
) -> Document:
    """The explanation when a rule answers.

    Args:
        snapshot: the listener.
        request: what was asked.
        rule: the one that answers.
        passed: the rules before it, as the result has them.
        doubtful: those among them that may match.
        open_conditions: the conditions, of those and of the rule itself, that cannot be decided.
    """
    options = [PARTS[one.field] for one in open_conditions if one.field in PARTS and is_unknown(one, request)]
    not_given = list(dict.fromkeys(options))
    text = f"{request.text()} is answered by {rule.text()}"
    if doubtful:
        text += f", unless an earlier rule matches: {', '.join(one.text() for one in doubtful)}"
    if not_given:
        text += f"; {', '.join(not_given)} would decide"
    return {
        "request": request.text(),
        "rule": rule_document(rule),
        "text": text,
        "certain": not open_conditions,
        "not_given": not_given,
        "passed_over": list(passed),
    }


def unreachable(snapshot: Snapshot) -> list[Document]:
    """The rules that never answer a request, each with the rules ahead of it that take all of its requests."""
    listener = Listener(snapshot.others(None), snapshot.space)
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


def _because(condition: Condition, holding: bool | None, request: Request) -> str:
    """Why a condition does not hold, or may not.

    holding: False, or None when it cannot be decided.
    """
    values = [request.shown(*one) for one in request.headers or () if one[0].lower() == condition.name]
    shown = {
        "host-header": f"the host is {request.host}",
        "path-pattern": f"the path is {request.path}",
        "http-request-method": f"the method is {request.method}",
        "source-ip": f"the source address is {request.address}",
        "query-string": f"the query is {request.query_text() or 'empty'}",
        "http-header": f"the header is {', '.join(values) or 'absent'}",
    }
    found = shown.get(condition.field, "unknown kind of condition")
    if condition.field in PARTS and is_unknown(condition, request):
        found = f"{NAMES[condition.field]} not given"
        if holding is False:
            found = "no client of the load balancer has such an address"
    doubt = " (a regex or unknown values; cannot be decided for certain)" if condition.opaque else ""
    return f"{condition.text()} {'may hold' if holding is None else 'does not hold'}: {found}{doubt}"
