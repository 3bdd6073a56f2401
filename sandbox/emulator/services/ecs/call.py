"""One ECS request, and the account's ECS state that it works on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.ec2 import ec2_backends
from moto.elbv2 import elbv2_backends
from moto.iam.models import iam_backends

from . import settle, traffic
from .errors import EcsError, client, invalid
from .model import Document, Rollout, Service, Task, TaskDefinition

Answer = Document
Action = Callable[["Call"], Answer]

# Who runs the tasks; called with the backend after each write. See attach().
_runner: Callable[[Any], None] | None = None


def attach(runner: Callable[[Any], None] | None) -> None:
    """Hand the running of tasks to a data plane (or, with None, back to settle.py)."""
    global _runner
    _runner = runner


class Call:
    """One request: its parameters, and the account's ECS state that it works on."""

    def __init__(self, response: Any) -> None:
        self.request: Document = response._get_params()
        self.backend = response.ecs_backend
        self.account: str = response.current_account
        self.region: str = response.region
        self.caller = f"arn:aws:iam::{self.account}:root"

    def get(self, key: str, default: Any = None) -> Any:
        value = self.request.get(key)
        return default if value is None else value

    def cluster_arn(self) -> str:
        """ARN of the cluster that is asked for; ClusterNotFoundException for a missing or deleted one."""
        cluster = self.backend._get_cluster(self.get("cluster", "default"))
        if cluster.status != "ACTIVE":
            raise EcsError("ClusterNotFoundException", "The referenced cluster was inactive.")
        return str(cluster.arn)

    def cluster_tasks(self, cluster_arn: str) -> dict[str, Task]:
        found: dict[str, Task] = self.backend.tasks.setdefault(cluster_arn.rsplit("/", 1)[-1], {})
        return found

    def definition(self, reference: str) -> TaskDefinition:
        """By ARN, family:revision, or family: then the latest ACTIVE revision."""
        name = reference.rsplit("/", 1)[-1]
        family, _, revision = name.partition(":")
        known: dict[int, TaskDefinition] = self.backend.task_definitions.get(family, {})
        if revision:
            found = known.get(int(revision)) if revision.isdigit() else None
        else:
            active = [number for number, one in known.items() if one.status == "ACTIVE"]
            found = known[max(active)] if active else None
        if found is None:
            raise client("Unable to describe task definition.")
        return found

    def requested_definition(self) -> TaskDefinition:
        """The task definition that a service or a task is asked to run, in the words of those calls."""
        if not self.get("taskDefinition"):
            raise invalid("Task definition can not be blank.")
        try:
            return self.definition(self.request["taskDefinition"])
        except EcsError:
            raise client("TaskDefinition not found.") from None

    def service(self, cluster_arn: str, reference: str) -> Service | None:
        name = reference.rsplit("/", 1)[-1]
        found: Service | None = self.backend.services.get(f"{cluster_arn.rsplit('/', 1)[-1]}:{name}")
        return found

    def service_of(self, arn: str) -> Iterator[tuple[Service, Rollout]]:
        """Each service with the rollouts whose service deployment or revision has this ARN."""
        for service in self.backend.services.values():
            for rollout in service.rollouts:
                if arn in (rollout.record["serviceDeploymentArn"], rollout.revision["serviceRevisionArn"]):
                    yield service, rollout

    def render(self, service: Service) -> Document:
        return service.render(self.own_tasks(service))

    def own_tasks(self, service: Service) -> list[Task]:
        group = f"service:{service.name}"
        return [
            task
            for task in self.cluster_tasks(service.document["clusterArn"]).values()
            if task.document.get("group") == group
        ]

    @property
    def has_data_plane(self) -> bool:
        return _runner is not None

    def wake(self) -> None:
        """Notify the data plane, if there is one, of a change."""
        if _runner is not None:
            _runner(self.backend)

    def look(self, service: Service) -> None:
        """Without a data plane, deployments progress only when they are read."""
        if not self.has_data_plane and service.document["status"] != "INACTIVE":
            settle.settle(self.backend, service)

    def in_alarm(self) -> list[str]:
        """The names of the CloudWatch alarms in ALARM."""
        alarms = cloudwatch_backends[self.account][self.region].alarms
        return [name for name, alarm in alarms.items() if alarm.state_value == "ALARM"]

    # services.Resources

    def target_group(self, arn: str) -> Document | None:
        group = elbv2_backends[self.account][self.region].target_groups.get(arn)
        if group is None:
            return None
        return {"target_type": group.target_type, "load_balancer_arns": list(group.load_balancer_arns)}

    def rule_groups(self, arn: str) -> list[str] | None:
        return list(traffic.weights(arn)) or None

    def ecs_may_assume(self, arn: str) -> bool:
        roles = iam_backends[self.account]["aws"].get_roles()
        return any(role.arn == arn and "ecs.amazonaws.com" in str(role.assume_role_policy_document) for role in roles)

    def cluster_providers(self, cluster_arn: str) -> list[str]:
        return list(self.backend._get_cluster(cluster_arn).capacity_providers or [])

    def missing_subnet(self, ids: list[str]) -> str | None:
        known = {subnet for zone in ec2_backends[self.account][self.region].subnets.values() for subnet in zone}
        return next((one for one in ids if one not in known), None)

    def missing_security_group(self, ids: list[str]) -> str | None:
        known = {group for vpc in ec2_backends[self.account][self.region].groups.values() for group in vpc}
        return next((one for one in ids if one not in known), None)


def page(call: Call, items: Iterable[Any], limit: int = 100) -> tuple[list[Any], Document]:
    """maxResults and nextToken of a list call; the token is the offset."""
    listed = list(items)
    start = int(call.get("nextToken", 0))
    end = start + int(call.get("maxResults", limit))
    return listed[start:end], {"nextToken": str(end)} if end < len(listed) else {}
