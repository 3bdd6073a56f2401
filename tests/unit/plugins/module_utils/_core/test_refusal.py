"""The shape of a refusal: its lines, and its ARNs short in the text and whole in the result."""

from __future__ import annotations

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import Problem
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import (
    InvalidParameters,
    Refused,
    RefusedList,
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


def test_a_list_has_a_line_for_each_reason() -> None:
    refused = RefusedList("deploy the image x", [f"its role is {ROLE}; add it", "found none; push it"], problems=["y"])
    assert refused.message.splitlines() == [
        "Refused to deploy the image x:",
        "- its role is role/demo; add it",
        "- found none; push it",
    ]
    assert refused.kwargs == {"arns": [ROLE], "problems": ["y"]}
