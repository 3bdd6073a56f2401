from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.plugin_utils.drift import judge

FAMILY = "arn:aws:ecs:us-east-1:1:task-definition/quilt-mcp-server"
TASK = {
    "task": "Ensure the task definition is registered",
    "module": "quilt.mcp_server.ecs_task_definition",
    "item": "",
}
SERVICE = {"task": "Keep the service", "module": "quilt.mcp_server.ecs_service", "item": ""}
LOGS = {"task": "Keep the log group", "module": "quilt.mcp_server.cloudwatch_log_group", "item": ""}


def running(release=13, latest=13, **more):
    base = {"release": release, "latest_revision": latest, "proven": "2026", "is_own": True, "registered_by": ""}
    return {**base, "task_definition_arn": f"{FAMILY}:{release}", "rule": {}, "desired_count": 3, **more}


def proven(*releases):
    return [{"release": release} for release in releases]


def changed(task, before, after):
    return {**task, "diff": {"before": before, "after": after}}


def test_nothing_differs():
    assert judge([], running(), proven(13, 12), False) == {
        "drift": False,
        "deployment": "",
        "fields": [],
        "expected": [],
    }


@pytest.mark.parametrize(
    ("now", "releases", "said"),
    [
        pytest.param({}, (13,), "Nothing is deployed", id="nothing runs"),
        pytest.param(
            running(14, 14, is_own=False, proven="", registered_by="arn:x"),
            (13,),
            "Somebody else deployed quilt-mcp-server:14, which is no release of this deployment. arn:x registered it. "
            "The last proven release is 13.",
            id="somebody else's task definition",
        ),
        pytest.param(running(14, 14, proven=""), (13,), "quilt-mcp-server:14 runs and was never proven", id="unproven"),
        pytest.param(running(14, 14, proven=""), (), "No release was ever proven.", id="nothing was ever proven"),
        pytest.param(running(12), (13, 12), "Somebody else returned to quilt-mcp-server:12", id="an older one of ours"),
    ],
)
def test_a_deployment_that_is_not_what_was_proven_last(now, releases, said):
    moved = changed(SERVICE, {"task_definition": "14"}, {"task_definition": "13"})
    image = {"task": "Mark the image", "module": "quilt.mcp_server.ecr_image_protection", "item": "", "diff": {}}
    found = judge([moved, image], now, proven(*releases), False)
    assert found["drift"]
    assert said in found["deployment"]
    assert found["fields"] == [], "the deployment explains it"


def test_fields_are_named_with_both_values():
    before = {"retention_in_days": 7, "tags": {"a": "1"}}
    after = {"retention_in_days": 30, "tags": {"a": "1", "b": "2"}}
    found = judge([changed(LOGS, before, after)], running(), proven(13), False)
    assert found["drift"]
    (one,) = found["fields"]
    assert one["what"] == "Keep the log group"
    assert one["fields"] == [
        {"field": "retention_in_days", "has": 7, "wants": 30},
        {"field": "tags.b", "has": "nothing", "wants": "2"},
    ]


def test_lists_whose_items_have_names_are_walked():
    def task(value):
        return {"container_definitions": [{"name": "server", "environment": [{"name": "LEVEL", "value": value}]}]}

    found = judge([changed(TASK, task("debug"), task("info"))], running(), proven(13), False)
    (field,) = found["fields"][0]["fields"]
    assert field == {"field": "container_definitions.server.environment.LEVEL.value", "has": "debug", "wants": "info"}


def test_a_change_whose_module_says_nothing_counts_all_the_same():
    found = judge([{**LOGS, "item": "role-a", "diff": {}}], running(), proven(13), False)
    assert found["drift"]
    assert found["fields"] == [{"what": "Keep the log group role-a", "fields": []}]


def test_a_rollback_of_ours_is_right_and_hides_nothing_else():
    moved = [changed(TASK, {"cpu": "256"}, {"cpu": "512"}), changed(SERVICE, {"task_definition": "12"}, {})]
    found = judge(moved, running(12, 13), proven(12, 13), False)
    assert not found["drift"]
    assert "Rolled back to 12: 13 is the latest revision" in found["expected"][0]
    network = changed(SERVICE, {"task_definition": "12", "subnets": ["a"]}, {"task_definition": "13", "subnets": ["b"]})
    found = judge([network], running(12, 13), proven(12, 13), False)
    assert [field["field"] for field in found["fields"][0]["fields"]] == ["subnets"]


def test_a_service_that_was_put_on_another_revision_without_a_newer_one_is_drift():
    found = judge([changed(TASK, {"cpu": "256"}, {"cpu": "512"})], running(), proven(13), False)
    assert found["drift"]


def test_the_autoscaler_and_the_weights_of_ecs_are_right():
    rule = {"weights": {"arn:x:targetgroup/blue/1": 90, "arn:x:targetgroup/green/2": 10}}
    found = judge([], running(rule=rule), proven(13), True)
    assert not found["drift"]
    assert found["expected"] == [
        "Application Auto Scaling decides the number of tasks: 3 now.",
        "ECS moves the weights of the rule: blue 90, green 10.",
    ]


def test_of_a_list_only_the_items_that_differ_are_told():
    ssh, https = {"from_port": 22, "ranges": ["0.0.0.0/0"]}, {"from_port": 443}
    group = {
        "task": "Ensure the security group of the tasks exists",
        "module": "amazon.aws.ec2_security_group",
        "item": "",
    }
    before = {"ip_permissions": [ssh, https], "arn": "arn:x"}
    found = judge([changed(group, before, {"ip_permissions": [{"from_port": "443"}]})], running(), proven(13), False)
    assert found["fields"][0]["fields"] == [{"field": "ip_permissions", "has": [ssh], "wants": []}]
    ours = {**group, "module": "quilt.mcp_server.elb_target_group"}
    found = judge([changed(ours, {"arn": "arn:x"}, {})], running(), proven(13), False)
    assert found["fields"][0]["fields"] == [{"field": "arn", "has": "arn:x", "wants": "nothing"}]
