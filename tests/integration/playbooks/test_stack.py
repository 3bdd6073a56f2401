"""What the deployment says about a shared stack that is not as the inventory describes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from moto.ec2.models.route_tables import RouteBackend

if TYPE_CHECKING:
    from conftest import Play, State

    from sandbox.emulator.control_plane import ControlPlane


def test_check_mode_goes_through_a_half_made_stack_without_a_write(
    built: State, play: Play, client: Callable[[str], Any]
) -> None:
    client("logs").create_log_group(
        logGroupName="/ecs/mcp-server-production", tags={"quilt:deployment": "sales-prod-mcp-server-production"}
    )
    run = play("site.yml", "--check", "--diff")
    assert run.status == 0, run.failures
    assert run.writes == []


def test_everything_missing_is_said_at_once_and_nothing_is_written(play: Play) -> None:
    run = play(
        "deploy.yml",
        stack_vpc_name="sales-prd",
        stack_load_balancer_name="sales-alb",
        mcp_server_cluster="sale-prod",
        mcp_server_jwt_secret="sales-prod/nothing",
    )
    (message,) = [result["msg"] for result in run.results("Verify the shared stack") if "msg" in result]
    for wanted in ("VPC named 'sales-prd'", "'sales-alb'", "'sale-prod'", "secret 'sales-prod/nothing'"):
        assert wanted in message
    assert "did you mean sales-prod" in message
    assert "correct stack_vpc_name" in message
    assert run.writes == []


def test_a_vpc_of_another_account_shows_neither_tags_nor_routes(
    play: Play, aws: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the ids of the VPC and its subnets all works; the load balancer and the cluster have no need of tags."""
    ec2 = aws.platform("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["sales-prod"]}])["Vpcs"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    private = [one["SubnetId"] for one in subnets if {"Key": "Tier", "Value": "private"} in one["Tags"]]
    for one in (vpc, *subnets):
        ec2.delete_tags(Resources=[one.get("SubnetId") or one["VpcId"]], Tags=one["Tags"])
    monkeypatch.setattr(RouteBackend, "describe_route_tables", lambda *_args, **_options: [])

    (named,) = play("deploy.yml", "--check").failures
    assert "VPC named 'sales-prod': not found" in named and "correct stack_vpc_name" in named
    (routed,) = play("deploy.yml", "--check", stack_vpc_id=vpc["VpcId"]).failures
    assert "no route table is shown for subnet-" in routed and "name them with stack_private_subnet_ids" in routed

    ids = {"stack_vpc_id": vpc["VpcId"], "stack_private_subnet_ids": private}
    foreseen = play("deploy.yml", "--check", **ids)
    assert foreseen.status == 0, foreseen.failures
    deployed = play("deploy.yml", **ids)
    assert deployed.status == 0, deployed.failures
    (service,) = deployed.results("Ensure the service runs the task definition")
    network = service["service"]["network_configuration"]["awsvpc_configuration"]
    assert sorted(network["subnets"]) == sorted(private)
    again = play("deploy.yml", **ids)
    assert (again.status, again.writes) == (0, []), again.failures
    destroyed = play("destroy.yml", **ids)
    assert destroyed.status == 0, destroyed.failures
    left = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["sales-prod-mcp-server-sg"]}])
    assert left["SecurityGroups"] == []


def test_dns_may_be_kept_elsewhere(play: Play, client: Callable[[str], Any]) -> None:
    zones = client("route53")
    for zone in zones.list_hosted_zones()["HostedZones"]:
        aws_own = ("NS", "SOA")
        records = zones.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        gone = [{"Action": "DELETE", "ResourceRecordSet": one} for one in records if one["Type"] not in aws_own]
        zones.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch={"Changes": gone})
        zones.delete_hosted_zone(Id=zone["Id"])
    refused = play("deploy.yml", "--check")
    (message,) = refused.failures
    assert "correct stack_hosted_zone_name (none: DNS is kept elsewhere)" in message
    run = play("deploy.yml", "--check", stack_hosted_zone_name="none")
    assert run.status == 0, run.failures


def test_the_cluster_and_the_port_are_said_once(play: Play, client: Callable[[str], Any]) -> None:
    client("ecs").create_cluster(clusterName="apps")
    run = play("deploy.yml", "--check", mcp_server_cluster="apps", mcp_server_port=9000)
    assert run.status == 0, run.failures
    (definition,) = run.results("Ensure the task definition is registered")
    (container,) = definition["task_definition"]["container_definitions"]
    assert container["port_mappings"][0]["container_port"] == 9000
    (service,) = run.results("Ensure the service runs the task definition")
    assert service["service"]["load_balancers"][0]["container_port"] == 9000
    assert ":service/apps/" in service["service"]["service_arn"]


