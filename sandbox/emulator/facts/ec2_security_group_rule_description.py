"""DescribeSecurityGroupRules shows the description of a rule that names a group
(moto 5.2.5 shows it only for rules that name addresses).

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.security_groups import SecurityGroupRule


def install() -> None:
    SecurityGroupRule.description = property(_description)


def _description(rule: Any) -> Any:
    return rule.ip_range.get("Description") or rule.source_group.get("Description")
