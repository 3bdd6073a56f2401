"""Listener rules as the service keeps them: order, limits, protection of the default rule, target group use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.elbv2.exceptions import (
    InvalidDescribeRulesRequest,
    ListenerNotFoundError,
    PriorityInUseError,
    RuleNotFoundError,
)
from moto.elbv2.models import ELBv2Backend
from moto.moto_api._internal import mock_random

from sandbox.emulator.services.elbv2 import actions as action_rules
from sandbox.emulator.services.elbv2 import conditions as condition_rules
from sandbox.emulator.services.elbv2 import transforms as transform_rules
from sandbox.emulator.services.elbv2.actions import Action
from sandbox.emulator.services.elbv2.errors import error, in_range, not_permitted, validation

# AWS (CreateRule): "Valid Range: Minimum value of 1. Maximum value of 50000."
MAX_PRIORITY = 50000
# AWS (ALB quotas): "Rules per Application Load Balancer" 100 over all its listeners, without default rules; adjustable.
DEFAULT_RULE_QUOTA = 100


class Rule:
    """A rule in the shape that moto serializes and that moto's own code reads."""

    def __init__(
        self,
        listener_arn: str,
        priority: int | str,
        conditions: list[dict[str, Any]],
        actions: list[Action],
        transforms: list[dict[str, Any]] | None = None,
    ) -> None:
        self.listener_arn = listener_arn
        self.arn = f"{listener_arn.replace(':listener/', ':listener-rule/')}/{mock_random.get_random_hex(16)}"
        self.priority = priority
        self.conditions = conditions
        self.actions = actions
        self.transforms = transforms or []
        self.is_default = priority == "default"

    @property
    def order(self) -> int:
        """Where it stands: the default rule is evaluated last."""
        return MAX_PRIORITY + 1 if isinstance(self.priority, str) else self.priority


