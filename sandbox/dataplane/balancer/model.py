"""What the balancer reads from the control plane: its listener, rules and target groups, as they are now.

Read without the backend's lock, because an API call may hold it for long and a request must not wait: a request that
comes while rules change sees the old or the new ones, as at AWS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.emulator.services.elbv2.backend import backend_of
from sandbox.emulator.services.elbv2.rules import Rule, uses
from sandbox.emulator.services.elbv2.target_groups import TargetGroup


@dataclass(frozen=True)
class Listener:
    """One listener: its rules in the order of evaluation, the default rule last."""

    arn: str
    protocol: str
    port: int
    rules: list[Rule]
    idle_timeout: float
    """Seconds that a connection may be silent."""


class Model:
    """The control plane's elbv2 of one account and region. Asked again for every use: a reset replaces everything."""

    def __init__(self, account_id: str, region: str, name: str | None = None) -> None:
        """`name` is the load balancer's; without one it is the first that has the listener."""
        self.account_id = account_id
        self.region = region
        self.name = name

    def listener(self, port: int = 443) -> Listener | None:
        """The listener on this port of the Application Load Balancer."""
        for balancer in self._balancers():
            for listener in list(balancer.listeners.values()):
                if int(listener.port) == port and balancer.type == "application":
                    rules = sorted(listener.rules.values(), key=lambda rule: rule.order)
                    idle = float(balancer.attrs.get("idle_timeout.timeout_seconds", 60))
                    return Listener(listener.arn, listener.protocol, port, rules, idle)
        return None

    def group(self, arn: str) -> TargetGroup | None:
        found: TargetGroup | None = backend_of(self.account_id, self.region).target_groups.get(arn)
        return found

    def groups_in_use(self) -> list[TargetGroup]:
        """The HTTP and HTTPS target groups that some rule of it forwards to."""
        balancers = self._balancers()
        groups = list(backend_of(self.account_id, self.region).target_groups.values())
        return [
            group
            for group in groups
            if group.protocol in ("HTTP", "HTTPS") and any(uses(balancer, group.arn) for balancer in balancers)
        ]

    def _balancers(self) -> list[Any]:
        balancers = list(backend_of(self.account_id, self.region).load_balancers.values())
        return [one for one in balancers if self.name in (None, one.name)]
