"""Protocols, ports and sources of rules."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.ec2_rules import rule
from sandbox.tests.emulator.facts.iam_documents import code

NETWORK: dict[str, Any] = {"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"IpRanges": [{"CidrIp": "pl-12345678"}]}, "InvalidParameterValue"),
        ({"IpRanges": [{"CidrIp": "10.0.0.0/33"}]}, "InvalidParameterValue"),
        ({"IpRanges": [{"CidrIp": "10.0.0.1"}]}, "InvalidParameterValue"),
        ({"IpRanges": [{"CidrIp": "::/0"}]}, "InvalidParameterValue"),
        ({"Ipv6Ranges": [{"CidrIpv6": "10.0.0.0/8"}]}, "InvalidParameterValue"),
        (NETWORK | {"FromPort": 70000, "ToPort": 70000}, "InvalidParameterValue"),
        (NETWORK | {"FromPort": 90, "ToPort": 80}, "InvalidParameterValue"),
        (NETWORK | {"FromPort": None, "ToPort": None}, "InvalidParameterValue"),
        (NETWORK | {"IpProtocol": "xyz"}, "InvalidParameterValue"),
        ({"PrefixListIds": [{"PrefixListId": "pl-0123456789abcdef0"}]}, "InvalidPrefixListID.NotFound"),
        ({}, "MissingParameter"),
    ],
    ids=str,
)
def test_an_impossible_rule_is_refused(
    ec2: Any, groups: tuple[str, str], changed: dict[str, Any], expected: str
) -> None:
    asked = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80} | changed
    permission = {name: value for name, value in asked.items() if value is not None}
    for operation in ("authorize_security_group_ingress", "authorize_security_group_egress"):
        with pytest.raises(ClientError) as caught:
            getattr(ec2, operation)(GroupId=groups[0], IpPermissions=[permission])
        assert code(caught) == expected


def test_a_prefix_list_may_be_a_source(ec2: Any, groups: tuple[str, str]) -> None:
    made = ec2.create_managed_prefix_list(PrefixListName="x", MaxEntries=1, AddressFamily="IPv4")["PrefixList"]
    source = {"PrefixListIds": [{"PrefixListId": made["PrefixListId"]}]}
    ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=[rule(443, **source)])


@pytest.mark.parametrize(
    ("kind", "key", "written", "kept"),
    [
        ("IpRanges", "CidrIp", "100.68.0.18/18", "100.68.0.0/18"),
        ("Ipv6Ranges", "CidrIpv6", "2001:DB8::1/32", "2001:db8::/32"),
    ],
)
def test_a_network_is_kept_in_its_canonical_form(
    ec2: Any, groups: tuple[str, str], kind: str, key: str, written: str, kept: str
) -> None:
    asked = [rule(443, **{kind: [{key: written}]})]
    ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=asked)
    (group,) = ec2.describe_security_groups(GroupIds=[groups[0]])["SecurityGroups"]
    assert group["IpPermissions"][0][kind] == [{key: kept}]
    with pytest.raises(ClientError) as caught:
        ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=asked)
    assert code(caught) == "InvalidPermission.Duplicate"
    ec2.revoke_security_group_ingress(GroupId=groups[0], IpPermissions=asked)
    (group,) = ec2.describe_security_groups(GroupIds=[groups[0]])["SecurityGroups"]
    assert group["IpPermissions"] == []
