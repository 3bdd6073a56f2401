# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Finding a listener, and answering questions about one."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._core.clients import Clients
from .._core.problem import Problem
from .._core.refusal import InvalidParameters
from .._elb.fingerprints import is_fingerprint
from . import explain
from .actions import Document
from .client import address_space, read
from .listener import FoundListener, find_listener, no_listener
from .match.conditions import FINGERPRINT_REASON


def look(client: Clients, params: Mapping[str, Any]) -> Document:
    """What elb_listener_rule_info returns. Raises AnsibleAWSError."""
    if params["explain"]:
        _validate_request(params["explain"])
    elb = client("elbv2")
    given = params["listener_arn"]
    listener = FoundListener(given) if given else find_listener(elb, params["load_balancer"], params["port"])
    arn, snapshot = listener.arn, read(elb, listener.arn)
    if not snapshot.rules:  # every listener has a default rule
        raise no_listener(f"read the rules of listener {arn}", arn)
    snapshot = replace(snapshot, space=address_space(elb, snapshot, listener))
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


def _validate_request(asked: Mapping[str, Any]) -> None:
    """Refuse a request that no client can send."""
    path, address = asked.get("path") or "/", asked.get("source_ip")
    head = path.partition("?")[0]  # what follows may be a token
    if not path.startswith("/") or "?" in path:
        raise InvalidParameters(
            Problem(
                f"explain: path is {path if head == path else f'{head}?...'}",
                "a path begins with / and has no query",
                "give the path alone, and the query in query",
            )
        )
    request = explain.request_of(asked)
    for value in (
        value for _name, value in (*(request.headers or ()), *(request.query or ())) if is_fingerprint(value)
    ):
        raise InvalidParameters(
            Problem(
                f"explain: {value} is a fingerprint",
                FINGERPRINT_REASON,
                "give the value itself",
            )
        )
    try:
        ipaddress.ip_address(address or "192.0.2.1")
    except ValueError as error:
        raise InvalidParameters(
            Problem(
                f"explain: source_ip is {address}",
                "a request comes from one address",
                "give one address, such as 203.0.113.7",
            )
        ) from error
