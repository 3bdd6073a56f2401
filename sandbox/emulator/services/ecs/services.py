"""Services: what CreateService and UpdateService refuse, and what they fill in. Pure, but for what they refer to.

AWS facts restored here: every field of the request is kept and echoed; defaults are filled in; the target group must
be on a load balancer, its container and port in the task definition; a Fargate service needs subnets that exist.
Not checked against AWS itself: whether circuit-breaker thresholds and alarms are echoed when they were not given.
"""

from __future__ import annotations

import copy
import re
from typing import Any, Protocol

from . import capacity
from .errors import EcsError, client, invalid
from .model import Document, Service, TaskDefinition, now
from .shift import DEFAULTS as SHIFT_DEFAULTS

# UpdateService: "This parameter triggers a new service deployment" (botocore's service model says so per field).
TRIGGERS = (
    "taskDefinition",
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "gatewayConnectors",
    "monitoring",
)
# PlacementStrategy: host has the same effect as instanceId; the others are answered in capitals
# (hashicorp/terraform-provider-aws, flattenServicePlacementStrategy).
_PLACEMENT_FIELDS = {"host": "instanceId", "memory": "MEMORY", "cpu": "CPU"}
_MOST_SUBNETS, _MOST_SECURITY_GROUPS = 16, 5
_ZONE = "attribute:ecs.availability-zone"
_NOT_OF_A_SERVICE = ("cluster", "service", "tags", "clientToken", "role", "forceNewDeployment")


class Resources(Protocol):
    """What a service refers to outside of ECS."""

    def target_group(self, arn: str) -> Document | None:
        """target_type and load_balancer_arns, or None when there is no such target group."""

    def rule_groups(self, arn: str) -> list[str] | None:
        """The target groups that a listener rule forwards to, or None when there is no such rule."""

    def ecs_may_assume(self, arn: str) -> bool:
        """Whether there is such a role and it trusts ecs.amazonaws.com."""

    def cluster_providers(self, cluster_arn: str) -> list[str]:
        """The capacity providers that the cluster has."""

    def missing_subnet(self, ids: list[str]) -> str | None: ...

    def missing_security_group(self, ids: list[str]) -> str | None: ...


def create(request: Document, cluster_arn: str, definition: TaskDefinition, owner: str) -> Service:
    """CreateService's request -> the service, not yet validated. `owner` is the ARN of who asks."""
    prefix = cluster_arn.split(":cluster/", 1)[0]
    account = cluster_arn.split(":")[4]
    fargate = _fargate(request)
    document: Document = {
        "serviceArn": f"{prefix}:service/{cluster_arn.rsplit('/', 1)[-1]}/{request['serviceName']}",
        "clusterArn": cluster_arn,
        "status": "ACTIVE",
        "loadBalancers": [],
        "serviceRegistries": [],
        "roleArn": f"arn:aws:iam::{account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "events": [],
        "createdAt": now(),
        "createdBy": owner,
        "placementConstraints": [],
        "placementStrategy": [],
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        "availabilityZoneRebalancing": "ENABLED" if _rebalanceable(request) else "DISABLED",
        **({"healthCheckGracePeriodSeconds": 0} if request.get("loadBalancers") else {}),
        **({"platformVersion": "LATEST", "platformFamily": "Linux"} if fargate else {}),
        **({} if request.get("capacityProviderStrategy") else {"launchType": "EC2"}),
        **_kept(request),
        "taskDefinition": definition.arn,
        "deploymentConfiguration": _deployment_configuration({}, request.get("deploymentConfiguration") or {}),
    }
    if "desiredCount" not in document:
        raise invalid("The desired count is required when the scheduling strategy is REPLICA or isn't specified.")
    _fill_network(document)
    return Service(document, [dict(tag) for tag in request.get("tags") or []])


def updated(document: Document, request: Document, definition: TaskDefinition | None) -> Document:
    """UpdateService's request over the service document -> the new document. Unset leaves alone, empty clears."""
    changed = {**copy.deepcopy(document), **_kept(request)}
    if definition is not None:
        changed["taskDefinition"] = definition.arn
    changed["deploymentConfiguration"] = _deployment_configuration(
        document["deploymentConfiguration"], request.get("deploymentConfiguration") or {}
    )
    if changed.get("capacityProviderStrategy"):
        changed.pop("launchType", None)
    elif changed.pop("capacityProviderStrategy", None) is not None:
        # "back to the launch type. Pass an empty list"; which one that is was not checked against AWS.
        changed.setdefault("launchType", "FARGATE" if _fargate(document) else "EC2")
    _fill_network(changed)
    return changed


def _kept(request: Document) -> Document:
    kept = {
        key: copy.deepcopy(value)
        for key, value in request.items()
        if key not in _NOT_OF_A_SERVICE and value is not None
    }
    for rule in kept.get("placementStrategy", []):
        if "field" in rule:
            rule["field"] = _PLACEMENT_FIELDS.get(rule["field"], rule["field"])
    if not kept.get("serviceConnectConfiguration", {}).get("enabled", True):
        kept["serviceConnectConfiguration"] = {}  # one that is switched off is not in the answer
    return kept


