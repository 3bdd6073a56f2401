"""stack_info against the seeded stack: what is found, what is said, and that nothing is written."""

from __future__ import annotations

from typing import Any

import pytest

ASKED = {
    "account_id": "850787717197",
    "vpc_name": "sales-prod",
    "load_balancer_name": "sales-prod-alb",
    "cluster_name": "sales-prod",
    "host": "demo.quiltdata.com",
}


JWT = "sales-prod/mcp-server/jwt"
PARAMETER = "arn:aws:ssm:us-east-1:850787717197:parameter/app/flag"


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("subnets", [{}, {"private_subnet_tags": {"Tier": "private"}}])
def test_the_stack_is_found(run_module: Any, client: Any, check: bool, subnets: dict[str, Any]) -> None:
    result = run_module("stack_info", check=check, **ASKED, **subnets)
    assert result["changed"] is False
    assert result["writes"] == []
    assert len(result["calls"]) < 15
    assert "warnings" not in result
    stack = result["stack"]
    found = client("ec2").describe_subnets(SubnetIds=stack["private_subnet_ids"])["Subnets"]
    assert sorted(subnet["CidrBlock"] for subnet in found) == ["10.0.1.0/24", "10.0.2.0/24"]
    assert stack["account_id"] == "850787717197"
    assert stack["cluster_arn"] == "arn:aws:ecs:us-east-1:850787717197:cluster/sales-prod"
    assert stack["listener_protocol"] == "HTTPS"
    listener = client("elbv2").describe_listeners(ListenerArns=[stack["listener_arn"]])["Listeners"][0]
    assert (listener["Port"], listener["LoadBalancerArn"]) == (443, stack["load_balancer_arn"])
    zone = client("route53").get_hosted_zone(Id=stack["hosted_zone_id"])["HostedZone"]
    assert zone["Name"] == "quiltdata.com."
    assert {key for key, value in stack.items() if value is None} == set()


def test_everything_missing_is_said_at_once(run_module: Any) -> None:
    wrong = {
        "vpc_name": "sales-prd",
        "load_balancer_name": "sales-alb",
        "cluster_name": "sales",
        "host": "demo.quiltdata.org",
    }
    result = run_module("stack_info", **{**ASKED, **wrong})
    assert result["failed"]
    assert [problem["wanted"] for problem in result["problems"]] == [
        "VPC named 'sales-prd'",
        "load balancer 'sales-alb'",
        "ECS cluster 'sales'",
        "hosted zone of 'demo.quiltdata.org'",
    ]
    assert all(problem["wanted"] in result["msg"] for problem in result["problems"])
    assert "did you mean sales-prod-alb" in result["msg"]


def test_a_capacity_provider_that_the_cluster_lacks(run_module: Any, client: Any) -> None:
    asked = {**ASKED, "capacity_providers": ["FARGATE", "FARGATE_SPOT"]}
    usual = run_module("stack_info", **ASKED)
    there = run_module("stack_info", **asked)
    assert [call.operation for call in there["calls"]] == [call.operation for call in usual["calls"]]
    client("ecs").put_cluster_capacity_providers(
        cluster="sales-prod", capacityProviders=[], defaultCapacityProviderStrategy=[]
    )
    refused = run_module("stack_info", **asked)
    assert "cluster sales-prod has no capacity provider FARGATE and no FARGATE_SPOT; it has none" in refused["msg"]
    assert (
        "aws ecs put-cluster-capacity-providers --region us-east-1 --cluster sales-prod --capacity-providers FARGATE "
        "FARGATE_SPOT --default-capacity-provider-strategy '[]', or leave it out of capacity_providers"
    ) in refused["msg"]


def test_the_wrong_listener(run_module: Any) -> None:
    result = run_module("stack_info", **{**ASKED, "listener_port": 80})
    assert "the listener there speaks HTTP" in result["msg"]


def test_a_host_that_no_certificate_covers(run_module: Any) -> None:
    result = run_module("stack_info", **{**ASKED, "host": "a.b.quiltdata.com"})
    assert "no certificate of the listener on port 443 covers a.b.quiltdata.com" in result["warnings"][0]


def test_another_account_is_refused_before_anything_is_read(run_module: Any) -> None:
    result = run_module("stack_info", **{**ASKED, "account_id": "123456789012"})
    assert "123456789012" in result["msg"]
    assert "850787717197" in result["msg"]
    assert "profile" in result["msg"]
    assert [call.operation for call in result["calls"]] == ["GetCallerIdentity"]


