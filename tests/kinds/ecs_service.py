"""The service of ECS, on a stack of its own. Its tasks run at once: these tests have no data plane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.service import ServiceReading

from sandbox.testing.ecs_stack import lay
from tests.kinds import Current, Kind

REVISION = "arn:aws:ecs:us-east-1:850787717197:task-definition/a:1"
# Of all members, what is left out with each strategy: the other one's settings, and one of what excludes each other.
STRATEGIES = {
    "CANARY": ("linear_configuration", "launch_type", "placement_strategy"),
    "LINEAR": ("canary_configuration", "capacity_provider_strategy", "availability_zone_rebalancing"),
}


def stack(client: Callable[[str], Any]) -> dict[str, Any]:
    laid = lay(client)
    laid.register()
    network = {"subnets": laid.subnets, "security_groups": [laid.security_group]}
    balancer = {"target_group_arn": laid.target_group, "container_name": "app", "container_port": 8000}
    return {"network_configuration": {"awsvpc_configuration": network}, "load_balancers": [balancer]}


def with_strategy(document: dict[str, Any], strategy: str) -> None:
    configuration = document["deployment_configuration"]
    configuration["strategy"] = strategy
    for name in STRATEGIES[strategy]:
        configuration.pop(name, None)
    if strategy == "CANARY":  # what rebalancing goes with
        configuration["maximum_percent"] = 200
        document["load_balancers"][0].pop("load_balancer_name")


def read(service: Any, current: Current) -> ServiceReading:
    """The revision that is asked for is there, and nothing scales the service."""
    return ServiceReading(current, task_definition=service.params["task_definition"])


KIND = Kind(
    module="ecs_service",
    identity={"service_name": "web", "cluster": "main"},
    prepare=stack,
    full={"task_definition": "app", "desired_count": 1, "launch_type": "FARGATE", "wait_timeout": 20},
    changes={
        "desired_count": 2,
        "deployment_configuration": {"maximum_percent": 250},
        "health_check_grace_period_seconds": 30,
        "availability_zone_rebalancing": "DISABLED",
        "propagate_tags": "SERVICE",
        "enable_execute_command": True,
    },
    required=("task_definition",),
    # What ECS chooses for a service that did not say.
    unpredictable=frozenset({"created_at", "platform_version", "availability_zone_rebalancing"}),
    tag=lambda ecs, service, tags: ecs.tag_resource(
        resourceArn=service["service_arn"], tags=[{"key": key, "value": value} for key, value in tags.items()]
    ),
    replace={"launch_type": "EC2"},
    conflict=None,
    usual={"cluster": "a", "wait_timeout": 1, "force_new_deployment": False},
    reading=read,
    # The token is the call's. ECS deploys a service itself, with its service-linked role.
    no_parameters=frozenset({"client_token", "deployment_controller", "role"}),
    samples={"task_definition": REVISION},
    variants=STRATEGIES,
    adapt=with_strategy,
)
