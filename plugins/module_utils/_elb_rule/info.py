# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: may change without notice.

"""Finding a listener, and answering questions about one."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from .._core.plan import Refused
from .._elb.client import listeners, load_balancer
from . import client, explain
from .actions import Document


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
    found = listeners(elb, balancer["LoadBalancerArn"])
    arn = next((listener["ListenerArn"] for listener in found if listener["Port"] == port), None)
    if arn is None:
        ports = ", ".join(f"{listener['Port']} ({listener['Protocol']})" for listener in found) or "none"
        raise Refused(message=f"load balancer {name} has no listener on port {port}; its listeners: {ports}")
    return str(arn)


def look(elb: Any, params: Mapping[str, Any]) -> Document:
    """What elb_listener_rule_info returns. Raises AnsibleAWSError."""
    _refuse_nonsense(params["explain"] or {})
    arn = params["listener_arn"] or find_listener(elb, params["load_balancer"], params["port"])
    snapshot = client.read(elb, arn)
    if not snapshot.rules:  # every listener has a default rule
        raise Refused(message=f"no listener {arn} in this account and region")
    asked = params["explain"]
    shown = [
        rule
        for rule in explain.in_order(snapshot)
        if params["name"] is None or rule.tags.get(params["identity_tag"]) == params["name"]
    ]
    return {
        "listener_arn": arn,
        "rules": [explain.rule_document(rule) for rule in shown],
        # Not "unreachable": to ansible-core such a key means that the host is.
        "never_reached": explain.unreachable(snapshot),
        **({"explanation": explain.explain(snapshot, explain.request_of(asked))} if asked else {}),
    }


def _refuse_nonsense(asked: Mapping[str, Any]) -> None:
    """Refuse a request that no client can send."""
    path, address = asked.get("path") or "/", asked.get("source_ip")
    if not path.startswith("/") or "?" in path:
        raise Refused(message=f"explain: path must begin with / and be without a query (use query for it), not {path}")
    try:
        ipaddress.ip_address(address or "192.0.2.1")
    except ValueError as error:
        raise Refused(message=f"explain: source_ip must be one address such as 203.0.113.7, not {address}") from error
