# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The addresses that clients of a load balancer can have: they decide whether a source-ip condition takes all. Pure.

Source: LoadBalancer.IpAddressType in the API reference of Elastic Load Balancing. With dualstack-without-public-ipv4
the public addresses are IPv6 only, but the private ones are of both kinds, so clients in the VPC can come from either.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TypeVar, Union

from .conditions import Condition

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Version = TypeVar("Version", ipaddress.IPv4Network, ipaddress.IPv6Network)
Space = tuple[str, ...]  # networks that hold every address

EVERY_ADDRESS: Space = ("0.0.0.0/0", "::/0")
IPV4: Space = ("0.0.0.0/0",)


def space_of(ip_address_type: str | None) -> Space:
    """The space of a load balancer by its IpAddressType; every address when that is not known."""
    return IPV4 if ip_address_type == "ipv4" else EVERY_ADDRESS


def within(values: Iterable[str], space: Space) -> tuple[str, ...]:
    """The networks of a condition whose addresses are in the space."""
    versions = {network.version for network in _networks(space)}
    return tuple(value for value in values if ipaddress.ip_network(value).version in versions)


def takes_all(condition: Condition, space: Space) -> bool:
    """Whether every address of the space satisfies a source-ip condition."""
    return all(_takes(_values(condition), network) for network in space)


def takes_none(condition: Condition, space: Space) -> bool:
    """Whether no address of the space satisfies a source-ip condition, whose values are known."""
    return bool(condition.values) and not within(_values(condition), space)


def never_holds(conditions: Iterable[Condition], space: Space) -> Condition | None:
    """The condition that no address of the space satisfies."""
    limiting = (condition for condition in conditions if condition.field == "source-ip")
    return next((condition for condition in limiting if takes_none(condition, space)), None)


def matters(conditions: Iterable[Condition]) -> bool:
    """Whether what these conditions take depends on the space.

    It does not if they name no IPv6 network and leave an IPv4 address over: what is limited is then limited to IPv4,
    and together they take all of nothing that is not limited.
    """
    limiting = [condition for condition in conditions if condition.field == "source-ip"]
    values = [value for one in limiting if not takes_all(one, EVERY_ADDRESS) for value in _values(one)]
    return bool(values) and (len(within(values, IPV4)) < len(values) or _takes(values, IPV4[0]))


def _takes(values: Sequence[str], network: str) -> bool:
    """Whether the networks together hold all of one."""
    whole = ipaddress.ip_network(network)
    if isinstance(whole, ipaddress.IPv4Network):
        return whole in [*ipaddress.collapse_addresses(_of_version(values, ipaddress.IPv4Network))]
    return whole in [*ipaddress.collapse_addresses(_of_version(values, ipaddress.IPv6Network))]


def _of_version(values: Iterable[str], kind: type[Version]) -> list[Version]:
    return [network for network in _networks(values) if isinstance(network, kind)]


def _networks(values: Iterable[str]) -> list[Network]:
    return [ipaddress.ip_network(value) for value in values]


def _values(condition: Condition) -> list[str]:
    return [value for value in condition.values if isinstance(value, str)]
