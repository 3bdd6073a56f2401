# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: may change without notice.

"""What a run is going to do with one rule: pure, from what is wanted and the rules of the listener to a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._core.plan import Current, Plan, Refused
from .._core.tags import merge_tags
from . import actions as acts
from .actions import Document
from .match import conditions as conds
from .match.conditions import Condition
from .placement import Ask, Listener, Pick, Placement, Rule, kills, lowest, place
from .spelling import to_snake

SECRET_VERSION_TAG = "quilt:client-secret-version"
CONTROLLER_TAGS = ("ingress.k8s.aws/", "elbv2.k8s.aws/")  # the AWS Load Balancer Controller of a Kubernetes cluster
OWNER_TAGS = ("aws:cloudformation:", *CONTROLLER_TAGS)


@dataclass(frozen=True)
class Found:
    """A rule as it was read. ``priority`` is None for the default rule."""

    arn: str
    priority: int | None
    conditions: tuple[Condition, ...]
    answer: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)
    tags: Mapping[str, str] = field(compare=False, default_factory=dict)

    @classmethod
    def of(cls, answer: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
        """From one of DescribeRules' rules and its tags."""
        priority = None if answer.get("IsDefault") else int(answer["Priority"])
        return cls(answer["RuleArn"], priority, conds.from_service(answer.get("Conditions") or ()), answer, tags)

    def rule(self) -> Rule:
        if self.priority is None:
            raise AssertionError("the caller made sure of it")
        return Rule(self.arn, self.priority, self.conditions)

    def text(self) -> str:
        return "the default rule" if self.priority is None else self.rule().text()

    def current(self) -> Current:
        """For the runner: what is compared, and what AWS says about it."""
        snake = to_snake(dict(self.answer))
        facts = {name: snake.get(name) for name in ("rule_arn", "is_default", "conditions", "actions", "transforms")}
        facts["actions"] = [_without_secrets(action) for action in facts["actions"] or []]
        facts["transforms"] = facts["transforms"] or []
        document = {
            "priority": self.priority,
            "conditions": condition_documents(self.conditions),
            "actions": acts.normalised(facts["actions"]),
            "transforms": acts.normalised_transforms(facts["transforms"]),
        }
        return Current(document, facts, dict(self.tags))


@dataclass(frozen=True)
class Snapshot:
    """All rules of a listener at one moment."""

    rules: tuple[Found, ...] = ()

    def owned(self, key: str, name: str) -> list[Found]:
        """The rules that carry the identity tag."""
        return [rule for rule in self.rules if rule.tags.get(key) == name]

    def rule(self, arn: str) -> Found | None:
        return next((rule for rule in self.rules if rule.arn == arn), None)

    def others(self, arn: str | None) -> list[Rule]:
        """All but ours and the default rule, which nothing can stand behind."""
        return [rule.rule() for rule in self.rules if rule.arn != arn and rule.priority is not None]

    def twins(self, conditions: Sequence[Condition]) -> list[Found]:
        """The rules that ask the same, in the order of evaluation."""
        same = [rule for rule in self.rules if rule.priority is not None and conds.same(rule.conditions, conditions)]
        return sorted(same, key=lambda rule: rule.priority or 0)


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


def condition_documents(conditions: Sequence[Condition]) -> list[Document]:
    """Conditions for a diff: sorted, without duplicates."""
    return [condition.document() for condition in sorted(set(conditions), key=lambda condition: condition.text())]


def plan_present(wanted: Wanted, snapshot: Snapshot, owned: Found | None, pick: Pick = lowest) -> RulePlan:
    """Decide. Raises Refused with everything that the operator needs to know."""
    found = owned or _adoptable(wanted, snapshot)
    if found is not None and found.priority is None:
        raise Refused(
            message=f"the default rule carries {wanted.identity}={wanted.name}; it can be neither moved nor owned"
        )
    if found is None:
        _require_parts(wanted)
    current = found.current() if found else None
    conditions = wanted.conditions if wanted.conditions is not None else (found.conditions if found else ())
    others = snapshot.others(found.arn if found else None)
    placement = place(others, _ask(wanted, conditions, found), pick)
    if placement.error is not None:
        raise Refused(message=f"listener rule {wanted.name}: {placement.error}")
    after = _after(wanted, conditions, placement, current)
    tags = _tags(wanted, current)
    _require_secret(wanted, current)
    action = _action(current, after, tags)
    moved = current is not None and current.document["priority"] != placement.priority
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
        modify_first=bool(found and moved and _modify_first(others, found, conditions, placement)),
        rotate_secret=bool(current and current.tags.get(SECRET_VERSION_TAG) != tags.get(SECRET_VERSION_TAG)),
        adopted=found is not None and owned is None,
    )


def plan_absent(wanted: Wanted, snapshot: Snapshot, owned: Found | None) -> RulePlan:
    """Decide about a deletion: only the rule that carries our tag is ever deleted."""
    if owned is None:
        twins = snapshot.twins(wanted.conditions) if wanted.conditions else []
        warnings = tuple(
            f"{twin.text()} has the same conditions but not the tag {wanted.identity}={wanted.name}; it was left alone"
            for twin in twins
        )
        return RulePlan("none", None, warnings=warnings)
    if owned.priority is None:
        raise Refused(
            message=f"the default rule carries {wanted.identity}={wanted.name}; a default rule cannot be deleted"
        )
    return RulePlan("delete", owned.current())


