"""The parts of a problem, and ARNs in its text."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import (
    Problem,
    ending_in,
    home_of,
    short_arns,
    whole_arns,
)

RULE = "arn:aws:elasticloadbalancing:us-east-1:1:listener-rule/app/web/50dc/f2f7/9683"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("(arn:aws:s3:::demo-bucket)", "(demo-bucket)"),
        ("arn:aws:secretsmanager:us-east-1:1:secret:jwt-a1:key::", "secret:jwt-a1:key::"),
        ("arn:aws:logs:us-east-1:1:log-group:/mcp:*; next", "log-group:/mcp:*; next"),
        ("'arn:aws:iam::aws:policy/Read'", "'arn:aws:iam::aws:policy/Read'"),
        ("no arn: here", "no arn: here"),
        ("arn:aws:ecs:us-east-1:1:", "arn:aws:ecs:us-east-1:1:"),
    ],
)
def test_an_arn_is_shortened_to_its_resource(text: str, short: str) -> None:
    assert short_arns(text) == short


def test_a_part_is_one_line_whatever_is_put_in() -> None:
    assert Problem("AWS said:\n  no", "b", "c").text() == "Found: AWS said: no\nReason: b\nRemedy: c"


def test_problems_are_named_by_their_place_and_may_end_alike() -> None:
    first, last = ending_in([Problem("a", "b", "c").at("policies, cpu"), Problem("d", "e", "f")], "see the page")
    assert (first.line(), last.line()) == ("policies, cpu: a, but b; c", "d, but e; f; see the page")


def test_what_is_shortened_can_be_named() -> None:
    assert home_of(RULE) == "; its ARN names account 1 and region us-east-1"
    assert home_of("web") == ""
    assert whole_arns(f"{RULE} and {RULE}", "none") == {"arns": [RULE]}
    assert whole_arns("none") == {}
