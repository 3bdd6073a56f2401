"""Conditions of others without the values that may be secret."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.fingerprints import fingerprint, without_secrets

SECRET = "hunter2"


def test_a_fingerprint_is_the_same_for_the_same_value_only() -> None:
    assert fingerprint(SECRET) == fingerprint(SECRET) != fingerprint("hunter3")


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        (
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Key", "Values": [SECRET]}},
            ["X-Key", fingerprint(SECRET)],
        ),
        ({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Key", "RegexValues": [SECRET]}}, ["X-Key"]),
        ({"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "token", "Value": SECRET}]}}, ["token"]),
        ({"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": SECRET}]}}, [fingerprint(SECRET)]),
        ({"Field": "query-string", "Values": [SECRET]}, [fingerprint(SECRET)]),
    ],
)
def test_values_of_headers_and_queries_are_fingerprints(condition: dict[str, Any], shown: list[str]) -> None:
    found = str(without_secrets(condition))
    assert SECRET not in found
    assert all(text in found for text in shown)


@pytest.mark.parametrize("field", ["host-header", "path-pattern", "http-request-method", "source-ip"])
def test_other_conditions_stay_readable(field: str) -> None:
    condition = {"Field": field, "Values": ["x"]}
    assert without_secrets(condition) == condition
