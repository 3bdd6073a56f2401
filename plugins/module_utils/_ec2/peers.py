# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""The peers of a security group's rules: networks, groups and prefix lists, each in its own option. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from .._core.problem import Problem
from .._core.shapes import KNOWN_AFTER_APPLY

_IDS = {"group_id": re.compile(r"sg-[0-9a-f]+"), "ip_prefix": re.compile(r"pl-[0-9a-f]+")}
_FORMS = {
    "cidr_ip": "cidr_ip takes an IPv4 network such as 10.0.0.0/16",
    "cidr_ipv6": "cidr_ipv6 takes an IPv6 network such as 2001:db8::/32",
    "group_id": "group_id takes the id of a security group, sg-...",
    "ip_prefix": "ip_prefix takes the id of a prefix list, pl-...",
}


def peer_problems(where: str, kind: str, peer: Any) -> Iterator[Problem]:
    """Yield a problem for a value that is no peer of its kind.

    Args:
        where: the rule, for the message.
        kind: the option that holds it: cidr_ip, cidr_ipv6, group_id or ip_prefix.
        peer: the value.
    """
    found = kind_of(str(peer))
    if found == kind or peer == KNOWN_AFTER_APPLY:
        return
    remedy = f"give it as {found}" if found else "correct it"
    yield Problem(f"{where}.{kind}: {peer}", _FORMS[kind], remedy)


def kind_of(peer: str) -> str | None:
    """The option that takes a value, or None when none does."""
    for kind, form in _IDS.items():
        if form.fullmatch(peer):
            return kind
    try:
        network = ipaddress.ip_network(peer, strict=False)
    except ValueError:
        return None
    if "/" not in peer:
        return None
    return "cidr_ip" if network.version == 4 else "cidr_ipv6"


def canonical(peer: Any) -> str:
    """A peer as EC2 stores it: of a network the address without the bits of a host."""
    text = str(peer)
    if "/" not in text:
        return text
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return text
