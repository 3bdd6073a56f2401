# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What runs now, and where it is routed: read from ECS and the load balancer, not from what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any

from .._core.shapes import Document
from .._core.tags import tags_from
from .._ecs.client import ServiceClient
from .._ecs.deployment_state import primary_of, status_of
from .._ecs.names import short_name
from .._elb.client import describe_rules, listeners
from .._elb_rule.match.conditions import from_service
from .client import balancers_of, definition, target_health, tasks
from .evidence_document import digest_of, release_of, versions_of

Answer = Mapping[str, Any]  # in the API's names
Client = Callable[[str], Any]


def what_runs(client: Client, cluster: str, service_name: str) -> Document:
    """The service, its PRIMARY deployment, the task definition and the route; empty when there is no active service.

    The keys are documented as `running` of the release_info module.
    """
    service = ServiceClient(client, cluster, service_name).describe()
    if service is None or status_of(service) != "ACTIVE":
        return {}
    primary = primary_of(service)
    answer = definition(client("ecs"), primary["taskDefinition"]) or {}
    containers: Sequence[Answer] = answer.get("taskDefinition", {}).get("containerDefinitions") or []
    container = serving_container(containers, container_name(service))
    groups = _target_groups(service)
    rule = _rule(client("elbv2"), groups)
    return {
        "release": release_of(primary["taskDefinition"]),
        "image": container.get("image", ""),
        "digest": digest_of(container.get("image", "")),
        "task_definition_arn": primary["taskDefinition"],
        "task_definition_tags": tags_from(answer.get("tags", [])),
        "registered_by": answer.get("taskDefinition", {}).get("registeredBy", ""),
        "service_arn": service.get("serviceArn", ""),
        "service_tags": tags_from(service.get("tags", [])),
        "deployment_id": primary.get("id", ""),
        "rollout_state": primary.get("rolloutState", ""),
        "deployed_at": moment(primary.get("createdAt")),
        "desired_count": service.get("desiredCount"),
        "running_count": service.get("runningCount"),
        "pending_count": service.get("pendingCount"),
        "target_group_arn": serving(groups, rule.get("weights", {})),
        "rule": rule,
        "secrets": versions_of(container) | _secrets_of_others(containers, container),
        "container_name": container.get("name", ""),
        "capacity": _capacity(service),
    }


def container_name(service: Answer) -> str:
    """The name of the container that the load balancer sends requests to: the server's. Empty where none is named."""
    named = (one.get("containerName") for one in service.get("loadBalancers") or [])
    return str(next((name for name in named if name), ""))


def serving_container(containers: Sequence[Answer], name: str) -> Answer:
    """The container of that name among those of a task or of its definition, whose order ECS does not keep.

    Without a name it is the only one, as there is nothing else to know it by.
    """
    found = next((one for one in containers if one.get("name") == name), None)
    return found or (containers[0] if len(containers) == 1 else {})


def _secrets_of_others(containers: Sequence[Answer], serving: Answer) -> dict[str, str]:
    """The version of each secret of the other containers, by container and name."""
    others = [one for one in containers if one.get("name") != serving.get("name")]
    return {f"{one['name']}/{name}": version for one in others for name, version in versions_of(one).items()}


def _capacity(service: Answer) -> str:
    """Where the tasks run: the launch type, or the capacity providers with base and weight."""
    items = service.get("capacityProviderStrategy") or []
    shown = []
    for item in items:
        base = f"base {item['base']}, " if item.get("base") else ""
        shown.append(f"{item.get('capacityProvider')} ({base}weight {item.get('weight', 0)})")
    return ", ".join(shown) or str(service.get("launchType", ""))


def _target_groups(service: Answer) -> list[str]:
    """The service's target groups; with a blue/green strategy the alternate one too."""
    found: list[str] = []
    for one in service.get("loadBalancers", []):
        found += [one.get("targetGroupArn"), one.get("advancedConfiguration", {}).get("alternateTargetGroupArn")]
    return [arn for arn in found if arn]


def serving(groups: Sequence[str], weights: Mapping[str, int]) -> str:
    """The target group that gets most of the traffic: two take turns where a strategy shifts it. Empty without any."""
    return max(groups, key=lambda arn: weights.get(arn, 0), default="")


def _rule(elb: Any, groups: Sequence[str]) -> Document:
    """The listener rule that clients come through: the last one that forwards to its target groups, as a rule for test
    traffic stands before it. Empty when there is none."""
    if not groups:
        return {}
    found: list[Answer] = []
    for balancer in _balancers(elb, groups[0]):
        for listener in listeners(elb, balancer) or []:
            rules = describe_rules(elb, listener["ListenerArn"])
            found += [rule for rule in rules if rule["Priority"] != "default" and _weights(rule).keys() & set(groups)]
    if not found:
        return {}
    rule = max(found, key=lambda one: int(one["Priority"]))
    return {
        "arn": rule["RuleArn"],
        "priority": int(rule["Priority"]),
        "conditions": [condition.document() for condition in from_service(rule.get("Conditions", []))],
        "weights": _weights(rule),
    }


def _balancers(elb: Any, group: str) -> list[str]:
    return balancers_of(elb, group) or []


def _weights(rule: Answer) -> dict[str, int]:
    """The target groups that a rule forwards to, with their weights."""
    found: dict[str, int] = {}
    for action in rule.get("Actions", []):
        groups = action.get("ForwardConfig", {}).get("TargetGroups") or []
        found.update({one["TargetGroupArn"]: int(one.get("Weight", 1)) for one in groups})
        if action.get("TargetGroupArn"):
            found.setdefault(action["TargetGroupArn"], 1)
    return found


def moment(value: Any) -> str:
    """A moment of the API in UTC, ISO 8601, whole seconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else ""


def tasks_and_targets(client: Client, cluster: str, service_name: str, running: Document) -> Document:
    """The running tasks of the service and the targets of its groups, for a report."""
    calls = ServiceClient(client, short_name(cluster), service_name)
    arns = calls.list_tasks() or []
    described = [task for task in tasks(client("ecs"), cluster, arns) if task.get("lastStatus") != "STOPPED"]
    elb, groups = client("elbv2"), {running["target_group_arn"], *running["rule"].get("weights", {})} - {""}
    return {
        "tasks": [
            _task(task, running.get("container_name", ""))
            for task in sorted(described, key=lambda task: str(task.get("createdAt", "")))
        ],
        "targets": [_target(one) for group in sorted(groups) for one in target_health(elb, group) or []],
    }


def _task(task: Answer, name: str) -> Document:
    containers: Sequence[Answer] = task.get("containers") or []
    # The containers of a task share its network interface.
    interfaces = [interface for one in containers for interface in one.get("networkInterfaces") or []]
    addresses = [one.get("privateIpv4Address") for one in interfaces]
    return {
        "id": short_name(task["taskArn"]),
        "release": release_of(task["taskDefinitionArn"]),
        "status": task.get("lastStatus", ""),
        "health": task.get("healthStatus", ""),
        "zone": task.get("availabilityZone", ""),
        "address": next((address for address in addresses if address), ""),
        "digest": serving_container(containers, name).get("imageDigest", ""),
        "capacity": task.get("capacityProviderName") or task.get("launchType", ""),
        "started_at": moment(task.get("startedAt")),
    }


def _target(one: Answer) -> Document:
    health = one["TargetHealth"]
    return {
        "address": f"{one['Target']['Id']}:{one['Target'].get('Port', '')}",
        "state": health["State"],
        "reason": health.get("Description", health.get("Reason", "")),
    }
