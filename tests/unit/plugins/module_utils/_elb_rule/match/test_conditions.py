# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.fingerprints import fingerprint
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match import conditions

Document = dict[str, Any]


def task(field: str, *values: Any, **more: Any) -> Document:
    return {"field": field, "values": list(values), **more}


@pytest.mark.parametrize(
    ("answer", "document"),
    [
        (
            {"Field": "host-header", "Values": ["A.x"], "HostHeaderConfig": {"Values": ["A.x"]}},
            {"field": "host-header", "values": ["a.x"]},
        ),
        ({"Field": "path-pattern", "Values": ["/B", "/a", "/B"]}, {"field": "path-pattern", "values": ["/B", "/a"]}),
        (
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["V"]}},
            {"field": "http-header", "http_header_name": "x-a", "values": [fingerprint("V")]},
        ),
        (
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "RegexValues": ["V"]}},
            {"field": "http-header", "http_header_name": "x-a", "regex_values": [fingerprint("V")]},
        ),
        (
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "K", "Value": "V"}, {"Value": "w"}]}},
            {
                "field": "query-string",
                "values": [{"key": None, "value": fingerprint("w")}, {"key": "k", "value": fingerprint("V")}],
            },
        ),
        (
            {"Field": "path-pattern", "RegexValues": ["^b", "^a"]},
            {"field": "path-pattern", "regex_values": ["^a", "^b"]},
        ),
        ({"Field": "host-header"}, {"field": "host-header", "values": []}),
        ({"Field": "something-new", "SomethingConfig": {"Values": ["a"]}}, {"field": "something-new", "values": []}),
    ],
)
def test_what_the_service_says(answer: Document, document: Document) -> None:
    (found,) = conditions.from_service([answer])
    assert found.document() == document
    assert found.opaque == (not document.get("values"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (task("host-header", "A.x"), task("host-header", "a.x"), True),
        (task("path-pattern", "/A"), task("path-pattern", "/a"), False),
        (task("source-ip", "10.0.0.1/8"), task("source-ip", "10.0.0.0/8"), True),
        (task("source-ip", "10.0.0.1"), task("source-ip", "10.0.0.1/32"), True),
        (task("query-string", "a"), task("query-string", {"value": "A"}), True),
        (task("query-string", {"key": "k", "value": "a"}), task("query-string", {"value": "a"}), False),
        (task("http-request-method", "GET"), task("http-request-method", "get"), False),
        (task("http-header", "a", http_header_name="X"), task("http-header", "A", http_header_name="x"), True),
        (task("http-header", "a", http_header_name="X"), task("http-header", "a", http_header_name="Y"), False),
        (task("path-pattern", "/a"), {"field": "path-pattern", "path_pattern_config": {"values": ["/a"]}}, True),
        (task("path-pattern", "/a"), {"field": "path-pattern", "regex_values": ["/a"]}, False),
    ],
)
def test_same(one: Document, other: Document, same: bool) -> None:
    assert conditions.same(conditions.from_task([one]), conditions.from_task([other, other])) is same


def test_values_are_sent_as_they_were_written_and_in_one_form() -> None:
    given = [
        task("host-header", "Demo.X", "demo.x"),
        task("http-header", "Va*", http_header_name="X-A"),
        task("query-string", {"key": "K", "value": "V"}, "w"),
        task("source-ip", "10.0.0.1/8"),
        {"field": "path-pattern", "regex_values": ["^/a"]},
    ]
    assert conditions.to_service(conditions.from_task([*given, given[0]])) == [
        {"Field": "host-header", "HostHeaderConfig": {"Values": ["demo.x"]}},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["Va*"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "K", "Value": "V"}, {"Value": "w"}]}},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
        {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/a"]}},
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([task("path-pattern", "/mcp/*")], ["does not match /mcp itself"]),
        ([task("path-pattern", "/mcp/*", "/mcp")], []),
        ([task("path-pattern", "/mcp/*", "/mc?")], []),
        ([task("path-pattern", "/*")], []),
        ([task("host-header", "a.x"), task("path-pattern", "*")], ["can be left out"]),
        ([task("path-pattern", "mcp")], ["every path begins with /"]),
        ([task("path-pattern", "/a?b?c*", "/d*e*f*")], ["6 wildcards"]),
        ([task("source-ip", "10.0.0.0/8")], []),
    ],
)
def test_lint(given: list[Document], says: list[str]) -> None:
    found = conditions.lint(conditions.from_task(given))
    assert len(found) == len(says) and all(part in text for part, text in zip(says, found, strict=True))


def test_problems_of_an_unknown_field_and_of_lengths() -> None:
    given = [task("hots-header", "a"), task("http-request-method", "G" * 41), task("path-pattern", "/" * 128)]
    found = conditions.problems(conditions.from_task(given))
    assert len(found) == 2 and "hots-header" in found[0].found and "1 to 40" in found[1].reason
