# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What a run is going to do with one rule: pure, from what is wanted and the rules of the listener to a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._core.plan import Current, Plan
from .._core.problem import Problem
from .._core.refusal import Refused
from .._core.tags import merge_tags
from . import actions as acts
from .actions import Document
from .match import conditions as conds
from .match.address_space import Space
from .match.conditions import Condition
from .placement import Listener, Pick, Placement, PlacementRequest, Rule, lowest, place, would_shadow
from .snapshot import Found, Snapshot, condition_documents

SECRET_VERSION_TAG = "quilt:client-secret-version"
CONTROLLER_TAGS = ("ingress.k8s.aws/", "elbv2.k8s.aws/")  # the AWS Load Balancer Controller of a Kubernetes cluster
OWNER_TAGS = ("aws:cloudformation:", *CONTROLLER_TAGS)


@dataclass(frozen=True)
class Wanted:
    """What a task asks for; None is "not given": leave alone."""

    name: str
    tags: Mapping[str, str]  # with the identity tag and those of required
    conditions: tuple[Condition, ...] | None = None
    actions: Sequence[Document] | None = None
    transforms: Sequence[Document] | None = None
    priority: int | None = None
    floor: int = 100
    ceiling: int = 50_000
    allow_below_floor: bool = False
    warn_unreachable: bool = False
    warn_shadowing: bool = False
    adopt: bool = False
    delegate_weights: bool = False
    keep_shifted: bool = False
    is_planned: bool = False  # nothing is written for it now
    purge_tags: bool = False
    identity: str = "quilt:rule"
    required: Mapping[str, str] = field(default_factory=dict)  # what an owned rule must carry


@dataclass(frozen=True)
class RulePlan(Plan):
    """A plan with the decision about the priority, and how the writes are to be done."""

    placement: Placement | None = None
    modify_first: bool = False
    rotate_secret: bool = False
    adopted: bool = False
    new_conditions: bool = False  # by their values: the documents have fingerprints of some

    @property
    def written(self) -> set[str]:
        """The fields that change."""
        return {*self.changes, *(["conditions"] if self.new_conditions else [])}


def plan_present(wanted: Wanted, snapshot: Snapshot, owned: Found | None, pick: Pick = lowest) -> RulePlan:
    """Decide. Raises Refused with everything that the operator needs to know."""
    found = owned or _adoptable(wanted, snapshot)
    if found is not None and found.priority is None:
        raise _default_rule(f"change listener rule {wanted.name}", wanted, "neither moved nor owned")
    if found is None:
        _require_parts(wanted)
    current = found.current() if found else None
    wanted = _keep_shifted(wanted, current)
    conditions = wanted.conditions if wanted.conditions is not None else (found.conditions if found else ())
    others = snapshot.others(found.arn if found else None)
    placement = place(others, _placement_request(wanted, conditions, found, snapshot.space), pick)
    if placement.priority is None:
        raise Refused(f"place listener rule {wanted.name}", *placement.problems)
    new_conditions = found is None or not conds.same(found.conditions, conditions)
    after = _after(wanted, conditions if new_conditions else None, placement, current)
    tags = _tags(wanted, current)
    _require_secret(wanted, current)
    action = _action(current, after, tags, new_conditions)
    return RulePlan(
        action=action,
        current=current,
        wanted={"conditions": conditions, "actions": _sent_actions(wanted, current)},
        after=after,
        tags_after=tags,
        warnings=(
            *placement.warnings,
            *conds.lint(wanted.conditions or ()),
            *_adoption_warning(found, owned, snapshot),
        ),
        placement=placement,
        modify_first=_modify_first(
            Listener(others, snapshot.space), found.rule() if found else None, conditions, placement.priority
        ),
        rotate_secret=bool(current and current.tags.get(SECRET_VERSION_TAG) != tags.get(SECRET_VERSION_TAG)),
        adopted=found is not None and owned is None,
        new_conditions=new_conditions,
    )


def refuse_unplaceable(
    wanted: Wanted, conditions: tuple[Condition, ...], snapshot: Snapshot, owned: Found | None
) -> None:
    """Raise Refused when the rule could not have these conditions, which it is to get later."""
    if conditions != wanted.conditions:
        plan_present(replace(wanted, conditions=conditions, is_planned=True), snapshot, owned)


