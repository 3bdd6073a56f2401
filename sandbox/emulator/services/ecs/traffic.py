"""The weights of listener rules, which belong to ECS during blue/green, linear and canary deployments.

AWS facts restored here: ECS writes weights of two target groups into the forward action, also where the rule forwarded
to one group before, and gives the first deployment the group without traffic (seen at AWS by others:
github.com/go-to-k/cdk-real-drift/issues/1730). How it writes tenths of a percent was not checked against AWS.
"""

from __future__ import annotations

from typing import Any

from moto.elbv2 import elbv2_backends


class RuleGone(Exception):
    """A listener rule that a deployment changes no longer exists, or has no forward action."""


def move(rule_arn: str, blue: str, green: str, percent: float) -> None:
    """Give `green` this share of a rule's requests and `blue` the rest; both are ARNs of target groups.

    Raises RuleGone.
    """
    backend = _backend(rule_arn)
    rule = _rule(rule_arn)
    forward = next((action.data for action in rule.actions if action.type == "forward"), None)
    if forward is None:
        raise RuleGone(f"rule {rule_arn} does not forward")
    whole = 100 if float(percent).is_integer() else 999  # a weight is a whole number, 999 at most
    share = round(percent * whole / 100)
    groups = [{"TargetGroupArn": blue, "Weight": whole - share}, {"TargetGroupArn": green, "Weight": share}]
    kept = [action.data for action in rule.actions if action.type != "forward"]
    stickiness = forward["ForwardConfig"]["TargetGroupStickinessConfig"]
    config = {"TargetGroups": groups, "TargetGroupStickinessConfig": stickiness}
    try:
        backend.modify_rule(
            rule_arn, actions=[*kept, {"Type": "forward", "Order": forward["Order"], "ForwardConfig": config}]
        )
    except Exception as error:  # moto's own exceptions have no common base; a target group may be gone
        raise RuleGone(f"rule {rule_arn} cannot be changed: {getattr(error, 'message', error)}") from error


def weights(rule_arn: str) -> dict[str, int]:
    """The weights of a rule by target group ARN, a lone group's is 1; empty when there is no such rule."""
    try:
        rule = _rule(rule_arn)
    except RuleGone:
        return {}
    forwards = [action.data["ForwardConfig"]["TargetGroups"] for action in rule.actions if action.type == "forward"]
    return {group["TargetGroupArn"]: int(group["Weight"]) for groups in forwards for group in groups}


def _rule(arn: str) -> Any:
    try:
        return _backend(arn).rule(arn)
    except Exception as error:  # moto's own exceptions have no common base
        raise RuleGone(f"rule {arn} is gone") from error


def _backend(arn: str) -> Any:
    _, _, _, region, account, *_ = arn.split(":")
    return elbv2_backends[account][region]
