"""ARNs in the text of a refusal."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import short_arns


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
