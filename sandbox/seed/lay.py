"""Create a stack in an empty account, over the AWS APIs."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.clients import Clients
from sandbox.seed import balancer, cluster, dns, network, packages, quilt, roles
from sandbox.seed.stack import Stack


@dataclass(frozen=True)
class Seed:
    """A stack as the control plane takes it."""

    stack: Stack

    @property
    def account_id(self) -> str:
        return self.stack.account_id

    @property
    def region(self) -> str:
        return self.stack.region

    def lay(self, aws: Clients) -> None:
        """Create the whole stack."""
        stack = self.stack
        vpc = network.lay(aws, stack)
        balancers = [balancer.lay(aws, stack, vpc, one) for one in stack.load_balancers]
        dns.lay(aws, stack, balancers)
        roles.lay(aws, stack)
        cluster.lay(aws, stack, vpc, balancers)
        if stack.quilt is not None:
            quilt.lay(aws, stack, stack.quilt)
            packages.lay(aws, stack.quilt)
