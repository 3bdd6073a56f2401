"""The peers of a security group's rules."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ec2.peers import canonical, peer_problems

PREFIX_LIST, GROUP = "pl-0123456789abcdef0", "sg-0123456789abcdef0"


@pytest.mark.parametrize(
    ("kind", "peer"),
    [
        ("cidr_ip", "10.0.0.0/8"),
        ("cidr_ip", "10.0.0.1/8"),
        ("cidr_ipv6", "::/0"),
        ("group_id", GROUP),
        ("ip_prefix", PREFIX_LIST),
        ("group_id", "known-after-apply"),
    ],
)
def test_right(kind: str, peer: str) -> None:
    assert list(peer_problems("egress[0]", kind, peer)) == []


@pytest.mark.parametrize(
    ("kind", "peer", "remedy"),
    [
        ("cidr_ip", PREFIX_LIST, "give it as ip_prefix"),
        ("cidr_ip", GROUP, "give it as group_id"),
        ("cidr_ip", "::/0", "give it as cidr_ipv6"),
        ("cidr_ipv6", "0.0.0.0/0", "give it as cidr_ip"),
        ("group_id", "web-sg", "correct it"),
        ("cidr_ip", "10.0.0.1", "correct it"),
        ("cidr_ip", "10.0.0.0/33", "correct it"),
    ],
)
def test_wrong(kind: str, peer: str, remedy: str) -> None:
    (problem,) = peer_problems("egress[0]", kind, peer)
    assert problem.found == f"egress[0].{kind}: {peer}"
    assert problem.remedy == remedy


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("10.0.0.1/8", "10.0.0.0/8"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("2001:0DB8::1/32", "2001:db8::/32"),
        (GROUP, GROUP),
        ("known-after-apply", "known-after-apply"),
    ],
)
def test_a_network_is_compared_as_ec2_stores_it(written: str, stored: str) -> None:
    assert canonical(written) == stored
