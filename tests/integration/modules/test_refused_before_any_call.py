"""What AWS would refuse in the middle of a run is refused before the first call, in check mode too."""

from __future__ import annotations

from typing import Any

import pytest

LOGS = {"log_group_name": "/x"}
CONTAINER = {"name": "web", "image": "web:1"}
RULE = {"name": "mcp", "listener_arn": "known-after-apply", "actions": [{"type": "forward", "target_group_arn": "t"}]}
GROUP = {"group_name": "web", "description": "d", "vpc_id": "vpc-0a1b2c3d"}
TARGET = {"resource_id": "service/a/b", "min_capacity": 1, "max_capacity": 2}
ACTION = {"scheduled_action_name": "night", "scalable_target_action": {"max_capacity": 1}}


def definition(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"family": "web", "container_definitions": [CONTAINER, *containers], **more}


@pytest.mark.parametrize("check_mode", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(
    ("module", "parameters", "found"),
    [
        pytest.param("cloudwatch_log_group", {**LOGS, "tags": {"R&D": "x"}}, "the key 'R&D' has &", id="tag"),
        pytest.param("cloudwatch_log_group", {**LOGS, "tags": {"a": True}}, "a is bool True", id="boolean"),
        pytest.param(
            "ecs_task_definition",
            definition({**CONTAINER, "name": "a", "mount_points": [{"source_volume": "x", "container_path": "/x"}]}),
            "container a: mount_points names x",
            id="volume",
        ),
        pytest.param(
            "ecs_task_definition",
            definition({**CONTAINER, "name": "a", "depends_on": [{"container_name": "wbe", "condition": "START"}]}),
            "container a: depends_on names wbe",
            id="container",
        ),
        pytest.param(
            "ecs_task_definition",
            definition({**CONTAINER, "name": "a", "log_configuration": {"log_driver": "awsfirelens"}}),
            "container a: log_driver awsfirelens",
            id="log router",
        ),
        pytest.param(
            "elb_listener_rule",
            {**RULE, "conditions": [{"field": "path-pattern", "values": ["/mcp?token=*"]}]},
            "path-pattern /mcp?token=* has =",
            id="path",
        ),
        pytest.param(
            "elb_listener_rule",
            {**RULE, "conditions": [{"field": "http-request-method", "values": ["post"]}]},
            "http-request-method post has p o s t",
            id="method",
        ),
        pytest.param(
            "ec2_security_group",
            {**GROUP, "egress": [{"proto": "tcp", "ports": [443], "cidr_ip": "pl-0123456789abcdef0"}]},
            "cidr_ip: pl-0123456789abcdef0",
            id="prefix list",
        ),
        pytest.param(
            "application_autoscaling_target",
            {**TARGET, "scheduled_actions": [{**ACTION, "schedule": "0 20 * * *"}]},
            "scheduled action night: schedule 0 20 * * *",
            id="schedule",
        ),
    ],
)
def test_refused_before_any_call(
    run_module: Any, module: str, parameters: dict[str, Any], found: str, check_mode: bool
) -> None:
    result = run_module(module, check=check_mode, **parameters)
    assert result["failed"], result
    assert f"Found: {found}" in result["msg"] or f".{found}" in result["msg"], result["msg"]
    assert result["calls"] == []
