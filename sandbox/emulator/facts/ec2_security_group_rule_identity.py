"""A rule's description is no part of its identity: the same rule with another description is a duplicate, and a rule is
revoked without it (moto 5.2.5: so for addresses, not for groups).

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.security_groups import SecurityGroupRule

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(SecurityGroupRule, "__eq__", _same_rule)


def _same_rule(original: Any, self: Any, other: Any) -> bool:
    mine, theirs = self.source_group, other.source_group
    self.source_group, other.source_group = _without_description(mine), _without_description(theirs)
    try:
        return bool(original(self, other))
    finally:
        self.source_group, other.source_group = mine, theirs


def _without_description(source: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in source.items() if key != "Description"}
