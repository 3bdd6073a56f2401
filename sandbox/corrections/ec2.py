"""EC2 security groups. What moto 5.2.5 gets wrong:

- a group that a rule of another group names, or that a network interface, a load balancer or a running task uses,
  cannot be deleted: DependencyViolation (moto deletes it);
- a rule's description is no part of its identity: the same rule with another description is a duplicate, and a rule is
  revoked without it (moto: so for addresses, not for groups); it is told for rules that name a group, too.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ecs.models import ecs_backends
from moto.elbv2.models import elbv2_backends

from sandbox.corrections._patch import wrap


def install() -> None:
    wrap(EC2Backend, "delete_security_group", _delete_security_group)
    wrap(SecurityGroupRule, "__eq__", _same_rule)
    SecurityGroupRule.description = property(_description)


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


def _same_rule(original: Any, self: Any, other: Any) -> bool:
    mine, theirs = self.source_group, other.source_group
    self.source_group, other.source_group = _without_description(mine), _without_description(theirs)
    try:
        return bool(original(self, other))
    finally:
        self.source_group, other.source_group = mine, theirs


def _without_description(source: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in source.items() if key != "Description"}


def _description(rule: Any) -> Any:
    return rule.ip_range.get("Description") or rule.source_group.get("Description")