def plan_absent(wanted: Wanted, snapshot: Snapshot, owned: Found | None) -> RulePlan:
    """Decide about a deletion: only the rule that carries the identity tag is ever deleted."""
    if owned is None:
        twins = snapshot.twins(wanted.conditions) if wanted.conditions else []
        warnings = tuple(
            f"{twin.text()} has the same conditions but not the tag {wanted.identity}={wanted.name}; it was left alone"
            for twin in twins
        )
        return RulePlan("none", None, warnings=warnings)
    if owned.priority is None:
        raise _default_rule(f"delete listener rule {wanted.name}", wanted, "deleted only with its listener")
    return RulePlan("delete", owned.current())


def _default_rule(what: str, wanted: Wanted, not_possible: str) -> Refused:
    return Refused(
        what,
        Problem(
            f"the default rule carries {wanted.identity}={wanted.name}",
            f"a default rule can be {not_possible}",
            f"take the tag {wanted.identity} off the default rule",
        ),
    )


def _require_parts(wanted: Wanted) -> None:
    missing = [name for name in ("conditions", "actions") if not getattr(wanted, name)]
    if missing:
        raise Refused(
            f"create listener rule {wanted.name}",
            Problem(
                f"no rule carries {wanted.identity}={wanted.name}, and the task gives no {' and no '.join(missing)}",
                "a rule that is created needs conditions and actions",
                f"give {' and '.join(missing)}",
            ),
        )


def _require_secret(wanted: Wanted, current: Current | None) -> None:
    kinds = [action["type"] for action in wanted.actions or ()]
    had = [action["type"] for action in current.document["actions"]] if current else []
    if "authenticate-oidc" in kinds and "authenticate-oidc" not in had and not acts.has_secret(wanted.actions or ()):
        raise Refused(
            f"change listener rule {wanted.name}",
            Problem(
                "action authenticate-oidc is new and has no client_secret",
                "there is no earlier secret that AWS could use again",
                "give client_secret",
            ),
        )


def has_shifted(snapshot: Snapshot, current: Current | None, required: Mapping[str, str]) -> bool:
    """Whether something is left of a service that shifts traffic: two target groups, or a second rule of the owner."""
    groups = acts.target_groups(current.document["actions"]) if current else {}
    arn = current.computed["rule_arn"] if current else None
    owned = [rule for rule in snapshot.rules if required and dict(required).items() <= dict(rule.tags).items()]
    return len(groups) > 1 or any(rule.arn != arn for rule in owned)


def _keep_shifted(wanted: Wanted, current: Current | None) -> Wanted:
    """Leave the actions of a rule with two target groups alone, as ECS may still move its weights back.

    Raises Refused when the traffic is not where the wanted actions lead: it would go where no task is.
    """
    there = acts.target_groups(current.document["actions"]) if current and wanted.keep_shifted else {}
    if len(there) < 2 or not wanted.actions:
        return wanted
    groups = acts.target_groups(wanted.actions)
    serving = sorted(arn for arn, weight in there.items() if weight)
    if not set(serving) <= set(groups):
        raise Refused(
            f"change listener rule {wanted.name}",
            Problem(
                f"the traffic is at {', '.join(serving)}, where the last deployment shifted it; "
                f"wanted is {', '.join(sorted(groups))}",
                "it would go where no task is",
                "deploy once more with the strategy that there was and -e ecs_service_force_new_deployment=true, "
                "which shifts the traffic back, and then with ROLLING",
            ),
        )
    return replace(wanted, actions=None)


def _sent_actions(wanted: Wanted, current: Current | None) -> list[Document]:
    actions = list(wanted.actions or ())
    return (
        acts.with_weights_of(actions, current.document["actions"]) if wanted.delegate_weights and current else actions
    )


