# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What of a load balancer belongs to others, in a form that can be compared. Read only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from .._core.calls import Stale
from .client import (
    describe_rules,
    describe_tags,
    listener_attributes,
    listeners,
    load_balancer,
    load_balancer_attributes,
    registered_targets,
    target_group_attributes,
    target_groups,
)
from .fingerprints import fingerprint, without_secrets

Document = Mapping[str, Any]
Prints = dict[str, str]  # field -> its value, without secrets; a long one ends in a fingerprint of it
Found = tuple[str, str, Document]  # kind, ARN, document
Item = TypeVar("Item")
Answer = TypeVar("Answer")

ATTEMPTS = 5  # to read while others create and delete
AT_ONCE = 8  # calls; a load balancer may have a hundred target groups, and each takes two
SHOWN = 200  # characters; a longer value is cut, and compared by its fingerprint
ACTIONS = ("Actions", "DefaultActions")
OWNER_TAGS = ("quilt:deployment", "aws:cloudformation:stack-name", "Stack", "Owner", "Name")


def read(
    elb: Any, balancer: str, own: Mapping[str, str], rules: Mapping[str, Sequence[Document]] | None = None
) -> dict[str, Any]:
    """Everything on the balancer that does not carry the tags of this deployment, field by field, by kind and ARN.

    Args:
        elb: the client of Elastic Load Balancing.
        balancer: name or ARN.
        own: the tags of this deployment.
        rules: those of a listener that the caller has just read, by its ARN; they are not read again.

    In the answer `own` are the ARNs of this deployment, `owners` says whose the others are by their tags, `targets` are
    the addresses registered in each target group of others, and `forwards` the target groups of each rule and listener
    with their weights.
    """
    arn = balancer if balancer.startswith("arn:") else (load_balancer(elb, balancer) or {}).get("LoadBalancerArn")
    on_it = listeners(elb, str(arn)) if arn else None
    if on_it is None:
        return {"resources": {}, "owners": {}, "targets": {}, "forwards": {}, "own": []}
    for _attempt in range(ATTEMPTS - 1):
        try:
            return _read(elb, str(arn), on_it, own, rules or {})
        except Stale:  # one was deleted between two calls
            on_it, rules = listeners(elb, str(arn)) or [], None
    return _read(elb, str(arn), on_it, own, {})


def own_targets(elb: Any, own: Sequence[str]) -> list[str]:
    """The addresses registered in the target groups among the ARNs of this deployment."""
    found: list[str] = []
    for arn in own:
        with suppress(Stale):  # another run of this deployment deleted it meanwhile
            found += registered_targets(elb, arn) if ":targetgroup/" in arn else []
    return found


def _read(
    elb: Any, balancer: str, on_it: Sequence[Document], own: Mapping[str, str], rules: Mapping[str, Sequence[Document]]
) -> dict[str, Any]:
    """on_it: the listeners of the balancer."""
    resources = list(_resources(elb, balancer, on_it, rules))
    tags = describe_tags(elb, [arn for _kind, arn, _document in resources])
    own_arns = {arn for arn, found_tags in tags.items() if own.items() <= found_tags.items()}
    theirs = [(kind, arn, document) for kind, arn, document in resources if arn not in own_arns]
    groups = [arn for kind, arn, _document in theirs if kind == "target group"]
    return {
        "resources": {
            f"{kind} {arn}": fields({**document, **attributes, "Tags": tags.get(arn, {})})
            for (kind, arn, document), attributes in zip(theirs, _each(elb, _attributes_of, theirs), strict=True)
        },
        "owners": {arn: owner for _kind, arn, _document in theirs if (owner := owner_of(tags.get(arn, {})))},
        "forwards": {arn: weights for _kind, arn, document in theirs if (weights := forwards(document))},
        "targets": dict(zip(groups, _each(elb, registered_targets, groups), strict=True)),
        "own": sorted(own_arns),
    }


def fields(document: Document) -> Prints:
    """Each field's value as it is compared and shown. Where the actions forward to is what `forwards` says."""
    return {name: _print(_shown(name, value)) for name, value in sorted(document.items())}


def forwards(document: Document) -> dict[str, int]:
    """The target groups to which a rule or a listener forwards, each with its weight."""
    found: dict[str, int] = {}
    for action in (action for name in ACTIONS for action in document.get(name, [])):
        groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
        single = [{"TargetGroupArn": action["TargetGroupArn"]}] if action.get("TargetGroupArn") else []
        found |= {str(group["TargetGroupArn"]): int(group.get("Weight", 1)) for group in groups or single}
    return found


def _shown(name: str, value: Any) -> Any:
    """A field without what is secret, and without what `forwards` says of it."""
    if name == "Conditions":
        return [without_secrets(condition) for condition in value]
    if name in ACTIONS:
        return [_without_forwards(action) for action in value]
    return value


def _without_forwards(action: Document) -> Document:
    stickiness = action.get("ForwardConfig", {}).get("TargetGroupStickinessConfig", {})
    rest = {name: value for name, value in action.items() if name not in ("TargetGroupArn", "ForwardConfig")}
    return {**rest, **({"TargetGroupStickinessConfig": stickiness} if stickiness.get("Enabled") else {})}


def owner_of(tags: Mapping[str, str]) -> str:
    """The owner of a resource by its tags: the first that names one, as "Stack=sales-prod"."""
    return next((f"{name}={tags[name]}" for name in OWNER_TAGS if tags.get(name)), "")


def _print(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... {fingerprint(text)}"


def _resources(
    elb: Any, balancer: str, on_it: Sequence[Document], rules: Mapping[str, Sequence[Document]]
) -> Iterator[Found]:
    """The balancer, its listeners, their rules, and the target groups on it."""
    yield "load balancer", balancer, {}
    for listener in on_it:
        arn = str(listener["ListenerArn"])
        yield "listener", arn, listener
        for rule in rules[arn] if arn in rules else describe_rules(elb, arn) or []:
            if not rule.get("IsDefault"):  # the listener has its actions, and it takes no tags
                yield "listener rule", str(rule["RuleArn"]), rule
    for group in target_groups(elb, balancer) or []:
        yield "target group", str(group["TargetGroupArn"]), group


def _each(elb: Any, call: Callable[[Any, Item], Answer], items: Sequence[Item]) -> list[Answer]:
    """The answers to a call for each item, a few at a time. A boto3 client may be shared by threads."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda item: call(elb, item), items))


def _attributes_of(elb: Any, found: Found) -> Document:
    """What AWS stores in addition to the document; nothing for a listener rule."""
    kind, arn, _document = found
    if kind == "load balancer":
        return _by_key(load_balancer_attributes(elb, arn))
    if kind == "listener":
        return _by_key(listener_attributes(elb, arn))
    return _by_key(target_group_attributes(elb, arn)) if kind == "target group" else {}


def _by_key(attributes: Sequence[Document]) -> Document:
    return {one["Key"]: one["Value"] for one in attributes}
