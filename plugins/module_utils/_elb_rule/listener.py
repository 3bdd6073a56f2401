# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Which listener is meant."""

from __future__ import annotations

from typing import Any, NamedTuple

from .._core.problem import Problem, home_of
from .._core.refusal import Refused
from .._elb.client import listeners, load_balancer


def balancer_arn(listener_arn: str) -> str:
    """The load balancer of a listener: its ARN is a part of the listener's."""
    head, tail = listener_arn.split(":listener/", 1)
    return f"{head}:loadbalancer/{'/'.join(tail.split('/')[:3])}"


class FoundListener(NamedTuple):
    """A listener: its ARN, and the IpAddressType of its load balancer, None when it was not read."""

    arn: str
    ip_address_type: str | None = None


def find_listener(elb: Any, name: str, port: int) -> FoundListener:
    """The listener on a port of a load balancer, which is given by name or ARN."""
    what = f"look for the listener on port {port} of load balancer {name}"
    balancer = load_balancer(elb, name)
    if balancer is None:
        raise Refused(
            what,
            Problem(
                f"there is no load balancer {name} in this account and region{home_of(name)}",
                "its rules cannot be read",
                "correct load_balancer, the region or the profile",
            ),
        )
    kind = balancer.get("Type", "unknown")
    if kind != "application":
        raise Refused(
            what,
            Problem(
                f"load balancer {name} is a {kind} one",
                "only listeners of Application Load Balancers have rules",
                "name an Application Load Balancer in load_balancer",
            ),
        )
    found = listeners(elb, balancer["LoadBalancerArn"]) or []
    arn = next((listener["ListenerArn"] for listener in found if listener.get("Port") == port), None)
    if arn is None:
        ports = ", ".join(f"{listener.get('Port')} ({listener.get('Protocol')})" for listener in found) or "none"
        raise Refused(
            what,
            Problem(
                f"load balancer {name} has no listener on port {port}; its listeners: {ports}",
                "a rule belongs to a listener",
                "correct port, or have the listener created",
            ),
        )
    return FoundListener(str(arn), balancer.get("IpAddressType"))


def no_listener(what: str, arn: str) -> Refused:
    """The refusal of a listener that AWS does not know."""
    return Refused(
        what,
        Problem(
            f"there is no listener {arn} in this account and region{home_of(arn)}",
            "a rule belongs to a listener",
            "correct listener_arn, the region or the profile",
        ),
    )
