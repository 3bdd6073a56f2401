"""Names in ARNs."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.names import short_name


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("sales-prod", "sales-prod"),
        ("arn:aws:ecs:us-east-1:850787717197:cluster/sales-prod", "sales-prod"),
        ("arn:aws:ecs:us-east-1:850787717197:task-definition/quilt-mcp-server:3", "quilt-mcp-server:3"),
    ],
)
def test_short_name(reference: str, name: str) -> None:
    assert short_name(reference) == name
