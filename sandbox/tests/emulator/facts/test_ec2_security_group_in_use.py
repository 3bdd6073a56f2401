"""A security group in use cannot be deleted."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import completed, lay, until
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.ec2_rules import assert_in_use, rule_between


def test_a_group_that_a_rule_names_stays(ec2: Any, groups: tuple[str, str]) -> None:
    mine, theirs = groups
    ec2.authorize_security_group_ingress(GroupId=mine, IpPermissions=rule_between(theirs))
    assert_in_use(ec2, theirs)
    ec2.delete_security_group(GroupId=mine)
    ec2.delete_security_group(GroupId=theirs)


def test_a_group_may_name_itself(ec2: Any, groups: tuple[str, str]) -> None:
    ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=rule_between(groups[0]))
    ec2.delete_security_group(GroupId=groups[0])


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
