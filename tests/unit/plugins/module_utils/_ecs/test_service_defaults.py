"""What is sent of a service's document, and which changes need a forced deployment."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.service_defaults import (
    CONDITIONAL,
    DAEMON_PERCENTS,
    DEFAULTS,
    DEPLOYMENT_CONFIGURATION,
    PLACEMENT_FIELDS,
    as_kept,
    clears_hooks,
    needs_force,
    service_defaults,
    to_send,
)

BREAKER_ON = {**DEPLOYMENT_CONFIGURATION["deployment_circuit_breaker"], "enable": True, "rollback": True}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (["task_definition", "desired_count"], False),
        (["propagate_tags"], True),
        (["enable_execute_command", "task_definition"], True),
        ([], False),
    ],
)
def test_needs_force(changes: list[str], expected: bool) -> None:
    assert needs_force(changes) is expected


def configured(**changes: Any) -> dict[str, Any]:
    return {**DEPLOYMENT_CONFIGURATION, **changes}


@pytest.mark.parametrize(
    ("after", "before", "asked", "sent"),
    [
        pytest.param(
            configured(deployment_circuit_breaker=BREAKER_ON),
            configured(),
            {"deployment_circuit_breaker": {"enable": True, "rollback": True}},
            {"deployment_circuit_breaker": {"enable": True, "rollback": True}},
            id="what is asked for, without the breaker's defaults",
        ),
        pytest.param(
            configured(maximum_percent=150, deployment_circuit_breaker=BREAKER_ON),
            configured(deployment_circuit_breaker=BREAKER_ON),
            {"maximum_percent": 150},
            {"maximum_percent": 150, "deployment_circuit_breaker": {"enable": True, "rollback": True}},
            id="with what is there and unusual, lest it be reset",
        ),
        pytest.param(
            configured(),
            configured(maximum_percent=150, alarms={"enable": True, "rollback": True, "alarm_names": ["a"]}),
            {},
            {"maximum_percent": 200, "alarms": {"enable": False, "rollback": False}},
            id="cleared: the defaults of what differs",
        ),
        pytest.param(
            configured(),
            configured(),
            {"minimum_healthy_percent": 100},
            {"minimum_healthy_percent": 100},
            id="a default that is asked for",
        ),
    ],
)
def test_only_what_matters_of_the_deployment_configuration_is_sent(
    after: dict[str, Any], before: dict[str, Any], asked: dict[str, Any], sent: dict[str, Any]
) -> None:
    name = "deployment_configuration"
    document = to_send({name: after, "desired_count": 1}, {name: before}, {name: asked})
    assert document == {name: sent, "desired_count": 1}


def test_other_fields_are_sent_as_they_are() -> None:
    assert to_send({"desired_count": 2}, {}, {}) == {"desired_count": 2}


HOOKED = {"deployment_configuration": {"lifecycle_hooks": [{"target_type": "PAUSE"}]}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (HOOKED, {}, True),
        (HOOKED, {"deployment_configuration": {}}, True),
        (HOOKED, HOOKED, False),
        ({}, HOOKED, False),
    ],
)
def test_ecs_is_sent_that_the_hooks_go(before: dict[str, Any], after: dict[str, Any], expected: bool) -> None:
    assert clears_hooks(before, after) is expected


# From CreateService and the data types in the Amazon ECS API Reference, once more, so that no change of one goes
# unnoticed.
BREAKER = {
    "enable": False,
    "rollback": False,
    "reset_on_healthy_task": True,
    "threshold_configuration": {"type": "BOUNDED_PERCENT", "value": 50},
}
OF_DEPLOYMENT = {
    "deployment_circuit_breaker": BREAKER,
    "maximum_percent": 200,
    "minimum_healthy_percent": 100,
    "alarms": {"enable": False, "rollback": False},
    "strategy": "ROLLING",
    "bake_time_in_minutes": 0,
}
EXPECTED = {
    "desired_count": 1,
    "scheduling_strategy": "REPLICA",
    "propagate_tags": "NONE",
    "enable_ecs_managed_tags": False,
    "enable_execute_command": False,
    "health_check_grace_period_seconds": 0,
    "deployment_configuration": OF_DEPLOYMENT,
    **{f"deployment_configuration.{name}": value for name, value in OF_DEPLOYMENT.items()},
    **{f"deployment_configuration.deployment_circuit_breaker.{name}": value for name, value in BREAKER.items()},
    "deployment_configuration.canary_configuration.canary_percent": 5.0,
    "deployment_configuration.canary_configuration.canary_bake_time_in_minutes": 10,
    "deployment_configuration.linear_configuration.step_percent": 10.0,
    "deployment_configuration.linear_configuration.step_bake_time_in_minutes": 6,
    "deployment_configuration.lifecycle_hooks.target_type": "AWS_LAMBDA",
    "deployment_configuration.lifecycle_hooks.timeout_configuration": {},
    "deployment_configuration.lifecycle_hooks.timeout_configuration.timeout_in_minutes": 1440,
    "deployment_configuration.lifecycle_hooks.timeout_configuration.action": "ROLLBACK",
    "deployment_configuration.alarms.enable": False,
    "deployment_configuration.alarms.rollback": False,
    "network_configuration.awsvpc_configuration.assign_public_ip": "DISABLED",
    "capacity_provider_strategy.base": 0,
    "capacity_provider_strategy.weight": 0,
    "service_connect_configuration.access_log_configuration.include_query_parameters": "DISABLED",
    "service_connect_configuration.container_configurations.log_level": "info",
    "volume_configurations.managed_ebs_volume.filesystem_type": "xfs",
    "volume_configurations.managed_ebs_volume.tag_specifications.propagate_tags": "NONE",
    "gateway_connectors.deregistration_delay.timeout_seconds": 300,
}


def test_each_default_is_expected() -> None:
    assert service_defaults({}) == DEFAULTS == EXPECTED
    assert PLACEMENT_FIELDS == {"host": "instanceId", "MEMORY": "memory", "CPU": "cpu"}


def test_a_daemon_has_percentages_of_its_own() -> None:
    found = service_defaults({"scheduling_strategy": "DAEMON"})
    percents = {"maximum_percent": 100, "minimum_healthy_percent": 0}
    assert percents == DAEMON_PERCENTS
    assert {name: found[f"deployment_configuration.{name}"] for name in percents} == percents
    assert found["deployment_configuration"] == {**OF_DEPLOYMENT, **percents}
    others = {name: value for name, value in found.items() if "percent" not in name and "." in name}
    assert others == {name: value for name, value in EXPECTED.items() if "percent" not in name and "." in name}


def kept(**members: Any) -> dict[str, Any]:
    return as_kept({"scheduling_strategy": "REPLICA", "deployment_configuration": configured(), **members})


def connect(**members: Any) -> dict[str, Any]:
    return {"service_connect_configuration": {"enabled": True, **members}}


@pytest.mark.parametrize(
    ("members", "stored"),
    [
        pytest.param(
            {"volume_configurations": [{"managed_ebs_volume": {"volume_type": "gp3"}}]},
            {"volume_configurations": [{"managed_ebs_volume": {"volume_type": "gp3", "iops": 3000}}]},
            id="gp3",
        ),
        pytest.param(
            {"volume_configurations": [{"managed_ebs_volume": {"volume_type": "io2"}}]},
            {"volume_configurations": [{"managed_ebs_volume": {"volume_type": "io2"}}]},
            id="another type of volume",
        ),
        pytest.param(
            connect(
                log_configuration={"log_driver": "awslogs", "options": {"a": "b", "awslogs-create-group": "false"}}
            ),
            connect(log_configuration={"log_driver": "awslogs", "options": {"a": "b"}}),
            id="awslogs",
        ),
        pytest.param(
            connect(log_configuration={"log_driver": "splunk", "options": {"awslogs-create-group": "false"}}),
            connect(log_configuration={"log_driver": "splunk", "options": {"awslogs-create-group": "false"}}),
            id="another log driver",
        ),
        pytest.param(
            connect(services=[{"port_name": "http"}, {"port_name": "grpc", "discovery_name": "own"}]),
            connect(
                services=[
                    {"port_name": "http", "discovery_name": "http"},
                    {"port_name": "grpc", "discovery_name": "own"},
                ]
            ),
            id="names in Service Connect",
        ),
    ],
)
def test_a_default_depends_on_another_field(members: dict[str, Any], stored: dict[str, Any]) -> None:
    found = kept(**members)
    assert {name: found[name] for name in stored} == stored


def test_each_condition_is_expected() -> None:
    assert [row.path for row in CONDITIONAL] == [
        "volume_configurations.managed_ebs_volume.iops",
        "service_connect_configuration.log_configuration.options.awslogs-create-group",
    ]
