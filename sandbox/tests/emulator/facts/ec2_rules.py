"""A rule that names a security group, and a group that cannot be deleted."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


def rule_between(group_id: str, description: str | None = None) -> list[dict[str, Any]]:
    source = {"GroupId": group_id, **({"Description": description} if description else {})}
    return [{"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8000, "UserIdGroupPairs": [source]}]


def assert_in_use(ec2: Any, group_id: str) -> None:
    with pytest.raises(ClientError) as caught:
        ec2.delete_security_group(GroupId=group_id)
    assert caught.value.response["Error"]["Code"] == "DependencyViolation"


def rule(port: int, **sources: Any) -> dict[str, Any]:
    """A permission for one TCP port."""
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **sources}
