"""The stack `sales-prod` as it is before the MCP server is deployed: everything in the diagram that is not ours."""

from __future__ import annotations


def lay(endpoint_url: str, region: str, access_key: str) -> None:
    """Create the whole stack in an empty account."""
