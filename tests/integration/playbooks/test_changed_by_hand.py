"""IAM roles and security groups that were changed or extended by hand, with the real roles of the collection."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .conftest import Play, State

ROLE = "sales-prod-mcp-server-production-task"
POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def policies(iam: Any) -> dict[str, Any]:
    names = iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
    return {name: iam.get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"] for name in names}


def test_roles_that_were_changed_by_hand_are_seen_and_put_right_and_more_of_others_stays(
    deployed: State, role_play: Play, client: Callable[[str], Any]
) -> None:
    """Nor is an instance profile made or taken away."""
    iam = client("iam")
    profiles = [profile["InstanceProfileName"] for profile in iam.list_instance_profiles()["InstanceProfiles"]]
    assert not [name for name in profiles if "mcp-server" in name]
    iam.create_instance_profile(InstanceProfileName="theirs")
    iam.add_role_to_instance_profile(InstanceProfileName="theirs", RoleName=ROLE)
    trust = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    (name,) = before = policies(iam)
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    anybody = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(wide))
    iam.put_role_policy(RoleName=ROLE, PolicyName="theirs", PolicyDocument=json.dumps(wide))
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=POLICY)
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(anybody))
    iam.tag_role(RoleName=ROLE, Tags=[{"Key": "cost-centre", "Value": "7"}])

    foreseen = role_play("iam", "--check")
    assert foreseen.stats["changed"] == 1 and foreseen.writes == []

    run = role_play("iam")
    assert run.stats["changed"] == 1
    role = iam.get_role(RoleName=ROLE)["Role"]
    assert role["AssumeRolePolicyDocument"] == trust
    assert policies(iam) == {**before, "theirs": wide}
    assert [p["PolicyArn"] for p in iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]] == [POLICY]
    assert {"Key": "cost-centre", "Value": "7"} in role["Tags"]
    (theirs,) = iam.list_instance_profiles_for_role(RoleName=ROLE)["InstanceProfiles"]
    assert theirs["InstanceProfileName"] == "theirs"
    assert role_play("iam").stats["changed"] == 0


def test_a_security_group_that_was_opened_by_hand_is_seen_and_closed(
    deployed: State, role_play: Play, client: Callable[[str], Any]
) -> None:
    ec2 = client("ec2")
    named = [{"Name": "group-name", "Values": ["sales-prod-mcp-server-sg"]}]
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    ec2.authorize_security_group_ingress(
        GroupId=group["GroupId"], IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    foreseen = role_play("alb_rule", "--check")
    assert foreseen.stats["changed"] == 1 and foreseen.writes == []
    assert role_play("alb_rule").stats["changed"] == 1
    (closed,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    assert closed["IpPermissions"] == group["IpPermissions"]
