"""Names and descriptions of security groups and of their rules."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.iam_documents import code

GOOD = "Load balancer, port 443 (TLS); a-z_A-Z/0.9:#@[]+=&{}!$*"


@pytest.fixture
def vpc(ec2: Any) -> str:
    return str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"GroupName": "sg-mine"}, r"Value \(sg-mine\) for parameter GroupName is invalid"),
        ({"GroupName": "größe"}, "Character sets beyond ASCII are not supported"),
        ({"GroupName": "a" * 256}, "Invalid security group name"),
        ({"GroupName": "it's"}, "Invalid security group name"),
        ({"Description": "für uns"}, r"for parameter GroupDescription is invalid. Character sets beyond ASCII"),
        ({"Description": "it's"}, "Invalid security group description. Valid descriptions are strings less than 256"),
        ({"Description": "a\nb"}, "Invalid security group description"),
        ({"Description": "d" * 256}, "Invalid security group description"),
    ],
)
def test_a_group_that_ec2_refuses(ec2: Any, vpc: str, changed: dict[str, str], message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        ec2.create_security_group(**{"GroupName": "mine", "Description": "d", "VpcId": vpc} | changed)
    assert code(caught) == "InvalidParameterValue"


def test_a_group_in_no_vpc(ec2: Any, vpc: str) -> None:
    with pytest.raises(ClientError) as caught:
        ec2.create_security_group(GroupName="mine", Description="d", VpcId="vpc-0123456789abcdef0")
    assert code(caught) == "InvalidVpcID.NotFound"


@pytest.mark.parametrize("text", ["für", "it's", "a\tb", "d" * 256])
@pytest.mark.parametrize(
    "source", [{"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}, {"UserIdGroupPairs": [{}]}], ids=["network", "group"]
)
def test_a_rule_that_ec2_refuses(ec2: Any, vpc: str, text: str, source: dict[str, Any]) -> None:
    group = ec2.create_security_group(GroupName="mine", Description=GOOD, VpcId=vpc)["GroupId"]
    (kind,) = source
    own = {"GroupId": group} if kind == "UserIdGroupPairs" else {}

    def rule(description: str) -> list[dict[str, Any]]:
        described = [{**source[kind][0], **own, "Description": description}]
        return [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, kind: described}]

    for operation in ("authorize_security_group_ingress", "authorize_security_group_egress"):
        with pytest.raises(ClientError, match="Invalid rule description") as caught:
            getattr(ec2, operation)(GroupId=group, IpPermissions=rule(text))
        assert code(caught) == "InvalidParameterValue"
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule(GOOD))
    with pytest.raises(ClientError, match="Invalid rule description"):
        ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=rule(text))
