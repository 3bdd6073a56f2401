# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The calls that read and write listener rules. ``elb`` is a boto3 elbv2 client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from .._core.calls import Stale, aws_call
from .._elb.client import describe_rules, describe_tags, load_balancer, with_hint
from .listener import FoundListener, balancer_arn
from .match.address_space import EVERY_ADDRESS, Space, matters, space_of
from .match.conditions import Condition
from .snapshot import Found, Snapshot

READ_ATTEMPTS = 5


def read(elb: Any, listener_arn: str, known: Mapping[str, Mapping[str, str]] | None = None) -> Snapshot:
    """All rules of the listener with their tags, and the tags of its load balancer; no rules if it does not exist.

    known: tags by ARN that need not be asked for.
    One DescribeRules per 400 rules and one DescribeTags per 20. Fewer would not do: the tag is the identity, it can be
    on any rule (it may have other conditions and another priority by now), and two rules with it must be noticed.
    The Resource Groups Tagging API could search by tag, but it lags behind, which would create a second rule, and needs
    a permission of its own.
    """
    for attempt in range(READ_ATTEMPTS):
        answers = describe_rules(elb, listener_arn) or []
        tags = dict(known or {})
        balancer = balancer_arn(listener_arn) if answers else ""
        arns = [balancer, *(answer["RuleArn"] for answer in answers)] if answers else []
        try:
            tags.update(describe_tags(elb, [arn for arn in arns if arn not in tags]))
        except Stale:  # somebody deleted a rule between the two calls
            if attempt == READ_ATTEMPTS - 1:
                raise
        else:
            break
    rules = tuple(Found.of(answer, tags.get(answer["RuleArn"], {})) for answer in answers)
    return Snapshot(rules, balancer, tags.get(balancer, {}))


def address_space(elb: Any, snapshot: Snapshot, listener: FoundListener, conditions: Iterable[Condition] = ()) -> Space:
    """The addresses that clients of the listener can have.

    The load balancer is only read for it when it was not before, and when the rules of the listener, or the
    ``conditions`` of one that it is to get, depend on it. Every address when it may not be read.
    """
    if listener.ip_address_type is not None:
        return space_of(listener.ip_address_type)
    asked = [condition for rule in snapshot.rules for condition in rule.conditions]
    if not snapshot.rules or not matters([*asked, *conditions]):
        return EVERY_ADDRESS
    try:
        balancer = load_balancer(elb, snapshot.balancer) or {}
    except is_ansible_aws_error_code(["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"]):
        return EVERY_ADDRESS
    return space_of(balancer.get("IpAddressType"))


@with_hint
@aws_call("create a listener rule with priority {priority}", stale=["PriorityInUse"])
def create(elb: Any, listener_arn: str, priority: int, tags: Mapping[str, str], request: Mapping[str, Any]) -> str:
    """Create the rule with its tags in one step, so that it is never there without its owner. Returns the ARN."""
    rule = elb.create_rule(ListenerArn=listener_arn, Priority=priority, Tags=_tag_list(tags), **request)["Rules"][0]
    return str(rule["RuleArn"])


@with_hint
@aws_call("modify listener rule {arn}", stale=["RuleNotFound"])
def modify(elb: Any, arn: str, request: Mapping[str, Any]) -> None:
    elb.modify_rule(RuleArn=arn, **request)


@with_hint
@aws_call("move listener rule {arn} to priority {priority}", stale=["PriorityInUse", "RuleNotFound"])
def move(elb: Any, arn: str, priority: int) -> None:
    elb.set_rule_priorities(RulePriorities=[{"RuleArn": arn, "Priority": priority}])


@with_hint
@aws_call("delete listener rule {arn}", missing=["RuleNotFound"])
def delete(elb: Any, arn: str) -> None:
    elb.delete_rule(RuleArn=arn)


@with_hint
@aws_call("tag listener rule {arn}", stale=["RuleNotFound"])
def tag(elb: Any, arn: str, tags: Mapping[str, str]) -> None:
    elb.add_tags(ResourceArns=[arn], Tags=_tag_list(tags))


@with_hint
@aws_call("untag listener rule {arn}", stale=["RuleNotFound"])
def untag(elb: Any, arn: str, keys: Iterable[str]) -> None:
    elb.remove_tags(ResourceArns=[arn], TagKeys=list(keys))


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
