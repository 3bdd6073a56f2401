"""A rule of a security group has a known protocol, ports in order and a source that exists; its networks are kept in
their canonical form (moto 5.2.5 keeps them as written, takes any ports and protocols, and breaks on tcp without ports).

The words about port ranges and missing sources could not be checked against AWS.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
"""

from __future__ import annotations

import ipaddress
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses.security_groups import SecurityGroups

from sandbox.emulator.parsed_request import parsed
from sandbox.emulator.patch import wrap

_WITH_PORTS = {"tcp", "udp", "6", "17"}
_PROTOCOLS = _WITH_PORTS | {"icmp", "icmpv6", "all", "-1"}
_NETWORKS = {"IpRanges": ("CidrIp", 4), "Ipv6Ranges": ("CidrIpv6", 6)}


def install() -> None:
    wrap(SecurityGroups, "authorize_security_group_ingress", _authorize)
    wrap(SecurityGroups, "authorize_security_group_egress", _authorize)
    wrap(SecurityGroupRule, "__init__", _canonical_rule)


def _authorize(original: Any, self: Any) -> Any:
    request = parsed(self)
    for permission in (request.given.get("IpPermissions") if request else None) or []:
        _check_protocol(permission)
        _check_sources(self.ec2_backend, permission)
    return original(self)


def _check_protocol(permission: dict[str, Any]) -> None:
    protocol = str(permission.get("IpProtocol") or "").lower()
    first, last = permission.get("FromPort"), permission.get("ToPort")
    if protocol not in _PROTOCOLS and not (protocol.isdigit() and int(protocol) <= 255):
        raise _refused(f"Invalid value '{permission.get('IpProtocol')}' for IP protocol. Unknown protocol.")
    if protocol not in _WITH_PORTS:
        return
    if first is None or last is None:
        raise _refused("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
    if (first, last) != (-1, -1) and not 0 <= first <= last <= 65535:
        raise _refused(f"Invalid value '{first} - {last}' for portRange.")


def _check_sources(backend: Any, permission: dict[str, Any]) -> None:
    sources = 0
    for name, (key, version) in _NETWORKS.items():
        for one in permission.get(name) or []:
            sources += 1
            if _network(str(one.get(key)), version) is None:
                raise _refused(f"CIDR block {one.get(key)} is malformed")
    for one in permission.get("PrefixListIds") or []:
        sources += 1
        found = one.get("PrefixListId")
        if found not in backend.managed_prefix_lists:
            raise EC2ClientError("InvalidPrefixListID.NotFound", f"The prefix list ID '{found}' does not exist")
    if not sources and not permission.get("UserIdGroupPairs"):
        raise EC2ClientError(
            "MissingParameter", "The request must contain a CIDR block, a prefix list or a security group as the source"
        )


def _network(text: str, version: int) -> str | None:
    """The canonical form; None for what is no network of this version with its length."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return str(network) if "/" in text and network.version == version else None


def _canonical_rule(original: Any, self: Any, *args: Any, **kwargs: Any) -> None:
    original(self, *args, **kwargs)
    # Another dictionary: the request's own is the caller's.
    for key, version in _NETWORKS.values():
        if canonical := _network(str(self.ip_range.get(key)), version):
            self.ip_range = self.ip_range | {key: canonical}


def _refused(message: str) -> EC2ClientError:
    return EC2ClientError("InvalidParameterValue", message)