def test_a_refused_call_does_not_hide_the_rest(run_module: Any, aws: Any) -> None:
    aws.faults.add("route53", "ListHostedZones", kind="error", code="AccessDenied", status=403, times=99)
    result = run_module("stack_info", **{**ASKED, "cluster_name": "sales"})
    assert len(result["problems"]) == 2
    assert "allow route53:ListHostedZones" in result["msg"]


def test_refused_credentials(run_module: Any, aws: Any) -> None:
    aws.faults.add("sts", "GetCallerIdentity", kind="error", code="ExpiredToken", status=403, times=99)
    assert "log in again" in run_module("stack_info", **ASKED)["msg"]


def test_throttling_is_waited_out(run_module: Any, aws: Any) -> None:
    aws.faults.add("ec2", "DescribeSubnets", kind="throttle", times=2)
    assert run_module("stack_info", **ASKED)["stack"]["private_subnet_ids"]


def test_nobody_answers(run_module: Any) -> None:
    result = run_module("stack_info", **ASKED, endpoint_url="http://127.0.0.1:9")
    assert "AWS cannot be reached" in result["msg"]


def test_the_current_versions_of_secrets_are_reported_and_no_value_is_read(run_module: Any, client: Any) -> None:
    manager = client("secretsmanager")
    old = manager.describe_secret(SecretId=JWT)
    (first,) = old["VersionIdsToStages"]
    second = manager.put_secret_value(SecretId=JWT, SecretString='{"k": "rotated"}')["VersionId"]
    for name in ("/app/flags", "/app/flag", "/app/flag", "/flag"):
        client("ssm").put_parameter(Name=name, Value="on", Type="SecureString", Overwrite=True)
    arn = old["ARN"]
    asked = [JWT, f"{arn}:k::", f"{arn}:k:AWSPREVIOUS:", f"{arn}:::{'0' * 36}", PARAMETER, f"{PARAMETER}s"]
    result = run_module("stack_info", **ASKED, secrets=asked)
    assert result["stack"]["secret_versions"] == {
        JWT: second,
        arn: second,
        asked[1]: second,
        asked[2]: first,
        asked[3]: "0" * 36,
        PARAMETER: "2",
        f"{PARAMETER}s": "1",
    }
    assert set(result["stack"]["secrets"].values()) == {arn, PARAMETER, f"{PARAMETER}s"}
    used = {call.operation for call in result["calls"] if call.service in ("secretsmanager", "ssm")}
    assert used == {"DescribeSecret", "DescribeParameters"}
    assert "rotated" not in str(result)


def test_secrets_that_no_task_could_read_are_refused(run_module: Any, client: Any) -> None:
    manager = client("secretsmanager")
    manager.create_secret(Name="app/empty")
    arn = manager.create_secret(Name="app/new", SecretString="x")["ARN"]
    manager.delete_secret(SecretId=JWT)
    asked = [JWT, "app/empty", f"{arn}::AWSPREVIOUS:", PARAMETER]
    result = run_module("stack_info", **ASKED, secrets=asked)
    assert [problem["found"] for problem in result["problems"]] == [
        "it is scheduled for deletion, so no task could start",
        "no version of it is AWSCURRENT, so no task could start",
        "no version of it is AWSPREVIOUS, so no task could start",
        "not found, so no task could start; its ARN names account 850787717197 and region us-east-1",
    ]


def test_whoever_needs_no_parameter_need_not_be_allowed_to_describe_them(run_module: Any, aws: Any) -> None:
    aws.faults.add("ssm", "DescribeParameters", kind="error", code="AccessDeniedException", status=400, times=99)
    assert run_module("stack_info", **ASKED, secrets=[JWT])["stack"]["secret_versions"][JWT]
    assert "allow ssm:DescribeParameters" in run_module("stack_info", **ASKED, secrets=[JWT, PARAMETER])["msg"]


def test_a_vpc_that_another_account_shares_is_found_by_its_id(run_module: Any, client: Any, aws: Any) -> None:
    """The tags of a shared VPC and of its subnets are its owner's, and not shown."""
    ec2 = aws.platform("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["sales-prod"]}])["Vpcs"]
    ec2.delete_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "Name"}])
    assert run_module("stack_info", **ASKED)["failed"]
    result = run_module("stack_info", **ASKED, vpc_id=vpc["VpcId"])
    assert result["stack"]["vpc_id"] == vpc["VpcId"], result.get("msg")
