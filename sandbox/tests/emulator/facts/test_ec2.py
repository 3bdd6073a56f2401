"""Security groups as AWS has them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import completed, lay, until
from sandbox.testing.fixtures import Client


@pytest.fixture
def ec2(empty: ControlPlane, client: Client) -> Any:
    return client("ec2")


@pytest.fixture
def groups(ec2: Any) -> tuple[str, str]:
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    make = ec2.create_security_group
    mine = make(GroupName="mine", Description="d", VpcId=vpc_id)["GroupId"]
    theirs = make(GroupName="theirs", Description="d", VpcId=vpc_id)["GroupId"]
    return mine, theirs


def rule(group_id: str, description: str | None = None) -> list[dict[str, Any]]:
    source = {"GroupId": group_id, **({"Description": description} if description else {})}
    return [{"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8000, "UserIdGroupPairs": [source]}]


def assert_in_use(ec2: Any, group_id: str) -> None:
    with pytest.raises(ClientError) as caught:
        ec2.delete_security_group(GroupId=group_id)
    assert caught.value.response["Error"]["Code"] == "DependencyViolation"


def test_a_group_that_a_rule_names_stays(ec2: Any, groups: tuple[str, str]) -> None:
    mine, theirs = groups
    ec2.authorize_security_group_ingress(GroupId=mine, IpPermissions=rule(theirs))
    assert_in_use(ec2, theirs)
    ec2.delete_security_group(GroupId=mine)
    ec2.delete_security_group(GroupId=theirs)


def test_a_group_may_name_itself(ec2: Any, groups: tuple[str, str]) -> None:
    ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=rule(groups[0]))
    ec2.delete_security_group(GroupId=groups[0])


def test_a_rule_without_its_description_is_the_same_rule(ec2: Any, groups: tuple[str, str]) -> None:
    mine, theirs = groups
    ec2.authorize_security_group_ingress(GroupId=mine, IpPermissions=rule(theirs, "from the balancer"))
    filters = [{"Name": "group-id", "Values": [mine]}]
    told = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    assert "from the balancer" in [found.get("Description") for found in told]
    with pytest.raises(ClientError, match=r"InvalidPermission\.Duplicate"):
        ec2.authorize_security_group_ingress(GroupId=mine, IpPermissions=rule(theirs))
    ec2.revoke_security_group_ingress(GroupId=mine, IpPermissions=rule(theirs))
    assert ec2.describe_security_groups(GroupIds=[mine])["SecurityGroups"][0]["IpPermissions"] == []


def test_groups_of_balancers_and_interfaces_stay(seeded: ControlPlane, client: Client) -> None:
    ec2 = client("ec2")
    (balancer,) = client("elbv2").describe_load_balancers()["LoadBalancers"]
    # Only the balancer itself may hold it now.
    (catalog,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["sales-prod-catalog-sg"]}])[
        "SecurityGroups"
    ]
    ec2.delete_security_group(GroupId=catalog["GroupId"])
    assert_in_use(ec2, balancer["SecurityGroups"][0])
    group = ec2.create_security_group(GroupName="eni", Description="d", VpcId=balancer["VpcId"])["GroupId"]
    subnet = balancer["AvailabilityZones"][0]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]
    assert_in_use(ec2, group)
    ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
    ec2.delete_security_group(GroupId=group)


def test_the_group_of_a_running_task_stays(empty: ControlPlane, client: Client) -> None:
    stack = lay(client)
    stack.register()
    stack.create()
    assert until(lambda: completed(stack))
    assert_in_use(stack.ec2, stack.security_group)
    stack.ecs.delete_service(cluster="main", service="web", force=True)

    def deleted() -> bool:
        stack.ecs.describe_services(cluster="main", services=["web"])
        try:
            stack.ec2.delete_security_group(GroupId=stack.security_group)
        except ClientError:
            return False
        return True

    assert until(deleted)
