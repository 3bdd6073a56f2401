"""replace: what AWS cannot change is refused by default, and deleted and created again when the operator says so."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.control import ControlPlane
from tests.aws import aws_tags
from tests.sandbox.ecs_stack import Stack, lay

OURS = {"quilt:deployment": "ours"}


@pytest.fixture
def stack(aws: Any, client: Any) -> Stack:
    aws.reset(seed=False)
    found = lay(client)
    found.register()
    return found


@pytest.fixture
def cases(stack: Stack, client: Any) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """By module: how the resource is made, and the change that AWS cannot do."""
    vpc = client("ec2").describe_subnets(SubnetIds=stack.subnets)["Subnets"][0]["VpcId"]
    network = {"subnets": stack.subnets, "security_groups": [stack.security_group]}
    return {
        "cloudwatch_log_group": (
            {"log_group_name": "/ecs/ours", "retention_in_days": 7},
            {"log_group_class": "INFREQUENT_ACCESS"},
        ),
        "ecr_repository": (
            {"repository_name": "ours"},
            {"encryption_configuration": {"encryption_type": "KMS"}},
        ),
        "elb_target_group": (
            {"name": "ours", "protocol": "HTTP", "port": 8000, "vpc_id": vpc, "target_type": "ip"},
            {"port": 9000},
        ),
        "ecs_service": (
            {
                "cluster": "main",
                "service_name": "web",
                "task_definition": "app",
                "desired_count": 1,
                "launch_type": "FARGATE",
                "network_configuration": {"awsvpc_configuration": network},
                "wait_timeout": 20,
            },
            {"launch_type": "EC2"},
        ),
    }


KEYS = {
    "cloudwatch_log_group": "log_group",
    "ecr_repository": "repository",
    "elb_target_group": "target_group",
    "ecs_service": "service",
}
MODULES = tuple(KEYS)
DELETES = {
    "cloudwatch_log_group": ["DeleteLogGroup", "CreateLogGroup"],
    "ecr_repository": ["DeleteRepository", "CreateRepository"],
    "elb_target_group": ["DeleteTargetGroup", "CreateTargetGroup"],
    "ecs_service": ["DeleteService", "CreateService"],
}


@pytest.mark.parametrize("module", MODULES)
def test_what_aws_cannot_change_is_offered_replacement_and_replaced_when_told(
    module: str, cases: Any, run_module: Any, aws: ControlPlane
) -> None:
    usual, change = cases[module]
    given = {**usual, **change}
    run_module(module, **usual, require_tags=OURS, tags={"mine": "1"})
    key = KEYS[module]
    aws_tags.mark(aws, key, run_module(module, **usual, tags={"theirs": "2"})[key])

    refused = run_module(module, **given, require_tags=OURS)
    assert "AWS cannot change" in refused["msg"] and "replace: true" in refused["msg"]
    assert all(name in refused["msg"] for name in change)
    assert refused["writes"] == []

    predicted = run_module(module, check=True, **given, require_tags=OURS, replace=True)
    assert predicted["writes"] == [] and predicted["changed"]

    result = run_module(module, **given, require_tags=OURS, replace=True)
    assert not result.get("failed"), result["msg"]
    assert [name for name in result["writes"] if name in DELETES[module]] == DELETES[module]
    assert predicted.keys() == result.keys()
    assert predicted["diff"] == result["diff"]
    assert "deleted and created again" in result["warnings"][0]
    # AWS's own tags are AWS's to give: a request with one is refused, and the old one would be gone.
    assert result[key]["tags"] == {**OURS, "mine": "1", "theirs": "2"}
    assert predicted[key].keys() == result[key].keys()

    again = run_module(module, **given, require_tags=OURS, replace=True)
    assert not again["changed"] and again["writes"] == []


@pytest.mark.parametrize("module", MODULES)
def test_what_belongs_to_others_is_never_replaced(module: str, cases: Any, run_module: Any) -> None:
    usual, change = cases[module]
    given = {**usual, **change}
    run_module(module, **usual)
    result = run_module(module, **given, require_tags=OURS, replace=True)
    assert "is not ours" in result["msg"] and result["writes"] == []


def test_a_change_that_aws_can_make_replaces_nothing(cases: Any, run_module: Any) -> None:
    usual, _ = cases["cloudwatch_log_group"]
    run_module("cloudwatch_log_group", **usual)
    result = run_module("cloudwatch_log_group", **{**usual, "retention_in_days": 14}, replace=True)
    assert result["writes"] == ["PutRetentionPolicy"]


def test_what_the_old_one_had_beside_the_parameters_is_gone_and_the_diff_says_so(cases: Any, run_module: Any) -> None:
    usual, change = cases["cloudwatch_log_group"]
    run_module("cloudwatch_log_group", **usual)
    result = run_module("cloudwatch_log_group", log_group_name="/ecs/ours", **change, replace=True)
    assert result["diff"]["before"]["retention_in_days"] == 7
    assert result["diff"]["after"]["retention_in_days"] == 0
    assert result["log_group"]["retention_in_days"] == 0
