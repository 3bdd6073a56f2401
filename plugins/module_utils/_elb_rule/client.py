# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: may change without notice.

"""The calls to Elastic Load Balancing, one function each. ``elb`` is a boto3 elbv2 client."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .._errors import Stale, aws_call
from .plan import Found, Snapshot

READ_ATTEMPTS = 5
TAGS_PER_CALL = 20  # DescribeTags takes no more ARNs
HINTS = {
    "TooManyRules": "the quota 'Rules per Application Load Balancer' counts all listeners of the balancer; raise it in "
    "Service Quotas or remove rules",
    "TooManyUniqueTargetGroupsPerLoadBalancer": "raise the quota 'Target Groups per Application Load Balancer'",
    "TargetGroupAssociationLimit": "a target group serves one load balancer; this one is used by another",
    "AccessDenied": "allow the elasticloadbalancing action of that name on this listener and its rules",
    "AccessDeniedException": "allow the elasticloadbalancing action of that name on this listener and its rules",
    "UnauthorizedOperation": "allow the elasticloadbalancing action of that name on this listener and its rules",
}

Call = TypeVar("Call", bound=Callable[..., Any])


def _hinting(function: Call) -> Call:
    """Add to a failure what the operator can do about it."""

    @functools.wraps(function)
    def hinting(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Stale:
            raise
        except AnsibleAWSError as error:
            response = getattr(error.exception, "response", None) or {}
            hint = HINTS.get((response.get("Error") or {}).get("Code", ""))
            if hint is None:
                raise
            raise AnsibleAWSError(message=f"{error.message} ({hint})", exception=error.exception) from error

    return hinting  # type: ignore[return-value]


def read(elb: Any, listener_arn: str, known: Mapping[str, Mapping[str, str]] | None = None) -> Snapshot:
    """All rules of the listener with their tags; no rules if there is no such listener.

    known: tags by ARN that need not be asked for.
    One DescribeRules per 400 rules and one DescribeTags per 20. Fewer would not do: the tag is the identity, it can be
    on any rule (ours may have other conditions and another priority by now), and two rules with it must be noticed.
    The Resource Groups Tagging API could search by tag, but it lags behind, which would create a second rule, and needs
    a permission of its own.
    """
    for attempt in range(READ_ATTEMPTS):
        answers = describe_rules(elb, listener_arn) or []
        tags = dict(known or {})
        try:
            tags.update(describe_tags(elb, [answer["RuleArn"] for answer in answers if answer["RuleArn"] not in tags]))
        except Stale:  # somebody deleted a rule between the two calls
            if attempt == READ_ATTEMPTS - 1:
                raise
        else:
            break
    return Snapshot(tuple(Found.of(answer, tags.get(answer["RuleArn"], {})) for answer in answers))


@_hinting
@aws_call("describe the rules of listener {listener_arn}", missing=["ListenerNotFound"])
def describe_rules(elb: Any, listener_arn: str) -> list[dict[str, Any]]:
    if not elb.can_paginate("describe_rules"):
        raise AnsibleAWSError(
            message="reading all rules of a listener needs botocore 1.35.15 or newer on the controller; "
            "upgrade boto3 and botocore"
        )
    pages = elb.get_paginator("describe_rules").paginate(ListenerArn=listener_arn)
    return [rule for page in pages for rule in page["Rules"]]


def describe_tags(elb: Any, arns: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags by ARN."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(arns), TAGS_PER_CALL):
        found.update(_describe_tags(elb, list(arns[start : start + TAGS_PER_CALL])))
    return found


@_hinting
@aws_call("describe the tags of listener rules", stale=["RuleNotFound"])
def _describe_tags(elb: Any, arns: list[str]) -> dict[str, dict[str, str]]:
    descriptions = elb.describe_tags(ResourceArns=arns)["TagDescriptions"]
    return {one["ResourceArn"]: {tag["Key"]: tag["Value"] for tag in one["Tags"]} for one in descriptions}


@_hinting
@aws_call("describe load balancer {name}", missing=["LoadBalancerNotFound"])
def load_balancer(elb: Any, name: str) -> dict[str, Any] | None:
    """By name or ARN."""
    request = {"LoadBalancerArns": [name]} if name.startswith("arn:") else {"Names": [name]}
    found = elb.describe_load_balancers(**request)["LoadBalancers"]
    return found[0] if found else None


@_hinting
@aws_call("describe the listeners of load balancer {arn}")
def listeners(elb: Any, arn: str) -> list[dict[str, Any]]:
    pages = elb.get_paginator("describe_listeners").paginate(LoadBalancerArn=arn)
    return [listener for page in pages for listener in page["Listeners"]]


@_hinting
@aws_call("describe listener {arn}")
def listener(elb: Any, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = elb.describe_listeners(ListenerArns=[arn])["Listeners"][0]
    return found


@_hinting
@aws_call("create a listener rule with priority {priority}", stale=["PriorityInUse"])
def create(elb: Any, listener_arn: str, priority: int, tags: Mapping[str, str], request: Mapping[str, Any]) -> str:
    """Create the rule with its tags in one step, so that it is never there without its owner. Returns the ARN."""
    rule = elb.create_rule(ListenerArn=listener_arn, Priority=priority, Tags=_tag_list(tags), **request)["Rules"][0]
    return str(rule["RuleArn"])


@_hinting
@aws_call("modify listener rule {arn}", stale=["RuleNotFound"])
def modify(elb: Any, arn: str, request: Mapping[str, Any]) -> None:
    elb.modify_rule(RuleArn=arn, **request)


@_hinting
@aws_call("move listener rule {arn} to priority {priority}", stale=["PriorityInUse", "RuleNotFound"])
def move(elb: Any, arn: str, priority: int) -> None:
    elb.set_rule_priorities(RulePriorities=[{"RuleArn": arn, "Priority": priority}])


@_hinting
@aws_call("delete listener rule {arn}", missing=["RuleNotFound"])
def delete(elb: Any, arn: str) -> None:
    elb.delete_rule(RuleArn=arn)


@_hinting
@aws_call("tag listener rule {arn}", stale=["RuleNotFound"])
def tag(elb: Any, arn: str, tags: Mapping[str, str]) -> None:
    elb.add_tags(ResourceArns=[arn], Tags=_tag_list(tags))


@_hinting
@aws_call("untag listener rule {arn}", stale=["RuleNotFound"])
def untag(elb: Any, arn: str, keys: Iterable[str]) -> None:
    elb.remove_tags(ResourceArns=[arn], TagKeys=list(keys))


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
