# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the info module answers, against a matcher that shares no code with it, over a universe of requests."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule import explain, info
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