class Rules(ELBv2Backend):  # type: ignore[misc]
    """The part of the backend that answers for rules."""

    def create_rule(
        self,
        listener_arn: str,
        conditions: list[dict[str, Any]],
        priority: int,
        actions: list[dict[str, Any]],
        tags: list[dict[str, str]] | None = None,
        transforms: list[dict[str, Any]] | None = None,
    ) -> Rule:
        with self.lock:
            listener = self.listener(listener_arn)
            if listener.protocol not in ("HTTP", "HTTPS"):
                raise error("UnsupportedProtocol", f"Rules are not supported for {listener.protocol} listeners")
            in_range("priority", int(priority), 1, MAX_PRIORITY)
            checked = condition_rules.normalize(conditions)
            rewritten = transform_rules.normalize(transforms or [])
            done = self.checked_actions(actions, listener)
            balancer = self.load_balancers[listener.load_balancer_arn]
            if sum(len(one._non_default_rules) for one in balancer.listeners.values()) >= self.rule_quota:
                raise error("TooManyRules", "The maximum number of rules has been reached")
            if any(rule.priority == int(priority) for rule in listener.rules.values()):
                raise PriorityInUseError()
            rule = Rule(listener_arn, int(priority), checked, done, rewritten)
            listener._non_default_rules[rule.arn] = rule
            if tags:
                self.tagging_service.tag_resource(rule.arn, tags)
            return rule

    def modify_rule(
        self,
        rule_arn: str,
        conditions: list[dict[str, Any]] | None = None,
        actions: list[dict[str, Any]] | None = None,
        transforms: list[dict[str, Any]] | None = None,
        reset_transforms: bool = False,
    ) -> Rule:
        """AWS: "Any properties that you do not specify are unchanged"; an empty list counts as not specified."""
        with self.lock:
            rule = self.rule(rule_arn)
            if rule.is_default:
                raise not_permitted("The default rule cannot be modified; modify the listener instead")
            if not (conditions or actions or transforms or reset_transforms):
                raise validation("Either conditions, actions or transforms must be specified")
            if transforms and reset_transforms:
                raise validation("You cannot specify both Transforms and ResetTransforms")
            # Everything is checked before anything is changed.
            checked = condition_rules.normalize(conditions) if conditions else rule.conditions
            rewritten = transform_rules.normalize(transforms) if transforms else rule.transforms
            listener = self.listener(rule.listener_arn)
            done = self.checked_actions(actions, listener, rule.actions) if actions else rule.actions
            rule.conditions, rule.actions = checked, done
            rule.transforms = [] if reset_transforms else rewritten
            return rule

    def delete_rule(self, arn: str) -> None:
        """AWS (DeleteRule): "You can't delete the default rule" (OperationNotPermitted); RuleNotFound when missing."""
        with self.lock:
            rule = self.rule(arn)
            if rule.is_default:
                raise not_permitted(f"Default rule '{arn}' cannot be deleted")
            self.listener(rule.listener_arn).remove_rule(arn)
            self.tagging_service.delete_all_tags_for_resource(arn)

    def describe_rules(self, listener_arn: str | None, rule_arns: list[str] | None) -> list[Rule]:
        """By ascending priority, the default rule last."""
        if not listener_arn and not rule_arns:
            raise InvalidDescribeRulesRequest("You must specify either listener rule ARNs or a listener ARN")
        if listener_arn and rule_arns:
            raise InvalidDescribeRulesRequest(
                "Listener rule ARNs and a listener ARN cannot be specified at the same time"
            )
        with self.lock:
            if listener_arn:
                found = list(self.listener(listener_arn).rules.values())
            else:
                found = [self.rule(arn) for arn in dict.fromkeys(rule_arns or [])]
            return sorted(found, key=lambda rule: rule.order)

    def set_rule_priorities(self, rule_priorities: list[dict[str, Any]]) -> list[Rule]:
        """AWS: "You can reorder the rules as long as there are no priority conflicts in the new order."

        Nothing changes unless everything can. That the service is as atomic could not be checked against AWS.
        """
        if not rule_priorities:
            raise validation("At least one rule priority must be specified")
        with self.lock:
            wanted: dict[str, int] = {}
            for entry in rule_priorities:
                in_range("rulePriorities.member.priority", int(entry["Priority"]), 1, MAX_PRIORITY)
                if entry["RuleArn"] in wanted:
                    raise validation(f"Rule '{entry['RuleArn']}' was provided multiple times")
                if int(entry["Priority"]) in wanted.values():
                    raise validation(f"Priority '{entry['Priority']}' was provided multiple times")
                wanted[entry["RuleArn"]] = int(entry["Priority"])
            rules = [self.rule(arn) for arn in wanted]
            if any(rule.is_default for rule in rules):
                raise not_permitted("The priority of the default rule cannot be changed")
            if len({rule.listener_arn for rule in rules}) > 1:
                raise validation("The rules must belong to the same listener")
            others = {
                rule.priority for rule in self.listener(rules[0].listener_arn).rules.values() if rule.arn not in wanted
            }
            if others & set(wanted.values()):
                raise PriorityInUseError()
            for rule in rules:
                rule.priority = wanted[rule.arn]
            return sorted(rules, key=lambda rule: rule.order)

    def checked_actions(
        self, actions: list[dict[str, Any]], listener: Any, existing: list[Action] | None = None
    ) -> list[Action]:
        """Actions with defaults, their target groups existing, of a fitting protocol and free for this balancer."""
        done = action_rules.normalize(actions, listener.protocol, existing)
        for arn in (arn for action in done for arn in action.target_group_arns):
            group = self.target_groups.get(arn)
            if group is None:
                raise error("TargetGroupNotFound", f"Target group '{arn}' not found")
            if group.target_type != "lambda" and group.protocol not in ("HTTP", "HTTPS"):
                raise error(
                    "IncompatibleProtocols",
                    f"The target group '{arn}' has the protocol {group.protocol}, the listener {listener.protocol}",
                )
            # AWS: a target group belongs to at most one load balancer.
            others = (one for one in self.load_balancers.values() if one.arn != listener.load_balancer_arn)
            if any(uses(one, arn) for one in others):
                raise error(
                    "TargetGroupAssociationLimit",
                    f"The following target groups cannot be associated with more than one load balancer: {arn}",
                )
        return done

    def listener(self, arn: str) -> Any:
        """The listener; raises ListenerNotFound."""
        balancer = self.load_balancers.get(arn.replace(":listener/", ":loadbalancer/").rpartition("/")[0])
        listener = balancer.listeners.get(arn) if balancer else None
        if listener is None:
            raise ListenerNotFoundError()
        return listener

    def rule(self, arn: str) -> Rule:
        """The rule, the default one too; raises RuleNotFound."""
        try:
            listener = self.listener(arn.replace(":listener-rule/", ":listener/").rpartition("/")[0])
        except ListenerNotFoundError:
            raise RuleNotFoundError("One or more rules not found") from None
        found: Rule | None = listener._non_default_rules.get(arn)
        if found is None and listener._default_rule[0].arn == arn:
            found = listener._default_rule[0]
        if found is None:
            raise RuleNotFoundError("One or more rules not found")
        return found


def uses(balancer: Any, target_group_arn: str) -> bool:
    """Does any rule or default action of the load balancer forward to the target group?"""
    return any(target_group_arn in arns for arns in _target_groups_of(balancer))


def _target_groups_of(balancer: Any) -> Iterator[list[str]]:
    for listener in list(balancer.listeners.values()):
        for rule in list(listener.rules.values()):
            for action in rule.actions:
                yield action.target_group_arns