def _require_parts(wanted: Wanted) -> None:
    missing = [name for name in ("conditions", "actions") if not getattr(wanted, name)]
    if missing:
        raise Refused(
            message=f"no rule carries {wanted.identity}={wanted.name}, so it must be created: {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} needed"
        )


def _require_secret(wanted: Wanted, current: Current | None) -> None:
    kinds = [action["type"] for action in wanted.actions or ()]
    had = [action["type"] for action in current.document["actions"]] if current else []
    if "authenticate-oidc" in kinds and "authenticate-oidc" not in had and not acts.has_secret(wanted.actions or ()):
        raise Refused(message=f"listener rule {wanted.name}: action authenticate-oidc is new and needs client_secret")


def _sent_actions(wanted: Wanted, current: Current | None) -> list[Document]:
    actions = list(wanted.actions or ())
    return (
        acts.with_weights_of(actions, current.document["actions"]) if wanted.delegate_weights and current else actions
    )


def _adoptable(wanted: Wanted, snapshot: Snapshot) -> Found | None:
    """The rule with our conditions, if we may take it. Raises Refused if it is somebody else's."""
    twins = snapshot.twins(wanted.conditions) if wanted.conditions else []
    if not twins:
        return None
    twin = twins[0]
    there = f"listener rule {wanted.name}: {twin.text()}{twin.rule().example()}, has the same conditions"
    owners = [f"{key}={value}" for key, value in twin.tags.items() if _marks_an_owner(key, value, wanted)]
    if owners:
        raise Refused(
            message=f"{there} and belongs to {', '.join(owners)}; it was left as it is, as adopt takes only a rule "
            "without an owner. Remove it there, or change the conditions here"
        )
    if not wanted.adopt:
        raise Refused(
            message=f"{there} and no tag {wanted.identity}; "
            "it was left as it is. adopt=true takes it over, or change the conditions"
        )
    return twin


def _marks_an_owner(key: str, value: str, wanted: Wanted) -> bool:
    """Whether a tag says that a rule is somebody's: our kinds of tag with other values, a CloudFormation stack's, a
    Kubernetes controller's."""
    return key == wanted.identity or wanted.required.get(key, value) != value or key.startswith(OWNER_TAGS)


def _adoption_warning(found: Found | None, owned: Found | None, snapshot: Snapshot) -> list[str]:
    if found is None or owned is not None:
        return []
    rest = [twin.text() for twin in snapshot.twins(found.conditions) if twin.arn != found.arn]
    return [f"adopted {found.text()}"] + [
        f"{text} has the same conditions and is dead; it was left alone" for text in rest
    ]


def _ask(wanted: Wanted, conditions: tuple[Condition, ...], found: Found | None) -> Ask:
    return Ask(
        conditions=conditions,
        current=found.priority if found else None,
        pinned=wanted.priority,
        floor=wanted.floor,
        ceiling=wanted.ceiling,
        allow_below_floor=wanted.allow_below_floor,
        warn_unreachable=wanted.warn_unreachable,
        warn_shadowing=wanted.warn_shadowing,
    )


def _after(
    wanted: Wanted, conditions: tuple[Condition, ...], placement: Placement, current: Current | None
) -> dict[str, Any]:
    before = current.document if current else {"actions": [], "transforms": []}
    actions = before["actions"] if wanted.actions is None else acts.normalised(wanted.actions)
    if wanted.delegate_weights:
        actions = acts.normalised(acts.with_weights_of(actions, before["actions"]))
    transforms = before["transforms"] if wanted.transforms is None else acts.normalised_transforms(wanted.transforms)
    return {
        "priority": placement.priority,
        "conditions": condition_documents(conditions),
        "actions": actions,
        "transforms": transforms,
    }


def _tags(wanted: Wanted, current: Current | None) -> dict[str, str]:
    before = current.tags if current else {}
    tags = merge_tags(before, wanted.tags, wanted.purge_tags)
    version = acts.secret_version(wanted.actions or ())
    kept = before.get(SECRET_VERSION_TAG) if version is None else version
    return {**tags, **({SECRET_VERSION_TAG: kept} if kept is not None else {})}


def _action(current: Current | None, after: Mapping[str, Any], tags: Mapping[str, str]) -> Any:
    if current is None:
        return "create"
    return "none" if current.document == after and dict(current.tags) == tags else "update"


def _modify_first(others: list[Rule], found: Found, conditions: tuple[Condition, ...], placement: Placement) -> bool:
    """Which of two writes comes first: the one whose state in between harms nobody, then the one that keeps us alive.

    The move comes first when both are as good: it is the one that can be refused, and then nothing has changed yet.
    """
    if found.priority is None or placement.priority is None:
        raise AssertionError("the caller made sure of it")
    if conds.same(found.conditions, conditions):
        return False
    listener = Listener(others)
    moved_first = kills(listener, found.conditions, placement.priority)
    return kills(listener, conditions, found.priority) < moved_first


def _without_secrets(action: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: {name: item for name, item in value.items() if name not in acts.SECRETS}
        if isinstance(value, Mapping)
        else value
        for key, value in action.items()
    }
