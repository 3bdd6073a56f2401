# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the info module answers, against a matcher that shares no code with it, over a universe of requests."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule import explain, info
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match.address_space import EVERY_ADDRESS, IPV4
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.snapshot import Found, Snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

Document = dict[str, Any]
VALUES = {
    "host-header": ["a.x", "B.x", "*.x", "?.x", "a.*"],
    "path-pattern": ["/m", "/m/*", "/m*", "/*", "*", "/?", "*/n", "/m/n"],
    "http-request-method": ["GET", "POST"],
}
# Shows all of these patterns, and all of their unions, apart.
UNIVERSE = [
    {"host": host, "path": path, "method": method}
    for host in ("a.x", "b.x", "c.x", "aa.x", "a.y", "y")
    for path in ("/", "/m", "/n", "/z", "/mm", "/m/", "/m/n", "/z/n", "/m/z", "/m/z/n", "/mn", "/zz")
    for method in ("GET", "POST", "PUT")
]


@st.composite
def rules(draw: st.DrawFn) -> list[Document]:
    found = []
    for kind, values in VALUES.items():
        chosen = draw(st.lists(st.sampled_from(values), max_size=2, unique=True))
        found += [{"Field": kind, "Values": chosen}] if chosen else []
    return found or [{"Field": "path-pattern", "Values": ["/*"]}]


def snapshot(listener: list[list[Document]]) -> Snapshot:
    answers = [
        {"RuleArn": f"arn:{number}", "Priority": str(number), "Conditions": conditions, "IsDefault": False}
        for number, conditions in enumerate(listener, start=1)
    ]
    default = {"RuleArn": "arn:default", "Priority": "default", "Conditions": [], "IsDefault": True}
    return Snapshot(tuple(Found.of(answer, {}) for answer in [default, *answers[::-1]]))


def glob(pattern: str, text: str, ignore_case: bool) -> bool:
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(regex, text, re.IGNORECASE if ignore_case else 0) is not None


def holds(condition: Document, request: Document) -> bool:
    if condition["Field"] == "host-header":
        return any(glob(value, request["host"], ignore_case=True) for value in condition["Values"])
    if condition["Field"] == "path-pattern":
        return any(glob(value, request["path"], ignore_case=False) for value in condition["Values"])
    return request["method"] in condition["Values"]


def answering(listener: list[list[Document]], request: Document) -> int:
    """The number of the rule that answers; one more than there are for the default rule."""
    numbered = enumerate(listener, start=1)
    return next((n for n, rule in numbered if all(holds(one, request) for one in rule)), len(listener) + 1)


@settings(max_examples=40, deadline=None)
@given(st.lists(rules(), min_size=1, max_size=5), st.data())
def test_the_rule_that_answers_and_why_each_earlier_one_does_not(listener: list[list[Document]], data: Any) -> None:
    for request in data.draw(st.lists(st.sampled_from(UNIVERSE), min_size=5, max_size=20)):
        answer = explain.explain(snapshot(listener), explain.request_of(request))
        expected = answering(listener, request)
        assert answer["rule"]["priority"] == (expected if expected <= len(listener) else "default")
        assert [passed["priority"] for passed in answer["passed_over"]] == list(range(1, expected))
        for passed in answer["passed_over"]:
            failing = [one["Field"] for one in listener[passed["priority"] - 1] if not holds(one, request)]
            assert [reason.split(" ")[0] for reason in passed["because"]] == failing and failing
        assert answer["certain"]


@settings(max_examples=80, deadline=None)
@given(st.lists(rules(), min_size=1, max_size=6))
def test_the_rules_that_answer_nothing(listener: list[list[Document]]) -> None:
    alive = {answering(listener, request) for request in UNIVERSE}
    found = explain.unreachable(snapshot(listener))
    assert {rule["priority"] for rule in found} == set(range(1, len(listener) + 1)) - alive
    for rule in found:
        takers = [listener[taker["priority"] - 1] for taker in rule["because_of"]]
        assert all(taker["priority"] < rule["priority"] for taker in rule["because_of"])
        mine = [request for request in UNIVERSE if all(holds(one, request) for one in listener[rule["priority"] - 1])]
        assert all(any(all(holds(one, request) for one in taker) for taker in takers) for request in mine)


def test_a_regex_that_only_the_service_understands_is_no_answer_and_no_crash() -> None:
    regex = {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": [r"^/\p{L}+$"]}}
    answer = explain.explain(snapshot([[regex]]), explain.request_of({"host": "a.x", "path": "/m"}))
    assert answer["rule"]["priority"] == "default" and not answer["certain"]


@pytest.mark.parametrize(
    ("host", "expected"), [("A.x:443", "a.x"), ("a.x", "a.x"), ("a.x:", "a.x:"), ("[::1]:80", "[::1]")]
)
def test_the_port_of_the_host_is_ignored(host: str, expected: str) -> None:
    assert explain.request_of({"host": host}).host == expected


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"path": "mcp"}, "path is mcp\nReason: a path begins with / and has no query"),
        ({"path": "/mcp?a=b"}, "the query in query"),
        ({"source_ip": "10.0.0.0/8"}, "give one address, such as"),
    ],
)
def test_a_request_that_no_client_can_send(asked: Document, says: str) -> None:
    with pytest.raises(AnsibleAWSError, match=says):
        info.look(None, {"explain": {"host": "a.x", **asked}})


