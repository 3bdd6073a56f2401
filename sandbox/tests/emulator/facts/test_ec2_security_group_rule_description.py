"""The description of a rule that names a group is shown."""

from __future__ import annotations

from typing import Any

from sandbox.tests.emulator.facts.ec2_rules import rule_between


def test_the_description_is_shown(ec2: Any, groups: tuple[str, str]) -> None:
    mine, theirs = groups
    ec2.authorize_security_group_ingress(GroupId=mine, IpPermissions=rule_between(theirs, "from the balancer"))
    filters = [{"Name": "group-id", "Values": [mine]}]
    found = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    assert "from the balancer" in [rule.get("Description") for rule in found]
