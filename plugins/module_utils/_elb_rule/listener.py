# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Which listener is meant."""

from __future__ import annotations

from typing import Any

from .._core.plan import Refused
from .._elb.client import listeners, load_balancer


def balancer_arn(listener_arn: str) -> str:
    """The load balancer of a listener: its ARN is a part of the listener's."""
    head, tail = listener_arn.split(":listener/", 1)
    return f"{head}:loadbalancer/{'/'.join(tail.split('/')[:3])}"


def find_listener(elb: Any, name: str, port: int) -> str:
    """The ARN of the listener on a port of a load balancer, which is given by name or ARN."""
    balancer = load_balancer(elb, name)
    if balancer is None:
        raise Refused(message=f"no load balancer {name} in this account and region; check load_balancer and region")
    if balancer["Type"] != "application":
        raise Refused(message=f"load balancer {name} is a {balancer['Type']} one; rules exist on application ones only")
    found = listeners(elb, balancer["LoadBalancerArn"]) or []
    arn = next((listener["ListenerArn"] for listener in found if listener["Port"] == port), None)
    if arn is None:
        ports = ", ".join(f"{listener['Port']} ({listener['Protocol']})" for listener in found) or "none"
        raise Refused(message=f"load balancer {name} has no listener on port {port}; its listeners: {ports}")
    return str(arn)
