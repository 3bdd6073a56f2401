"""A security group that a rule of another group names, or that a network interface, a load balancer or a running task
uses, cannot be deleted: DependencyViolation (moto 5.2.5 deletes it).

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
"""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend
from moto.ecs.models import ecs_backends
from moto.elbv2.models import elbv2_backends

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(EC2Backend, "delete_security_group", _delete_security_group)


def _delete_security_group(original: Any, self: Any, name: str | None = None, group_id: str | None = None) -> Any:
    group = self.get_security_group_by_name_or_id(group_id or name)
    if group is not None and _is_used(self, group.id):
        raise DependencyViolationError(f"resource {group.id} has a dependent object")
    return original(self, name=name, group_id=group_id)


def _is_used(ec2: Any, group_id: str) -> bool:
    others = [group for groups in ec2.groups.values() for group in groups.values() if group.id != group_id]
    if any(
        rule.source_group.get("GroupId") == group_id
        for group in others
        for rule in (*group.ingress_rules, *group.egress_rules)
    ):
        return True
    if any(group.id == group_id for interface in ec2.enis.values() for group in interface.group_set):
        return True
    balancers = elbv2_backends[ec2.account_id][ec2.region_name].load_balancers.values()
    if any(group_id in (balancer.security_groups or ()) for balancer in balancers):
        return True
    return group_id in _groups_of_tasks(ecs_backends[ec2.account_id][ec2.region_name])


def _groups_of_tasks(ecs: Any) -> set[str]:
    """Groups of the tasks that have not stopped: each has a network interface in them."""
    return {
        group_id
        for tasks in ecs.tasks.values()
        for task in tasks.values()
        if task.last_status != "STOPPED"
        for group_id in _network(task).get("securityGroups", ())
    }


def _network(task: Any) -> dict[str, Any]:
    found: dict[str, Any] = task.document.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    return found