def _fargate(document: Document) -> bool:
    providers = {item.get("capacityProvider") for item in document.get("capacityProviderStrategy") or []}
    return document.get("launchType") == "FARGATE" or bool(providers & {"FARGATE", "FARGATE_SPOT"})


def _rebalanceable(document: Document) -> bool:
    """AWS (developer guide, "Balancing an Amazon ECS service across Availability Zones"): what the feature goes with.

    That a service which it does not go with has it DISABLED by itself could not be checked against AWS.
    """
    maximum = (document.get("deploymentConfiguration") or {}).get("maximumPercent")
    spread = (document.get("placementStrategy") or [{"type": "spread", "field": _ZONE}])[0]
    return (
        (maximum is None or maximum > 100)
        and document.get("schedulingStrategy", "REPLICA") == "REPLICA"
        and document.get("launchType") != "EXTERNAL"
        and (spread.get("type"), spread.get("field")) == ("spread", _ZONE)
        and not any(balancer.get("loadBalancerName") for balancer in document.get("loadBalancers") or [])
        and not any(_ZONE in (one.get("expression") or "") for one in document.get("placementConstraints") or [])
    )


def _fill_network(document: Document) -> None:
    network = document.get("networkConfiguration", {}).get("awsvpcConfiguration")
    if network is not None:
        network.setdefault("securityGroups", [])
        network.setdefault("assignPublicIp", "DISABLED")


def _deployment_configuration(current: Document, request: Document) -> Document:
    filled: dict[str, Any] = {
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "alarms": {"alarmNames": [], "rollback": False, "enable": False},
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
        **current,
        **{key: value for key, value in copy.deepcopy(request).items() if value is not None},
    }
    breaker = filled["deploymentCircuitBreaker"]
    breaker.setdefault("resetOnHealthyTask", True)
    breaker.setdefault("thresholdConfiguration", {"type": "BOUNDED_PERCENT", "value": 50})
    for strategy, defaults in SHIFT_DEFAULTS.items():
        for name, values in defaults.items():
            if strategy == filled["strategy"]:
                filled[name] = {**values, **(filled.get(name) or {})}
            elif name not in request:
                filled.pop(name, None)  # of the strategy that was
    return filled


