"""The shape of a refusal: its lines, and its ARNs short in the text and whole in the result."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import (
    InvalidParameters,
    Problem,
    Refused,
    RefusedList,
    ending_in,
    home_of,
    short_arns,
)

RULE = "arn:aws:elasticloadbalancing:us-east-1:1:listener-rule/app/web/50dc/f2f7/9683"
ROLE = "arn:aws-cn:iam::1:role/demo"
COMMAND = f"run aws iam get-role --role-name {ROLE}"


def test_a_refusal_says_what_and_then_found_reason_and_remedy() -> None:
    refused = Refused("delete target group demo", Problem("it serves", "users would get errors", "drain it first"))
    assert refused.message.splitlines() == [
        "Refused to delete target group demo",
        "Found: it serves",
        "Reason: users would get errors",
        "Remedy: drain it first",
    ]


def test_parameters_are_refused_with_every_problem() -> None:
    refused = InvalidParameters(Problem("a", "b", "c"), Problem("d", "e", "f"), label="log group x")
    assert refused.message.splitlines()[0] == "Refused the parameters of log group x"
    assert refused.message.count("Found: ") == refused.message.count("Remedy: ") == 2


def test_arns_are_short_in_the_text_and_whole_in_the_result_and_in_a_command() -> None:
    refused = Refused(f"change {RULE}", Problem(f"{RULE}, {ROLE}.", f"its role is {ROLE}", COMMAND), problems=["x"])
    assert refused.message.splitlines() == [
        "Refused to change listener-rule/app/web/50dc/f2f7/9683",
        "Found: listener-rule/app/web/50dc/f2f7/9683, role/demo.",
        "Reason: its role is role/demo",
        f"Remedy: {COMMAND}",
    ]
    assert refused.kwargs == {"arns": [RULE, ROLE], "problems": ["x"]}


def test_a_part_is_one_line_whatever_is_put_in() -> None:
    assert Problem("AWS said:\n  no", "b", "c").text() == "Found: AWS said: no\nReason: b\nRemedy: c"


def test_a_list_has_a_line_for_each_reason() -> None:
    refused = RefusedList("deploy the image x", [f"its role is {ROLE}; add it", "found none; push it"], problems=["y"])
    assert refused.message.splitlines() == [
        "Refused to deploy the image x:",
        "- its role is role/demo; add it",
        "- found none; push it",
    ]
    assert refused.kwargs == {"arns": [ROLE], "problems": ["y"]}


def test_problems_are_named_by_their_place_and_may_end_alike() -> None:
    first, last = ending_in([Problem("a", "b", "c").at("policies, cpu"), Problem("d", "e", "f")], "see the page")
    assert (first.sentence(), last.sentence()) == ("policies, cpu: a; b; c", "d; e; f; see the page")


def test_the_account_and_the_region_of_an_arn_can_be_named() -> None:
    assert home_of(RULE) == "; its ARN names account 1 and region us-east-1"
    assert home_of("web") == ""


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
