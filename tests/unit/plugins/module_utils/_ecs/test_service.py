"""An empty value clears: what is sent for it, and that the run after it has nothing to do.

ECS is a small echo here: it keeps what an update does not name, and answers with what it was reported.
"""

from __future__ import annotations

import copy
import functools
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import Run
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import InvalidParameters, Refused
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.shapes import members
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.service import Service

DEFINITION = "arn:aws:ecs:us-east-1:850787717197:task-definition/app:1"
# What UpdateService writes and DescribeServices answers in the deployment, or only DescribeServiceRevisions.
OF_DEPLOYMENT = ("serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations")
OF_REVISION = ("gatewayConnectors", "monitoring")
DEPLOYMENT_CONFIGURATION = {
    "deploymentCircuitBreaker": {
        "enable": True,
        "rollback": True,
        "resetOnHealthyTask": False,
        "thresholdConfiguration": {"type": "COUNT", "value": 3},
    },
    "maximumPercent": 150,
    "minimumHealthyPercent": 50,
    "alarms": {"alarmNames": ["a"], "enable": True, "rollback": True},
    "strategy": "CANARY",
    "bakeTimeInMinutes": 3,
    "canaryConfiguration": {"canaryPercent": 50.0, "canaryBakeTimeInMinutes": 1},
    "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}],
    "earlySuccessCriteria": {"enable": True, "healthyPercent": 80, "sourceServiceRevisionCleanup": "DEFERRED"},
}
SERVICE = {
    "serviceName": "web",
    "status": "ACTIVE",
    "taskDefinition": DEFINITION,
    "desiredCount": 1,
    "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": 1}],
    "platformVersion": "1.4.0",
    "schedulingStrategy": "REPLICA",
    "deploymentConfiguration": DEPLOYMENT_CONFIGURATION,
    "networkConfiguration": {
        "awsvpcConfiguration": {"subnets": ["a"], "securityGroups": ["b"], "assignPublicIp": "DISABLED"}
    },
    "loadBalancers": [{"targetGroupArn": "t", "containerName": "app", "containerPort": 80}],
    "serviceRegistries": [{"registryArn": "r"}],
    "placementConstraints": [{"type": "distinctInstance"}],
    "placementStrategy": [{"type": "spread", "field": "instanceId"}],
    "currentServiceRevisions": [{"arn": "revision"}],
}
DEPLOYMENT = {
    "id": "ecs-svc/1",
    "status": "PRIMARY",
    "rolloutState": "COMPLETED",
    "serviceConnectConfiguration": {"enabled": True, "namespace": "n", "services": [{"portName": "http"}]},
    "volumeConfigurations": [{"name": "v", "managedEBSVolume": {"roleArn": "r", "sizeInGiB": 10}}],
    "vpcLatticeConfigurations": [{"roleArn": "r", "targetGroupArn": "t", "portName": "http"}],
}
REVISION = {
    "createdAt": 1,
    "gatewayConnectors": [{"portName": "http"}],
    "monitoring": {"metricConfigurations": [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 20}]},
}


class Echo:
    """In place of ServiceClient."""

    def __init__(self) -> None:
        self.service, self.deployment = copy.deepcopy(SERVICE), copy.deepcopy(DEPLOYMENT)
        self.revision = copy.deepcopy(REVISION)
        self.sent: list[dict[str, Any]] = []

    def describe(self) -> dict[str, Any]:
        return copy.deepcopy({**self.service, "deployments": [self.deployment]})

    def revisions(self, arns: list[str]) -> dict[str, dict[str, Any]]:
        assert arns == ["revision"]
        return copy.deepcopy({"revision": self.revision})

    def update(self, request: dict[str, Any]) -> dict[str, Any]:
        self.sent.append(request)
        for name, value in request.items():
            if name == "deploymentConfiguration":
                self.service[name] |= value
            elif name in OF_DEPLOYMENT:
                self.deployment[name] = value
            elif name in OF_REVISION:
                self.revision[name] = value
            elif name != "forceNewDeployment":
                self.service[name] = value
        # Not checked against AWS: that one which is switched off is not in the answer.
        if not self.deployment["serviceConnectConfiguration"]["enabled"]:
            self.deployment["serviceConnectConfiguration"] = {}
        if not self.service["capacityProviderStrategy"]:
            self.service["launchType"] = "FARGATE"
        return self.describe()

    def list_tasks(self) -> list[str]:
        return []

    def delete(self) -> None:
        self.sent.append({"deleted": True})


