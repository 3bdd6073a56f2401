# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Rules of a security group, one document for each port range and peer. Pure.

A task writes a rule as amazon.aws.ec2_security_group takes it; EC2 answers with permissions that hold several peers.
Both become a list of documents {protocol, from_port, to_port, <peer>, description}, where the peer is one of PEERS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._core.problem import Problem
from .peers import canonical, peer_problems

Rule = dict[str, Any]

# An option, and the list of the API with the name of the peer in it.
PEERS = {
    "cidr_ip": ("IpRanges", "CidrIp"),
    "cidr_ipv6": ("Ipv6Ranges", "CidrIpv6"),
    "group_id": ("UserIdGroupPairs", "GroupId"),
    "ip_prefix": ("PrefixListIds", "PrefixListId"),
}
ALL = "-1"  # every protocol and port
EVERYWHERE = {"protocol": ALL, "from_port": None, "to_port": None, "cidr_ip": "0.0.0.0/0"}
"""What EC2 lets out of a new group."""


def rules_of_task(given: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """The rules that a task names, each for one port range and one peer."""
    return ordered(rule for one in given for rule in _of_task(one))


def _of_task(given: Mapping[str, Any]) -> Iterator[Rule]:
    protocol = {"all": ALL}.get(str(given["proto"]), str(given["proto"]))
    for first, last in [(None, None)] if protocol == ALL else list(_ranges(given.get("ports") or [])):
        for kind in PEERS:
            for peer in map(canonical, _listed(given.get(kind))):
                yield _rule(protocol, first, last, kind, peer, given.get("rule_desc") or "")


def rules_of_answer(permissions: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """The rules in an answer of DescribeSecurityGroups."""
    return ordered(
        _rule(one["IpProtocol"], one.get("FromPort"), one.get("ToPort"), kind, peer[name], peer.get("Description", ""))
        for one in permissions
        for kind, (listed, name) in PEERS.items()
        for peer in one.get(listed, [])
    )


def to_permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """One rule as the API takes it."""
    (kind,) = (kind for kind in PEERS if kind in rule)
    listed, name = PEERS[kind]
    described = {"Description": rule["description"]} if rule.get("description") else {}
    ports = {"FromPort": rule["from_port"], "ToPort": rule["to_port"]} if rule["from_port"] is not None else {}
    return {"IpProtocol": rule["protocol"], **ports, listed: [{name: rule[kind], **described}]}


def without_description(rule: Mapping[str, Any]) -> Rule:
    """What distinguishes rules at EC2."""
    return {name: value for name, value in rule.items() if name != "description"}


def not_among(others: Sequence[Rule], rules: Sequence[Rule]) -> list[Rule]:
    """Those of the rules that are not among the others, whatever their descriptions say."""
    known = [without_description(rule) for rule in others]
    return [rule for rule in rules if without_description(rule) not in known]


def redescribed(wanted: Sequence[Rule], there: Sequence[Rule]) -> list[Rule]:
    """The rules that are there with another description."""
    new = not_among(there, wanted)
    return [rule for rule in wanted if rule not in there and rule not in new]


def problems(name: str, given: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    """What EC2 would refuse in the rules of a task. `name` is the option that holds them."""
    for position, one in enumerate(given):
        where = f"{name}[{position}]"
        unknown = sorted(set(one) - {"proto", "ports", "rule_desc", *PEERS})
        if unknown:
            known = f"a rule has proto, ports, rule_desc, {', '.join(PEERS)}"
            yield Problem(f"{where} has {', '.join(unknown)}", known, "use these names, or leave it out")
        if not one.get("proto"):
            yield Problem(f"{where} has no proto", "a rule is for a protocol", "give proto, such as tcp or all")
        if not any(_listed(one.get(kind)) for kind in PEERS):
            peers = ", ".join(PEERS)
            yield Problem(f"{where} has none of {peers}", "a rule is for a peer", f"give one of {peers}")
        if one.get("proto") not in (None, "all", ALL) and not one.get("ports"):
            missing = f"{where} has no ports"
            yield Problem(missing, "its protocol has ports", "give ports, such as [443] or ['8000-8010']")
        for kind in PEERS:
            for peer in _listed(one.get(kind)):
                yield from peer_problems(where, kind, peer)
        for port in one.get("ports") or []:
            if not _is_range(port):
                yield Problem(
                    f"{where}.ports has {port!r}",
                    "ports are numbers from 0 to 65535",
                    "give a port, or a range such as 8000-8010",
                )


def ordered(rules: Iterable[Rule]) -> list[Rule]:
    """By what a rule says, so that two equal lists are equal; a repeated rule once."""
    found: dict[str, Rule] = {repr(sorted(rule.items(), key=str)): rule for rule in rules}
    return [found[key] for key in sorted(found)]


def _rule(protocol: str, first: int | None, last: int | None, kind: str, peer: str, text: str) -> Rule:
    return {"protocol": protocol, "from_port": first, "to_port": last, kind: str(peer), "description": text}


def _ranges(ports: Iterable[Any]) -> Iterator[tuple[int, int]]:
    for port in ports:
        first, _dash, last = str(port).partition("-")
        yield int(first), int(last or first)


def _is_range(port: Any) -> bool:
    try:
        ((first, last),) = _ranges([port])
    except ValueError:
        return False
    return 0 <= first <= last <= 65535


def _listed(value: Any) -> list[Any]:
    if value in (None, "", []):
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
