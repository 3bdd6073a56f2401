from __future__ import annotations

import pytest

NAME = "sales-prod-mcp-server-tg"
OWN = {"quilt:deployment": "sales-prod"}
HEALTH = {
    "health_check_protocol": "HTTP",
    "health_check_port": "traffic-port",
    "health_check_path": "/healthz",
    "health_check_interval_seconds": 30,
    "health_check_timeout_seconds": 6,
    "healthy_threshold_count": 2,
    "unhealthy_threshold_count": 3,
    "matcher": {"http_code": "200"},
}


@pytest.fixture
def vpc_id(aws):
    return aws.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def group(run_module, vpc_id):
    def run(check=False, **parameters):
        wanted = {"protocol": "HTTP", "port": 8000, "vpc_id": vpc_id, "target_type": "ip", **parameters}
        return run_module("elb_target_group", check, name=NAME, **wanted)

    return run


FULL = {**HEALTH, "attributes": {"deregistration_delay.timeout_seconds": 30}, "require_tags": OWN}


def test_created_once(aws, group):
    created = group(**FULL)
    assert created["changed"]
    found = created["target_group"]
    assert found["name"] == found["target_group_name"] == NAME and found["tags"] == OWN
    assert found["attributes"]["deregistration_delay.timeout_seconds"] == "30"
    assert found["load_balancer_arns"] == []
    again = group(**FULL)
    assert not again["changed"] and aws.writes == [] and again["target_group"] == found


def test_check_mode_predicts_the_keys_of_the_run(aws, group):
    predicted = group(check=True, **FULL)
    assert predicted["changed"] and aws.writes == []
    real = group(**FULL)
    assert predicted["diff"] == real["diff"]
    assert predicted["target_group"].keys() == real["target_group"].keys()
    assert predicted["target_group"]["target_group_arn"] == "known-after-apply"


def test_check_mode_with_a_vpc_that_does_not_exist_yet(aws, group):
    assert group(check=True, vpc_id="known-after-apply", **FULL)["changed"]
    group(**FULL)
    assert group(check=True, vpc_id="known-after-apply", **FULL)["changed"]
    real = group(vpc_id="known-after-apply", **FULL)
    assert real["failed"] and "cannot be written" in real["msg"] and aws.calls == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("health_check_path", "/other"),
        ("health_check_port", "8001"),
        ("health_check_interval_seconds", 20),
        ("health_check_timeout_seconds", 5),
        ("healthy_threshold_count", 4),
        ("unhealthy_threshold_count", 4),
        ("matcher", {"http_code": "200-299"}),
        ("attributes", {"deregistration_delay.timeout_seconds": 60}),
        ("attributes", {"stickiness.enabled": True}),
    ],
    ids=str,
)
def test_a_change_is_named_in_the_diff_and_made_once(aws, group, field, value):
    group(**FULL)
    checked = group(check=True, **{field: value})
    assert checked["changed"] and aws.writes == []
    changed = group(**{field: value})
    assert changed["diff"] == checked["diff"]
    before, after = changed["diff"]["before"], changed["diff"]["after"]
    assert {key for key in {*before, *after} if before.get(key) != after.get(key)} == {field}
    assert len(aws.writes) == 1
    again = group(**{field: value})
    assert not again["changed"] and aws.writes == []


def test_stickiness_goes_off_again(group):
    group(attributes={"stickiness.enabled": True})
    result = group(attributes={"stickiness.enabled": False})
    assert result["changed"] and result["target_group"]["attributes"]["stickiness.enabled"] == "false"


def test_attributes_that_are_not_named_stay(aws, group):
    group(**FULL)
    otherwise = {"stickiness.enabled": "no", "deregistration_delay.timeout_seconds": 30.0}
    for attributes in (None, {}, {"stickiness.enabled": False}, otherwise):
        assert not group(attributes=attributes)["changed"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("port", 8001),
        ("protocol", "HTTPS"),
        ("target_type", "instance"),
        ("protocol_version", "HTTP2"),
        ("vpc_id", "vpc-12345678"),
    ],
)
def test_what_aws_cannot_change_is_refused_by_name(aws, group, field, value):
    group(**FULL)
    for check in (True, False):
        result = group(check, **{**FULL, "health_check_path": "/other", field: value})
        assert result["failed"] and f"\nFound: {field} is " in result["msg"] and "another name" in result["msg"]
        assert aws.writes == []


def test_targets_are_never_touched(aws, group):
    arn = group(**FULL)["target_group"]["target_group_arn"]
    elbv2 = aws.client("elbv2")
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.1.7", "Port": 8000}])
    group(**{**FULL, "health_check_path": "/other"})
    assert not [call for call in aws.calls if "Targets" in call]
    health = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert [target["Target"]["Id"] for target in health] == ["10.0.1.7"]


@pytest.mark.parametrize("name", ["a" * 33, "-a", "a-", "a_b", "internal-a"])
def test_a_name_that_elb_would_refuse_is_refused_before_any_call(aws, run_module, name):
    result = run_module("elb_target_group", name=name, protocol="HTTP")
    assert result["failed"] and name in result["msg"] and aws.calls == []


def test_a_misspelled_attribute_is_refused_before_any_call(aws, group, vpc_id):
    result = group(attributes={"deregistration_delay.timeout_second": 3})
    assert result["failed"] and "Remedy: use deregistration_delay.timeout_seconds" in result["msg"]
    assert aws.calls == []


def test_a_foreign_group_is_neither_changed_nor_deleted(aws, group):
    group()
    for state in ("present", "absent"):
        result = group(**{**FULL, "state": state})
        assert result["failed"] and NAME in result["msg"] and "is foreign" in result["msg"] and aws.writes == []


def test_absent_twice(aws, group, run_module):
    group(**FULL)
    assert run_module("elb_target_group", True, name=NAME, state="absent")["changed"] and aws.writes == []
    assert run_module("elb_target_group", name=NAME, state="absent", require_tags=OWN)["changed"]
    again = run_module("elb_target_group", name=NAME, state="absent", require_tags=OWN)
    assert not again["changed"] and again["target_group"] == {} and aws.writes == []
