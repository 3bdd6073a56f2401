# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The calls to Elastic Load Balancing that read what a balancer has. ``elb`` is a boto3 elbv2 client."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .._core.calls import Stale, aws_call
from .._core.problem import Problem
from .._core.refusal import Refused
from .._core.tags import tags_from

TAGS_PER_CALL = 20  # DescribeTags takes no more ARNs
HINTS = {
    "TooManyRules": "the quota 'Rules per Application Load Balancer' counts all listeners of the balancer; raise it in "
    "Service Quotas or remove rules",
    "TooManyUniqueTargetGroupsPerLoadBalancer": "raise the quota 'Target Groups per Application Load Balancer'",
    "TargetGroupAssociationLimit": "a target group serves one load balancer; this one is used by another",
}

Call = TypeVar("Call", bound=Callable[..., Any])


def with_hint(function: Call) -> Call:
    """Add to a failure what the operator can do about it."""

    @functools.wraps(function)
    def hinted(*args: Any, **kwargs: Any) -> Any:
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

    return hinted  # type: ignore[return-value]


@with_hint
@aws_call("describe the rules of listener {listener_arn}", missing=["ListenerNotFound"])
def describe_rules(elb: Any, listener_arn: str) -> list[dict[str, Any]]:
    if not elb.can_paginate("describe_rules"):
        raise Refused(
            f"read the rules of listener {listener_arn}",
            Problem(
                "the installed botocore knows no pages of rules",
                "reading all of them needs botocore 1.35.15 or newer on the controller",
                "upgrade boto3 and botocore",
            ),
        )
    pages = elb.get_paginator("describe_rules").paginate(ListenerArn=listener_arn)
    return [rule for page in pages for rule in page["Rules"]]


def describe_tags(elb: Any, arns: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags by ARN."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(arns), TAGS_PER_CALL):
        found.update(_describe_tags(elb, list(arns[start : start + TAGS_PER_CALL])))
    return found


@with_hint
@aws_call("describe the tags of listener rules", stale=["RuleNotFound", "ListenerNotFound", "TargetGroupNotFound"])
def _describe_tags(elb: Any, arns: list[str]) -> dict[str, dict[str, str]]:
    descriptions = elb.describe_tags(ResourceArns=arns)["TagDescriptions"]
    return {one["ResourceArn"]: tags_from(one.get("Tags")) for one in descriptions}


@with_hint
@aws_call("describe load balancer {name}", missing=["LoadBalancerNotFound"])
def load_balancer(elb: Any, name: str) -> dict[str, Any] | None:
    """By name or ARN."""
    request = {"LoadBalancerArns": [name]} if name.startswith("arn:") else {"Names": [name]}
    found = elb.describe_load_balancers(**request)["LoadBalancers"]
    return found[0] if found else None


@with_hint
@aws_call("describe the listeners of load balancer {arn}", missing=["LoadBalancerNotFound"])
def listeners(elb: Any, arn: str) -> list[dict[str, Any]] | None:
    """None when there is no such load balancer."""
    pages = elb.get_paginator("describe_listeners").paginate(LoadBalancerArn=arn)
    return [listener for page in pages for listener in page["Listeners"]]


@with_hint
@aws_call("describe listener {arn}")
def describe_listener(elb: Any, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = elb.describe_listeners(ListenerArns=[arn])["Listeners"][0]
    return found


@aws_call("find the load balancer of {arns}", missing=["TargetGroupNotFound"])
def _balancers_of_groups(elb: Any, arns: Sequence[str]) -> list[str] | None:
    groups = elb.describe_target_groups(TargetGroupArns=list(dict.fromkeys(arns)))["TargetGroups"]
    return [arn for group in groups for arn in group["LoadBalancerArns"]]


def balancer_of_groups(elb: Any, arns: Sequence[str]) -> str:
    """The ARN of the load balancer that target groups are on; empty when they are on none."""
    return next(iter(_balancers_of_groups(elb, arns) or []), "")


@aws_call("describe the attributes of load balancer {arn}")
def load_balancer_attributes(elb: Any, arn: str) -> list[dict[str, Any]]:
    attributes: list[dict[str, Any]] = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    return attributes


@aws_call("describe the attributes of listener {arn}", stale=["ListenerNotFound"])
def listener_attributes(elb: Any, arn: str) -> list[dict[str, Any]]:
    attributes: list[dict[str, Any]] = elb.describe_listener_attributes(ListenerArn=arn)["Attributes"]
    return attributes


@aws_call("describe the target groups of load balancer {arn}", missing=["TargetGroupNotFound"])
def target_groups(elb: Any, arn: str) -> list[dict[str, Any]] | None:
    """None when the load balancer has none."""
    pages = elb.get_paginator("describe_target_groups").paginate(LoadBalancerArn=arn)
    return [group for page in pages for group in page["TargetGroups"]]


@aws_call("describe the attributes of target group {arn}", stale=["TargetGroupNotFound"])
def target_group_attributes(elb: Any, arn: str) -> list[dict[str, Any]]:
    attributes: list[dict[str, Any]] = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    return attributes


@aws_call("describe the targets of target group {arn}", stale=["TargetGroupNotFound"])
def registered_targets(elb: Any, arn: str) -> list[str]:
    found = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return sorted(f"{one['Target']['Id']}:{one['Target'].get('Port', '')}" for one in found)
