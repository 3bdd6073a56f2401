"""What every resource module promises, shown for each of them against the AWS APIs of the sandbox."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.aws import aws_tags

OURS = {"quilt:deployment": "sales-prod-mcp-server-production"}
ROLE = "arn:aws:iam::850787717197:role"


@dataclass(frozen=True)
class Case:
    """A module, its identity, a full set of parameters, and one other value for each that can change."""

    module: str
    result_key: str
    identity: dict[str, Any]
    full: dict[str, Any]
    changes: dict[str, Any]
    unpredictable: set[str]
    clear: dict[str, Any] = field(default_factory=dict)


CONTAINER = {
    "name": "mcp-server",
    "image": "850787717197.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server@sha256:" + "0" * 64,
    "essential": True,
    "user": "10001:10001",
    "readonly_root_filesystem": True,
    "stop_timeout": 60,
    "port_mappings": [{"container_port": 8000, "protocol": "tcp"}],
    "environment": [{"name": "QUILT_MCP_PORT", "value": "8000"}, {"name": "QUILT_MCP_AUTH", "value": "jwt"}],
    "secrets": [{"name": "QUILT_MCP_JWT_KEYS", "value_from": "arn:aws:secretsmanager:us-east-1:850787717197:secret:x"}],
    "mount_points": [{"source_volume": "tmp", "container_path": "/tmp"}],
    "health_check": {"command": ["CMD", "python3", "-m", "quilt_mcp_server.healthcheck"], "start_period": 30},
    "log_configuration": {
        "log_driver": "awslogs",
        "options": {
            "awslogs-group": "/ecs/mcp-server-production",
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "mcp-server",
        },
    },
}


def tracking(name, target):
    metric = {"predefined_metric_type": "ECSServiceAverageCPUUtilization"}
    configuration = {"target_value": target, "predefined_metric_specification": metric}
    return {"policy_name": name, "target_tracking_scaling_policy_configuration": configuration}


NIGHT = {
    "scheduled_action_name": "night",
    "schedule": "cron(0 20 * * ? *)",
    "scalable_target_action": {"min_capacity": 0, "max_capacity": 0},
}
CASES = {
    "cloudwatch_alarm": Case(
        module="cloudwatch_alarm",
        result_key="alarm",
        identity={"alarm_name": "sales-prod-mcp-server-production-faults"},
        full={
            "namespace": "AWS/ApplicationELB",
            "metric_name": "HTTPCode_Target_5XX_Count",
            "dimensions": [
                {"name": "TargetGroup", "value": "targetgroup/sales-prod-mcp-server-tg/1"},
                {"name": "LoadBalancer", "value": "app/sales-prod-alb/1"},
            ],
            "statistic": "Sum",
            "period": 60,
            "evaluation_periods": 1,
            "threshold": 5.0,
            "comparison_operator": "GreaterThanThreshold",
            "treat_missing_data": "notBreaching",
            "alarm_actions": ["arn:aws:sns:us-east-1:850787717197:operators"],
        },
        changes={
            "metric_name": "HTTPCode_Target_4XX_Count",
            "dimensions": [{"name": "LoadBalancer", "value": "app/sales-prod-alb/1"}],
            "statistic": "Maximum",
            "period": 120,
            "evaluation_periods": 2,
            "threshold": 6.0,
            "comparison_operator": "GreaterThanOrEqualToThreshold",
            "treat_missing_data": "ignore",
            "alarm_description": "other",
            "actions_enabled": False,
        },
        clear={"alarm_actions": []},
        unpredictable={"state_value"},
    ),
    "cloudwatch_log_group": Case(
        module="cloudwatch_log_group",
        result_key="log_group",
        identity={"log_group_name": "/ecs/mcp-server-production"},
        full={"retention_in_days": 30},
        changes={"retention_in_days": 1096},
        clear={"retention_in_days": 0},
        unpredictable={"creation_time"},
    ),
    "ecr_repository": Case(
        module="ecr_repository",
        result_key="repository",
        identity={"repository_name": "quilt-mcp-server"},
        full={
            "image_tag_mutability": "IMMUTABLE",
            "image_scanning_configuration": {"scan_on_push": True},
            "encryption_configuration": {"encryption_type": "AES256"},
            "lifecycle_policy": {
                "rules": [
                    {
                        "rulePriority": 1,
                        "selection": {
                            "tagStatus": "untagged",
                            "countType": "sinceImagePushed",
                            "countUnit": "days",
                            "countNumber": 7,
                        },
                        "action": {"type": "expire"},
                    }
                ]
            },
        },
        changes={
            "image_tag_mutability": "MUTABLE",
            "image_scanning_configuration": {"scan_on_push": False},
            "lifecycle_policy": {
                "rules": [
                    {
                        "rulePriority": 1,
                        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9},
                        "action": {"type": "expire"},
                    }
                ]
            },
        },
        clear={"lifecycle_policy": {}},
        unpredictable={"created_at", "repository_uri"},
    ),
    "elb_target_group": Case(
        module="elb_target_group",
        result_key="target_group",
        identity={"name": "sales-prod-mcp-server-tg"},
        full={
            "protocol": "HTTP",
            "port": 8000,
            "target_type": "ip",
            "health_check_protocol": "HTTP",
            "health_check_path": "/healthz",
            "health_check_interval_seconds": 30,
            "health_check_timeout_seconds": 6,
            "healthy_threshold_count": 2,
            "unhealthy_threshold_count": 3,
            "matcher": {"http_code": "200"},
            "attributes": {"deregistration_delay.timeout_seconds": 30, "stickiness.enabled": False},
        },
        changes={
            "health_check_path": "/other",
            "health_check_interval_seconds": 20,
            "health_check_timeout_seconds": 5,
            "healthy_threshold_count": 3,
            "unhealthy_threshold_count": 4,
            "matcher": {"http_code": "200-299"},
            "attributes": {"deregistration_delay.timeout_seconds": 31},
        },
        unpredictable={"target_group_arn", "attributes"},
    ),
    "ecs_task_definition": Case(
        module="ecs_task_definition",
        result_key="task_definition",
        identity={"family": "quilt-mcp-server"},
        full={
            "task_role_arn": f"{ROLE}/ecsTaskRole",
            "execution_role_arn": f"{ROLE}/ecsTaskExecutionRole",
            "network_mode": "awsvpc",
            "requires_compatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
            "volumes": [{"name": "tmp"}],
            "runtime_platform": {"cpu_architecture": "X86_64", "operating_system_family": "LINUX"},
            "container_definitions": [CONTAINER],
        },
        changes={
            "task_role_arn": f"{ROLE}/other",
            "memory": "1024",
            "runtime_platform": {"cpu_architecture": "ARM64"},
            "ephemeral_storage": {"size_in_gib": 30},
            "container_definitions": [{**CONTAINER, "command": ["serve"]}],
        },
        clear={"task_role_arn": ""},
        unpredictable={"task_definition_arn", "revision", "registered_at"},
    ),
    "scalable_target": Case(
        module="scalable_target",
        result_key="scalable_target",
        identity={"resource_id": "service/sales-prod/sales-prod-catalog"},
        full={
            "min_capacity": 1,
            "max_capacity": 4,
            "suspended_state": {"scheduled_scaling_suspended": True},
            "policies": [tracking("cpu", 60)],
            "scheduled_actions": [NIGHT],
        },
        changes={
            "min_capacity": 2,
            "max_capacity": 5,
            "suspended_state": {"scheduled_scaling_suspended": False},
            "policies": [tracking("cpu", 70)],
            "scheduled_actions": [{**NIGHT, "timezone": "Europe/Berlin"}],
        },
        unpredictable={"scalable_target_arn", "creation_time", "role_arn"},
    ),
}


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request, client):
    case = copy.deepcopy(request.param)
    if case.module == "elb_target_group":
        vpcs = client("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["sales-prod"]}])["Vpcs"]
        case.full["vpc_id"] = vpcs[0]["VpcId"]
    return case


@pytest.fixture
def run(case, run_module):
    def run(check=False, **parameters):
        return run_module(case.module, check, **{**case.identity, **case.full, "require_tags": OURS, **parameters})

    return run


def changed_fields(result):
    before, after = result["diff"]["before"], result["diff"]["after"]
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}


def test_a_second_run_is_no_change(case, run):
    first = run()
    assert first["changed"], first
    assert first[case.result_key]["tags"] == OURS
    second = run()
    assert not second["changed"] and second["writes"] == [] and changed_fields(second) == set()
    assert second[case.result_key] == first[case.result_key]


def test_check_mode_returns_what_the_run_will_return(case, run):
    predicted = run(check=True)
    assert predicted["changed"] and predicted["writes"] == []
    real = run()
    assert predicted["diff"] == real["diff"]
    assert predicted[case.result_key].keys() == real[case.result_key].keys()
    differs = {key for key, value in real[case.result_key].items() if predicted[case.result_key][key] != value}
    assert differs <= case.unpredictable
    converged = run(check=True)
    assert (
        not converged["changed"] and converged["writes"] == [] and converged[case.result_key] == real[case.result_key]
    )


def test_every_change_is_named_and_made_once(case, run):
    for name, value in {**case.changes, **case.clear}.items():
        run()
        checked = run(check=True, **{name: value})
        assert checked["changed"] and checked["writes"] == [] and changed_fields(checked) == {name}
        real = run(**{name: value})
        assert real["changed"] and real["diff"] == checked["diff"] and real["writes"] != []
        assert not run(**{name: value})["changed"]


def test_unset_is_left_alone(case, run_module, run):
    if case.module == "ecs_task_definition":
        pytest.skip("a revision is a whole document")
    run()
    result = run_module(case.module, **case.identity)
    assert not result["changed"] and result["writes"] == []


def test_tags_of_others_stay(case, run):
    run(tags={"cost-centre": "42"})
    assert run(tags={"team": "data"})[case.result_key]["tags"] == {**OURS, "cost-centre": "42", "team": "data"}
    assert not run()["changed"]
    assert run(tags={}, purge_tags=True)[case.result_key]["tags"] == OURS


def test_tags_of_aws_stay_and_are_never_sent(aws, case, run):
    aws_tags.mark(aws, case.result_key, run()[case.result_key])
    assert not run()["changed"]
    name, value = next(iter(case.changes.items()))
    result = run(**{name: value}, tags={"team": "data"}, purge_tags=True)
    assert not result.get("failed"), result["msg"]
    # A new revision is a new resource; AWS's tags are not ours to give it.
    kept = {} if case.module == "ecs_task_definition" else aws_tags.STACK
    assert result[case.result_key]["tags"] == {**OURS, "team": "data", **kept}
    assert not run(**{name: value})["changed"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_tag_that_only_aws_may_set_is_refused_before_any_call(case, run, state):
    result = run(state=state, tags={"AWS:team": "data", "quilt:deployment": "other"})
    assert "AWS:team: keys that begin with aws:" in result["msg"]
    assert "tags and require_tags disagree about quilt:deployment" in result["msg"]
    assert result["calls"] == []


def test_wrong_tags_and_a_wrong_parameter_are_said_in_one_message(run_module):
    result = run_module("cloudwatch_log_group", log_group_name="/x", retention_in_days=31, tags={"aws:x": "1"})
    assert "aws:x: keys that begin with aws:" in result["msg"]
    assert "31 is not a retention" in result["msg"]
    assert result["calls"] == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_is_not_ours_is_refused_by_name(case, run, state):
    run(require_tags={}, tags={"quilt:deployment": "somebody-else"})
    name, value = next(iter(case.changes.items()))
    for check in (True, False):
        result = run(check, state=state, **{name: value})
        assert result["failed"] and result["writes"] == []
        assert "somebody-else" in result["msg"] and next(iter(case.identity.values())) in result["msg"]


def test_absent_twice(case, run):
    assert not run(check=True, state="absent")["changed"]
    run()
    checked = run(check=True, state="absent")
    assert checked["changed"] and checked["writes"] == [] and checked["diff"]["after"] == {}
    assert run(state="absent")["changed"]
    again = run(state="absent")
    assert not again["changed"] and again["writes"] == [] and again[case.result_key] == {}


def test_throttling_is_waited_for(aws, case, run):
    for service in ("logs", "ecr", "ecs", "elbv2", "application-autoscaling"):
        aws.faults.add(service, "*", "throttle", times=None, every=3)
    assert run()["changed"]
    assert not run()["changed"]


def test_a_run_that_died_at_any_write_is_finished_by_the_next(aws, case, run):
    whole = run()
    writes = list(whole["writes"])
    service = {
        "alarm": "cloudwatch",
        "log_group": "logs",
        "repository": "ecr",
        "target_group": "elbv2",
        "task_definition": "ecs",
        "scalable_target": "application-autoscaling",
    }
    for number, operation in enumerate(writes):
        aws.reset()
        if "vpc_id" in case.full:
            case.full["vpc_id"] = _vpc(aws)
        aws.faults.add(service[case.result_key], operation, "error", code="AccessDeniedException", status=400)
        broken = run()
        assert broken["failed"] and "AccessDenied" in broken["msg"], (number, operation)
        repaired = run()
        assert repaired["changed"]
        assert repaired["diff"]["after"] == whole["diff"]["after"] or case.module == "elb_target_group"
        assert not run()["changed"]


def _vpc(aws):
    import boto3

    ec2 = boto3.client(
        "ec2", region_name=aws.region, endpoint_url=aws.url, aws_access_key_id="x", aws_secret_access_key="x"
    )
    return ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["sales-prod"]}])["Vpcs"][0]["VpcId"]


def test_a_lost_reply_to_a_create_is_no_failure_and_no_twin(aws, case, run):
    create = {
        "alarm": ("cloudwatch", "PutMetricAlarm"),
        "log_group": ("logs", "CreateLogGroup"),
        "repository": ("ecr", "CreateRepository"),
        "target_group": ("elbv2", "CreateTargetGroup"),
        "task_definition": ("ecs", "RegisterTaskDefinition"),
        "scalable_target": ("application-autoscaling", "RegisterScalableTarget"),
    }[case.result_key]
    aws.faults.add(*create, "lost_reply")
    assert run()["changed"]
    assert not run()["changed"]