def validate(document: Document, definition: TaskDefinition, resources: Resources, routed: bool = True) -> None:
    """Raise the service's own error for the first thing that is wrong with a service document.

    routed: whether the request says how traffic comes to the service; a rollback may have left another strategy's way.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", document["serviceName"]):
        raise invalid("Invalid service name. Use letters, numbers, hyphens and underscores, 255 at most.")
    if document["desiredCount"] < 0:
        raise invalid("The desired count must not be negative.")
    if document.get("launchType") and document.get("capacityProviderStrategy"):
        raise invalid("Specify either Launch Type or Capacity Provider Strategy, but not both.")
    if document.get("capacityProviderStrategy"):
        capacity.validate(document["capacityProviderStrategy"], resources.cluster_providers(document["clusterArn"]))
    if definition.status != "ACTIVE":
        raise client("TaskDefinition is inactive")
    if _fargate(document) and "FARGATE" not in definition.document["compatibilities"]:
        raise invalid("Task definition does not support launch_type FARGATE.")
    _validate_percentages(document)
    if document.get("availabilityZoneRebalancing") == "ENABLED" and not _rebalanceable(document):
        # The wording could not be checked against AWS.
        raise invalid(
            "Availability Zone rebalancing requires a maximumPercent above 100, the REPLICA scheduling strategy and a "
            "placement that spreads over Availability Zones first or has no strategy."
        )
    _validate_network(document, definition, resources)
    if "healthCheckGracePeriodSeconds" in document and not document["loadBalancers"]:
        raise invalid("Health check grace period is only valid for services configured to use load balancers.")
    _validate_strategy(document["deploymentConfiguration"])
    for balancer in document["loadBalancers"]:
        _validate_load_balancer(balancer, definition, resources)
        if document["deploymentConfiguration"]["strategy"] != "ROLLING" and routed:
            _validate_advanced(balancer, resources)


def _validate_percentages(document: Document) -> None:
    configuration = document["deploymentConfiguration"]
    minimum, maximum = configuration["minimumHealthyPercent"], configuration["maximumPercent"]
    if minimum < 0 or maximum < 0:
        raise invalid("The deployment configuration percentages must not be negative.")
    if minimum >= 100 and maximum <= 100:
        raise invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
    breaker = configuration["deploymentCircuitBreaker"]
    if breaker.get("rollback") and not breaker.get("enable"):
        raise invalid("The deployment circuit breaker must be enabled to use rollback.")


def _validate_network(document: Document, definition: TaskDefinition, resources: Resources) -> None:
    network = document.get("networkConfiguration", {}).get("awsvpcConfiguration")
    if definition.document["networkMode"] != "awsvpc":
        return
    if network is None:
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if not network["subnets"]:
        raise invalid("subnets can not be empty.")
    # AWS (AwsVpcConfiguration): "There's a limit of 16 subnets", and of 5 security groups. The wording is not AWS's.
    if len(network["subnets"]) > _MOST_SUBNETS or len(network["securityGroups"]) > _MOST_SECURITY_GROUPS:
        raise invalid(
            f"A network configuration can have at most {_MOST_SUBNETS} subnets "
            f"and {_MOST_SECURITY_GROUPS} security groups."
        )
    if subnet := resources.missing_subnet(network["subnets"]):
        raise invalid(
            f"Error retrieving subnet information for [{subnet}]: The subnet ID '{subnet}' does not exist "
            "(ErrorCode: InvalidSubnetID.NotFound)"
        )
    if group := resources.missing_security_group(network["securityGroups"]):
        raise invalid(
            f"Error retrieving security group information for [{group}]: The security group '{group}' does not exist "
            "(ErrorCode: InvalidGroup.NotFound)"
        )


def _validate_load_balancer(balancer: Document, definition: TaskDefinition, resources: Resources) -> None:
    name, port = balancer.get("containerName"), balancer.get("containerPort")
    container = next((c for c in definition.document["containerDefinitions"] if c["name"] == name), None)
    if container is None:
        raise invalid(f"The container {name} does not exist in the task definition.")
    if port not in [mapping.get("containerPort") for mapping in container["portMappings"]]:
        raise invalid(f"The container {name} did not have a container port {port} defined.")
    arn = str(balancer.get("targetGroupArn"))
    group = resources.target_group(arn)
    if group is None:
        raise invalid(f"The specified target group {arn} does not exist.")
    if not group["load_balancer_arns"]:
        raise invalid(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")
    if definition.document["networkMode"] == "awsvpc" and group["target_type"] != "ip":
        raise invalid(
            f"The provided target group {arn} has target type {group['target_type']}, which is incompatible with "
            "the awsvpc network mode specified in the task definition."
        )


_PAUSABLE = (
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
)


def _validate_strategy(configuration: Document) -> None:
    """The ranges are in botocore's service model; the wording of the refusals was not checked against AWS."""
    strategy = configuration["strategy"]
    for owner, defaults in SHIFT_DEFAULTS.items():
        for name in defaults:
            if name in configuration and strategy != owner:
                raise invalid(f"{name} is only valid when the deployment strategy is {owner}.")
    canary, linear = configuration.get("canaryConfiguration", {}), configuration.get("linearConfiguration", {})
    for name, value, low, high in (
        ("bakeTimeInMinutes", configuration["bakeTimeInMinutes"], 0, 1440),
        ("canaryPercent", canary.get("canaryPercent"), 0.1, 100),
        ("canaryBakeTimeInMinutes", canary.get("canaryBakeTimeInMinutes"), 0, 1440),
        ("stepPercent", linear.get("stepPercent"), 3, 100),
        ("stepBakeTimeInMinutes", linear.get("stepBakeTimeInMinutes"), 0, 1440),
    ):
        if value is not None and not low <= value <= high:
            raise invalid(f"{name} must be between {low} and {high}.")
    for hook in configuration.get("lifecycleHooks") or []:
        if hook.get("targetType", "AWS_LAMBDA") != "PAUSE":
            raise EcsError("UnsupportedFeatureException", "The sandbox runs no Lambda functions; use PAUSE hooks.")
        stages = hook.get("lifecycleStages") or []
        if not stages or not set(stages) <= set(_PAUSABLE):
            raise invalid(f"PAUSE hooks can be configured at the stages {', '.join(_PAUSABLE)}.")


def _validate_advanced(balancer: Document, resources: Resources) -> None:
    """What traffic shifting needs. The wording of the refusals was not checked against AWS."""
    advanced = balancer.get("advancedConfiguration") or {}
    for name in ("alternateTargetGroupArn", "productionListenerRule", "roleArn"):
        if not advanced.get(name):
            raise invalid(f"advancedConfiguration.{name} is required by the deployment strategy.")
    groups = [balancer["targetGroupArn"], advanced["alternateTargetGroupArn"]]
    for arn in groups:
        group = resources.target_group(arn)
        if group is None:
            raise invalid(f"The specified target group {arn} does not exist.")
        if not group["load_balancer_arns"]:
            raise invalid(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")
    for name in ("productionListenerRule", "testListenerRule"):
        if not advanced.get(name):
            continue
        forwards = resources.rule_groups(advanced[name])
        if forwards is None:
            raise invalid(f"The specified listener rule {advanced[name]} does not exist.")
        if not set(forwards) & set(groups):
            raise invalid(f"The listener rule {advanced[name]} does not forward to {' or '.join(groups)}.")
    if not resources.ecs_may_assume(advanced["roleArn"]):
        raise invalid(f"ECS was unable to assume the role '{advanced['roleArn']}'; it must trust ecs.amazonaws.com.")


def require_active(service: Service | None) -> Service:
    """The service, or ServiceNotFoundException / ServiceNotActiveException."""
    if service is None:
        raise EcsError("ServiceNotFoundException", "Service not found.")
    if service.document["status"] != "ACTIVE":
        raise EcsError("ServiceNotActiveException", "Service was not ACTIVE.")
    return service
