# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""What of a load balancer belongs to others, in a form that can be compared. Read only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._errors import aws_call
from .._rule.api import describe_rules, describe_tags, listeners, load_balancer

Document = Mapping[str, Any]
Prints = dict[str, str]  # field -> fingerprint of its value


def read(elb: Any, balancer: str, own: Mapping[str, str]) -> dict[str, Any]:
    """Fingerprints of everything on the balancer that does not carry our tags, by what it is called and its ARN.

    own: tags that mark what is ours; balancer: name or ARN. `own` in the answer are the ARNs of what is ours.
    """
    found = load_balancer(elb, balancer)
    if found is None:
        return {"neighbours": {}, "own": []}
    resources = list(_resources(elb, str(found["LoadBalancerArn"])))
    tags = describe_tags(elb, [arn for _kind, arn, _document in resources if arn != found["LoadBalancerArn"]])
    ours = {arn for arn, found_tags in tags.items() if own.items() <= found_tags.items()}
    neighbours = {
        f"{kind} {arn}": fingerprints({**document, "Tags": tags.get(arn, {})})
        for kind, arn, document in resources
        if arn not in ours
    }
    return {"neighbours": neighbours, "own": sorted(ours)}


def fingerprints(document: Document) -> Prints:
    """A short fingerprint of each field."""
    return {name: _print(value) for name, value in sorted(document.items())}


def _print(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _resources(elb: Any, balancer: str) -> Iterator[tuple[str, str, Document]]:
    """Kind, ARN and document: the balancer's attributes, its listeners, their rules, and the target groups on it."""
    yield "load balancer", balancer, {one["Key"]: one["Value"] for one in _attributes(elb, balancer)}
    for listener in listeners(elb, balancer):
        arn = str(listener["ListenerArn"])
        yield "listener", arn, listener
        for rule in describe_rules(elb, arn) or []:
            if not rule.get("IsDefault"):  # the listener has its actions, and it takes no tags
                yield "listener rule", str(rule["RuleArn"]), rule
    for group in _target_groups(elb, balancer):
        yield "target group", str(group["TargetGroupArn"]), group


@aws_call("describe the attributes of load balancer {arn}")
def _attributes(elb: Any, arn: str) -> Iterable[Document]:
    attributes: Iterable[Document] = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    return attributes


@aws_call("describe the target groups of load balancer {arn}")
def _target_groups(elb: Any, arn: str) -> list[Document]:
    pages = elb.get_paginator("describe_target_groups").paginate(LoadBalancerArn=arn)
    return [group for page in pages for group in page["TargetGroups"]]