def source(*values: str) -> Document:
    return {"Field": "source-ip", "Values": list(values)}


HOST: Document = {"Field": "host-header", "Values": ["a.x"]}
HEADER: Document = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Key", "Values": ["*"]}}
TOKEN: Document = {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "token", "Value": "1"}]}}
POST: Document = {"Field": "http-request-method", "Values": ["POST"]}
REGEX: Document = {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/z"]}}
NEW: Document = {"Field": "something-new", "Values": ["x"]}
NOTHING = {"host": "a.x"}
ALL = {**NOTHING, "source_ip": "10.1.1.1", "headers": {}, "query": "", "method": "GET"}
WHOLE = source("0.0.0.0/0", "::/0")


@pytest.mark.parametrize(
    ("first", "asked", "priority", "not_given"),
    [
        # Nothing of it is given: the first rule may match, and what would decide is named.
        ([HOST, source("10.0.0.0/8")], NOTHING, 2, ["source_ip"]),
        ([HOST, HEADER], NOTHING, 2, ["headers"]),
        ([HOST, TOKEN], NOTHING, 2, ["query"]),
        ([HOST, POST], NOTHING, 2, ["method"]),
        ([POST, HEADER, source("10.0.0.0/8"), TOKEN], NOTHING, 2, ["method", "headers", "source_ip", "query"]),
        ([POST, HEADER], {**NOTHING, "headers": {"x-key": "1"}}, 2, ["method"]),
        # Every address fulfills it.
        ([HOST, WHOLE], NOTHING, 1, []),
        ([HOST, source("0.0.0.0/1", "128.0.0.0/1", "::/0")], NOTHING, 1, []),
        # One part that is given decides it.
        ([{"Field": "host-header", "Values": ["b.x"]}, HEADER, TOKEN, POST, source("10.0.0.0/8")], NOTHING, 2, []),
        ([TOKEN, HEADER], {**NOTHING, "headers": {}}, 2, []),
        # All is given.
        ([HEADER], ALL, 2, []),
        ([TOKEN], ALL, 2, []),
        ([POST], ALL, 2, []),
        ([source("10.0.0.0/8")], ALL, 1, []),
        ([source("11.0.0.0/8")], ALL, 2, []),
        ([REGEX, POST], ALL, 2, []),
    ],
)
def test_a_part_that_is_not_given_may_fulfill_a_condition(
    first: list[Document], asked: Document, priority: int, not_given: list[str]
) -> None:
    answer = explain.explain(snapshot([first, [HOST]]), explain.request_of(asked))
    assert (answer["rule"]["priority"], answer["not_given"]) == (priority, not_given)
    assert answer["certain"] is not bool(not_given)
    for passed in answer["passed_over"]:
        assert passed["may_match"] is bool(not_given)
        assert all(("may hold" if not_given else "does not hold") in reason for reason in passed["because"])
    if not_given:
        assert "unless an earlier rule matches: rule arn:1" in answer["text"]
        assert answer["text"].endswith(f"; {', '.join(not_given)} would decide")


@pytest.mark.parametrize("first", [[REGEX], [NEW], [{"Field": "host-header"}]])
def test_what_nothing_that_is_given_decides(first: list[Document]) -> None:
    answer = explain.explain(snapshot([first, [HOST]]), explain.request_of(ALL))
    assert (answer["rule"]["priority"], answer["not_given"], answer["certain"]) == (2, [], False)


def test_an_address_decides_between_two_rules() -> None:
    listener = snapshot([[source("10.0.0.0/8")], [HOST]])
    for address, priority in (("10.0.0.1", 1), ("11.0.0.1", 2)):
        answer = explain.explain(listener, explain.request_of({"host": "a.x", "source_ip": address}))
        assert (answer["rule"]["priority"], answer["certain"]) == (priority, True)


def test_every_client_of_an_ipv4_balancer_has_an_ipv4_address() -> None:
    listener = [[source("::/0")], [source("0.0.0.0/0")], [HOST]]
    answers = [
        explain.explain(replace(snapshot(listener), space=space), explain.request_of(NOTHING))
        for space in (IPV4, EVERY_ADDRESS)
    ]
    assert [(one["rule"]["priority"], one["certain"]) for one in answers] == [(2, True), (3, False)]
    (reason,) = answers[0]["passed_over"][0]["because"]
    assert reason.endswith("does not hold: no client of the load balancer has such an address")
    never = [explain.unreachable(replace(snapshot(listener), space=space)) for space in (IPV4, EVERY_ADDRESS)]
    assert [[rule["priority"] for rule in found] for found in never] == [[1, 3], [3]]
    assert "its own conditions hold for none" in never[0][0]["why"]