@pytest.mark.parametrize("named", ["server", "apps/server", "arn:aws:iam::850787717197:role/apps/server"])
def test_existing_roles_are_only_checked(play: Play, client: Callable[[str], Any], named: str) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").create_role(RoleName="server", Path="/apps/", AssumeRolePolicyDocument=trust)
    given = {"iam_existing_task_role": named, "iam_existing_execution_role": "ecsTaskExecutionRole"}
    run = play("deploy.yml", "--check", **given, mcp_server_buckets=["quilt-sales"])
    assert run.status == 0, run.failures
    (exports,) = [one for one in run.results("Ensure the IAM roles exist") if "arns" in one]
    task, execution = exports["warnings"]
    assert task.startswith("IAM role server is left as it is. It must allow: ")
    assert "s3:ListBucketVersions on arn:aws:s3:::quilt-sales; s3:GetObject, " in task
    assert (
        "secretsmanager:GetSecretValue on arn:aws:secretsmanager:us-east-1:850787717197:secret:sales-prod" in execution
    )
    assert "sts:GetCallerIdentity" not in task + execution
    assert exports["arns"] == {
        "task": "arn:aws:iam::850787717197:role/apps/server",
        "execution": "arn:aws:iam::850787717197:role/ecsTaskExecutionRole",
    }
    assert [call.operation for call in run.calls if call.service == "iam"] == ["GetRole", "GetRole"]


def test_existing_roles_that_are_missing_are_both_named(play: Play) -> None:
    run = play("deploy.yml", iam_existing_task_role="noTask", iam_existing_execution_role="noExecution")
    (message,) = [one["msg"] for one in run.results("Ensure the IAM roles exist") if one.get("failed")]
    assert "IAM role noTask: there is no such role" in message
    assert "IAM role noExecution: there is no such role" in message
    assert "iam:CreateRole" not in run.writes


def test_an_existing_role_that_ecs_may_not_assume_is_refused(play: Play, client: Callable[[str], Any]) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").create_role(RoleName="forMachines", AssumeRolePolicyDocument=trust)
    run = play("deploy.yml", iam_existing_task_role="forMachines", iam_existing_execution_role="ecsTaskExecutionRole")
    (message,) = [one["msg"] for one in run.results("Ensure the IAM roles exist") if one.get("failed")]
    assert "forMachines" in message
    assert "ecsTaskExecutionRole" not in message
    assert "ecs-tasks.amazonaws.com" in message
    assert not [write for write in run.writes if write.startswith(("iam:", "ecs:", "elbv2:"))]


def test_a_role_of_the_name_that_is_not_own_is_left_alone(play: Play, client: Callable[[str], Any]) -> None:
    name = "sales-prod-mcp-server-production-task"
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    run = play("deploy.yml")
    (message,) = [one["msg"] for one in run.results("Ensure the IAM roles exist") if one.get("failed")]
    assert name in message
    assert "iam_existing_task_role" in message
    assert not [write for write in run.writes if write.startswith("iam:")]


def test_a_security_group_of_the_name_that_is_not_own_is_left_alone(play: Play, client: Callable[[str], Any]) -> None:
    ec2 = client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["sales-prod"]}])["Vpcs"]
    ec2.create_security_group(GroupName="sales-prod-mcp-server-sg", Description="theirs", VpcId=vpc["VpcId"])
    run = play("deploy.yml")
    (message,) = [result["msg"] for result in run.results("Ensure the security group of the tasks exists")]
    assert "sales-prod-mcp-server-sg" in message
    assert not [write for write in run.writes if write.startswith("ec2:")]


def test_a_permissions_boundary_reaches_both_roles(play: Play, client: Callable[[str], Any], role_play: Play) -> None:
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    run = role_play("iam", iam_permissions_boundary=boundary)
    assert run.status == 0, run.failures
    for kind in ("task", "execution"):
        role = client("iam").get_role(RoleName=f"sales-prod-mcp-server-production-{kind}")["Role"]
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert role_play("iam", iam_permissions_boundary=boundary).stats["changed"] == 0


def test_the_security_group_admits_the_balancer_only_and_lets_out_443_and_what_is_asked_for(
    play: Play, client: Callable[[str], Any], role_play: Play
) -> None:
    more = [{"proto": "tcp", "ports": [5432], "cidr_ip": "10.0.0.0/16", "rule_desc": "a database"}]
    run = role_play("alb_rule", alb_rule_egress=more)
    assert run.status == 0, run.failures
    ec2 = client("ec2")
    groups = {group["GroupName"]: group for group in ec2.describe_security_groups()["SecurityGroups"]}
    own, balancer = groups["sales-prod-mcp-server-sg"], groups["sales-prod-alb-sg"]
    (ingress,) = own["IpPermissions"]
    assert (ingress["FromPort"], ingress["ToPort"], ingress["IpRanges"]) == (8000, 8000, [])
    assert [pair["GroupId"] for pair in ingress["UserIdGroupPairs"]] == [balancer["GroupId"]]
    egress = {(rule["FromPort"], rule["ToPort"]): rule["IpRanges"][0]["CidrIp"] for rule in own["IpPermissionsEgress"]}
    assert egress == {(443, 443): "0.0.0.0/0", (5432, 5432): "10.0.0.0/16"}
    assert role_play("alb_rule", alb_rule_egress=more).stats["changed"] == 0