@functools.cache
def client(service: str) -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    return boto3.client(service, region_name="us-east-1", **keys)


def run(ecs: Echo, **parameters: Any) -> str:
    """What a run with these parameters does."""
    common = {"state": "present", "tags": None, "purge_tags": False, "require_tags": {}, "force_new_deployment": False}
    usual = {"service_name": "web", "cluster": "main", "task_definition": DEFINITION, "wait_timeout": 1}
    params = {**dict.fromkeys(Service.fields), **common, **usual, **parameters}
    resource = Service(SimpleNamespace(params=params, check_mode=False, client=client))
    resource.calls = ecs  # type: ignore[assignment]
    resource.validate()
    reading = resource.read([])
    plan = resource.plan(reading)
    resource.apply(Run(reading, plan))
    return plan.action


EMPTY: dict[str, Any] = {"list": [], "structure": {}, "string": ""}
SHAPE = client("ecs").meta.service_model.operation_model("CreateService").input_shape
NEVER_EMPTY = {"service_name", "cluster", "task_definition", "network_configuration"}


def emptied(shape: Any, inside: str = "") -> list[Any]:
    """A parameter for each member of a structure that can be empty."""
    rows = []
    for name, (_api, member) in members(shape).items():
        own = inside or (name in Service.fields and name not in NEVER_EMPTY)
        if own and member.type_name in EMPTY and not getattr(member, "enum", None) and _is_there(name):
            value = EMPTY[member.type_name]
            rows.append(pytest.param({inside: {name: value}} if inside else {name: value}, id=f"{inside}.{name}"))
    return rows


def _is_there(name: str) -> bool:
    """A service has the settings of one strategy."""
    return name != "linear_configuration"


@pytest.mark.parametrize(
    "parameters",
    [*emptied(SHAPE), *emptied(members(SHAPE)["deployment_configuration"][1], "deployment_configuration")],
)
def test_after_an_empty_value_the_next_run_has_nothing_to_do(parameters: dict[str, Any]) -> None:
    ecs = Echo()
    assert run(ecs, **dict.fromkeys(parameters)) == "none"
    assert run(ecs, **parameters) == "update"
    assert run(ecs, **parameters) == "none", ecs.sent
    assert len(ecs.sent) == 1


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        ({"platform_version": ""}, {"platformVersion": "LATEST"}),
        ({"service_connect_configuration": {}}, {"serviceConnectConfiguration": {"enabled": False}}),
        (
            {"service_connect_configuration": {"enabled": False}},
            {"serviceConnectConfiguration": {"enabled": False}},
        ),
        ({"capacity_provider_strategy": []}, {"capacityProviderStrategy": [], "forceNewDeployment": True}),
        ({"monitoring": {}}, {"monitoring": {"metricConfigurations": []}}),
    ],
)
def test_what_ecs_is_sent(parameters: dict[str, Any], sent: dict[str, Any]) -> None:
    ecs = Echo()
    run(ecs, **parameters)
    assert ecs.sent == [sent]


def test_a_breaker_is_put_back_whole() -> None:
    ecs = Echo()
    run(ecs, deployment_configuration={"deployment_circuit_breaker": {}})
    breaker = ecs.sent[0]["deploymentConfiguration"]["deploymentCircuitBreaker"]
    usual = {"type": "BOUNDED_PERCENT", "value": 50}
    assert breaker == {
        "enable": False,
        "rollback": False,
        "resetOnHealthyTask": True,
        "thresholdConfiguration": usual,
    }


