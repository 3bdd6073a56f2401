"""The module against plain moto: what ansible-test can run. The acceptance cases are in tests/integration/modules."""

from __future__ import annotations

import pytest

NAME = "sales-prod-mcp-server-production"
FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


@pytest.fixture
def listener(aws):
    ec2, elb = aws.client("ec2"), aws.client("elbv2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    balancer = elb.create_load_balancer(Name="shared", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    made = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[FIXED])
    return made["Listeners"][0]["ListenerArn"]


@pytest.fixture
def rule(aws, listener, run_module):
    def run(check=False, **parameters):
        given = {
            "name": NAME,
            "listener_arn": listener,
            "conditions": [
                {"field": "host-header", "values": ["demo.quiltdata.com"]},
                {"field": "path-pattern", "values": ["/mcp", "/mcp/*"]},
            ],
            "actions": [{"type": "fixed-response", "fixed_response_config": {"status_code": "200"}}],
        }
        return run_module("elb_listener_rule", check, **{**given, **parameters})

    return run


def foreign(aws, listener, priority, path):
    condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}
    elb = aws.client("elbv2")
    elb.create_rule(ListenerArn=listener, Priority=priority, Conditions=[condition], Actions=[FIXED])


def test_created_once_ahead_of_the_catch_all_and_deleted(aws, listener, rule):
    foreign(aws, listener, 100, "/x")
    foreign(aws, listener, 102, "/*")
    checked = rule(check=True)
    assert checked["changed"] and checked["priority"] == 101 and checked["rule_arn"] == "known-after-apply"
    created = rule()
    assert created["changed"] and created["priority"] == 101 and created["diff"] == checked["diff"]
    again = rule()
    assert not again["changed"] and again["rule_arn"] == created["rule_arn"]
    changed = rule(conditions=[{"field": "path-pattern", "values": ["/new"]}])
    assert changed["changed"] and changed["rule_arn"] == created["rule_arn"]
    assert rule(state="absent")["changed"] and not rule(state="absent")["changed"]


def test_no_free_priority_is_a_failure_that_names_the_rules(aws, listener, rule):
    foreign(aws, listener, 50, "/*")
    result = rule()
    assert result["failed"] and "priority 50" in result["msg"] and "allow_below_floor" in result["msg"]


def test_info_answers(aws, listener, rule, run_module):
    foreign(aws, listener, 200, "/*")
    own = rule()
    asked = {"host": "demo.quiltdata.com", "path": "/mcp"}
    result = run_module("elb_listener_rule_info", listener_arn=listener, explain=asked)
    assert result["explanation"]["rule"]["rule_arn"] == own["rule_arn"]
    assert [one["priority"] for one in result["rules"]] == [100, 200, "default"]
