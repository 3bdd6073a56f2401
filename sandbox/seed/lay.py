"""The stack `sales-prod` as it is before the MCP server is deployed: everything in the diagram that is not ours."""

from __future__ import annotations

from sandbox.clients import Clients
from sandbox.seed import balancer, network, packages, platform


def lay(aws: Clients) -> None:
    """Create the whole stack in an empty account."""
    vpc = network.lay(aws)
    platform.lay(aws, vpc, balancer.lay(aws, vpc))
    packages.lay(aws)