@pytest.mark.parametrize(
    ("parameters", "error", "text"),
    [
        ({"task_definition": ""}, InvalidParameters, "task_definition is empty"),
        ({"network_configuration": {}}, Refused, "AWS cannot change network_configuration"),
        ({"network_configuration": {"awsvpc_configuration": {}}}, Refused, "AWS cannot change network_configuration"),
    ],
)
def test_what_a_service_cannot_be_without_is_refused(parameters: dict[str, Any], error: Any, text: str) -> None:
    ecs = Echo()
    with pytest.raises(error, match=text):
        run(ecs, **parameters)
    assert ecs.sent == []


def test_a_capacity_provider_strategy_goes_back_to_a_launch_type() -> None:
    ecs, back = Echo(), {"launch_type": "FARGATE", "capacity_provider_strategy": []}
    assert [run(ecs, **back), run(ecs, **back)] == ["update", "none"]
    with pytest.raises(Refused, match="AWS cannot change launch_type"):
        run(ecs, **back | {"launch_type": "EC2"})


def test_a_launch_type_alone_does_not_replace_a_capacity_provider_strategy() -> None:
    with pytest.raises(Refused, match="AWS cannot change launch_type"):
        run(Echo(), launch_type="FARGATE")


@pytest.mark.parametrize(
    ("service", "parameters"),
    [
        pytest.param(
            {"placementStrategy": [{"type": "binpack", "field": "MEMORY"}, {"type": "spread", "field": "instanceId"}]},
            {"placement_strategy": [{"type": "binpack", "field": "memory"}, {"type": "spread", "field": "host"}]},
            id="names of placement fields",
        ),
        pytest.param(
            {
                "schedulingStrategy": "DAEMON",
                "desiredCount": 7,
                "deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 0},
            },
            {"scheduling_strategy": "DAEMON", "deployment_configuration": {}},
            id="percentages of a daemon",
        ),
        pytest.param(
            {
                "deploymentConfiguration": {
                    "lifecycleHooks": [
                        {
                            "hookTargetArn": "f",
                            "lifecycleStages": ["POST_SCALE_UP"],
                            "hookDetails": {"Key": {"inner": [1, ""]}},
                            "timeoutConfiguration": {"timeoutInMinutes": 1440, "action": "ROLLBACK"},
                        }
                    ]
                }
            },
            {
                "deployment_configuration": {
                    "lifecycle_hooks": [
                        {
                            "hook_target_arn": "f",
                            "lifecycle_stages": ["POST_SCALE_UP"],
                            "hook_details": {"Key": {"inner": [1, ""]}},
                        }
                    ]
                }
            },
            id="a hook's details and time-out",
        ),
        pytest.param(
            {"deploymentConfiguration": {"strategy": "ROLLING"}},
            {"deployment_configuration": {"early_success_criteria": {"enable": False}}},
            id="early success that is off",
        ),
        pytest.param(
            {"deploymentConfiguration": {"strategy": "LINEAR"}},
            {"deployment_configuration": {"linear_configuration": {"step_percent": 10}}},
            id="settings of a strategy that ECS does not echo",
        ),
    ],
)
def test_the_same_in_other_words_is_no_change(service: dict[str, Any], parameters: dict[str, Any]) -> None:
    ecs = Echo()
    ecs.service |= service
    assert run(ecs, **parameters) == "none", ecs.sent


@pytest.mark.parametrize(("strategy", "before"), [("REPLICA", [{"desiredCount": 0}]), ("DAEMON", [])])
def test_only_a_replica_is_scaled_down_before_it_is_deleted(strategy: str, before: list[dict[str, Any]]) -> None:
    """UpdateService refuses a desired count of a DAEMON."""
    ecs = Echo()
    ecs.service["schedulingStrategy"] = strategy
    run(ecs, state="absent")
    assert ecs.sent == [*before, {"deleted": True}]
