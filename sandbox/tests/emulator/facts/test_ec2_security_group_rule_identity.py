"""A rule's description is no part of its identity."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.ec2_rules import rule_between


def test_a_rule_without_its_description_is_the_same_rule(ec2: Any, groups: tuple[str, str]) -> None:
    mine, theirs = groups
    ec2.authorize_security_group_ingress(GroupId=mine, IpPermissions=rule_between(theirs, "from the balancer"))
    with pytest.raises(ClientError, match=r"InvalidPermission\.Duplicate"):
        ec2.authorize_security_group_ingress(GroupId=mine, IpPermissions=rule_between(theirs))
    ec2.revoke_security_group_ingress(GroupId=mine, IpPermissions=rule_between(theirs))
    assert ec2.describe_security_groups(GroupIds=[mine])["SecurityGroups"][0]["IpPermissions"] == []