def _adoptable(wanted: Wanted, snapshot: Snapshot) -> Found | None:
    """The rule with the same conditions, if it may be adopted. Raises Refused if it is somebody else's."""
    twins = snapshot.twins(wanted.conditions) if wanted.conditions else []
    if not twins:
        return None
    twin = twins[0]
    what = f"create listener rule {wanted.name}"
    there = f"{twin.text()}{twin.example()}, has the same conditions"
    owners = [f"{key}={value}" for key, value in twin.tags.items() if _marks_an_owner(key, value, wanted)]
    if owners:
        raise Refused(
            what,
            Problem(
                f"{there} and belongs to {', '.join(owners)}",
                "adopt takes only a rule without an owner",
                "remove it there, or change the conditions here",
            ),
        )
    if wanted.is_planned:
        raise Refused(
            what,
            Problem(
                f"{there} and no tag {wanted.identity}",
                "adopt takes no rule for conditions that are planned",
                "delete it, or change the conditions",
            ),
        )
    if not wanted.adopt:
        raise Refused(
            what,
            Problem(
                f"{there} and no tag {wanted.identity}",
                "of two rules with the same conditions only the first one gets requests",
                "set adopt=true, which takes it over, or change the conditions",
            ),
        )
    return twin


def _marks_an_owner(key: str, value: str, wanted: Wanted) -> bool:
    """Whether a tag says that a rule is somebody's: the collection's kinds of tag with other values, a CloudFormation
    stack's, a Kubernetes controller's."""
    return key == wanted.identity or wanted.required.get(key, value) != value or key.startswith(OWNER_TAGS)


def _adoption_warning(found: Found | None, owned: Found | None, snapshot: Snapshot) -> list[str]:
    if found is None or owned is not None:
        return []
    rest = [twin.text() for twin in snapshot.twins(found.conditions) if twin.arn != found.arn]
    return [f"adopted {found.text()}"] + [
        f"{text} has the same conditions and is unreachable; it was left alone" for text in rest
    ]


def _placement_request(
    wanted: Wanted, conditions: tuple[Condition, ...], found: Found | None, space: Space
) -> PlacementRequest:
    return PlacementRequest(
        conditions=conditions,
        current=found.priority if found else None,
        pinned=wanted.priority,
        floor=wanted.floor,
        ceiling=wanted.ceiling,
        allow_below_floor=wanted.allow_below_floor,
        warn_unreachable=wanted.warn_unreachable,
        warn_shadowing=wanted.warn_shadowing,
        space=space,
    )


def _after(
    wanted: Wanted, conditions: tuple[Condition, ...] | None, placement: Placement, current: Current | None
) -> dict[str, Any]:
    """The document that follows. conditions: None when they stay."""
    before = current.document if current else {"conditions": [], "actions": [], "transforms": []}
    actions = before["actions"] if wanted.actions is None else acts.normalized(wanted.actions)
    if wanted.delegate_weights:
        actions = acts.normalized(acts.with_weights_of(actions, before["actions"]))
    transforms = before["transforms"] if wanted.transforms is None else acts.normalized_transforms(wanted.transforms)
    return {
        "priority": placement.priority,
        "conditions": before["conditions"] if conditions is None else condition_documents(conditions),
        "actions": actions,
        "transforms": transforms,
    }


def _tags(wanted: Wanted, current: Current | None) -> dict[str, str]:
    before = current.tags if current else {}
    tags = merge_tags(before, wanted.tags, wanted.purge_tags)
    version = acts.secret_version(wanted.actions or ())
    kept = before.get(SECRET_VERSION_TAG) if version is None else version
    return {**tags, **({SECRET_VERSION_TAG: kept} if kept is not None else {})}


def _action(current: Current | None, after: Mapping[str, Any], tags: Mapping[str, str], new_conditions: bool) -> Any:
    if current is None:
        return "create"
    same = current.document == after and dict(current.tags) == tags and not new_conditions
    return "none" if same else "update"


def _modify_first(listener: Listener, before: Rule | None, conditions: tuple[Condition, ...], priority: int) -> bool:
    """Which of two writes comes first: the one whose state in between harms nobody, then the one that keeps the rule
    reachable.

    The move comes first when both are as good: it is the one that can be refused, and then nothing has changed yet.
    """
    if before is None or before.priority == priority or conds.same(before.conditions, conditions):
        return False
    moved_first = would_shadow(listener, before.conditions, priority)
    return would_shadow(listener, conditions, before.priority) < moved_first
