# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What a run is going to do: pure functions from what is wanted and what was read to a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from .compare import contains_unknown, differences
from .problem import Problem
from .refusal import Refused
from .shapes import Document
from .tags import merge_tags

P = TypeVar("P", bound="Plan")


@dataclass(frozen=True)
class Current:
    """A resource as it was read.

    document: what is compared, canonical and normalized; computed: what only the service decides (ARNs, times); both go
    into the result, only the document into the diff.
    """

    document: Document
    computed: Document = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What was read for a plan: the resource as it is; a subclass adds what else the plan depends on."""

    current: Current | None


@dataclass(frozen=True)
class Plan:
    """What to do. `after` and `tags_after` are empty when the resource is to be gone.

    "replace" deletes what is there and creates it again from what is wanted.
    """

    action: Literal["none", "create", "update", "delete", "replace"]
    current: Current | None
    wanted: Document = field(default_factory=dict)
    after: Document = field(default_factory=dict)
    tags_after: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def before(self) -> Document:
        return self.current.document if self.current else {}

    @property
    def computed(self) -> Document:
        """What the service decided about the resource as it was read."""
        return self.current.computed if self.current else {}

    @property
    def tags_before(self) -> Mapping[str, str]:
        return self.current.tags if self.current else {}

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """The fields that change, each with its value before and after."""
        return differences(self.before, self.after)

    @property
    def set_tags(self) -> dict[str, str]:
        return {key: value for key, value in self.tags_after.items() if self.tags_before.get(key) != value}

    @property
    def unset_tags(self) -> list[str]:
        return [key for key in self.tags_before if key not in self.tags_after]

    @property
    def changed(self) -> bool:
        return self.action != "none"

    def extended(self, kind: type[P], **more: Any) -> P:
        """The same plan as one of a kind that holds more."""
        return kind(**{**vars(self), **more})

    @property
    def diff(self) -> Document:
        before: Document = {**self.before, "tags": dict(self.tags_before)} if self.current else {}
        gone = self.after == {} and self.action in ("delete", "none")
        after: Document = {} if gone else {**self.after, "tags": dict(self.tags_after)}
        return {"before": before, "after": after}


def plan_present(
    wanted: Document, after: Document, current: Current | None, tags: Mapping[str, str] | None, purge_tags: bool
) -> Plan:
    """wanted: what was asked for; after: the whole normalized document that follows; tags: None to leave them alone."""
    tags_after = merge_tags(current.tags if current else {}, tags, purge_tags)
    if current is None:
        return Plan("create", None, wanted, after, tags_after)
    changed = differences(current.document, after) or dict(current.tags) != tags_after
    return Plan("update" if changed else "none", current, wanted, after, tags_after)


def plan_absent(current: Current | None) -> Plan:
    return Plan("delete" if current else "none", current)


def is_foreign(current: Current | None, required: Mapping[str, str]) -> bool:
    """Whether an existing resource does not carry the tags of its owner."""
    return current is not None and not dict(required).items() <= dict(current.tags).items()


def refuse_foreign(what: str, current: Current | None, required: Mapping[str, str], subject: str = "it") -> None:
    """Raise Refused when an existing resource does not carry the tags of its owner.

    Args:
        what: what is refused then: "change log group demo".
        current: the resource.
        required: the tags of its owner.
        subject: the resource in the sentence that says what was found.
    """
    if current is None:
        return
    lacking = {key: value for key, value in required.items() if current.tags.get(key) != value}
    if lacking:
        wanted = ", ".join(f"{key}={value}" for key, value in lacking.items())
        found = ", ".join(f"{key}={current.tags[key]}" for key in lacking if key in current.tags) or "no such tag"
        raise Refused(
            what,
            Problem(
                f"{subject} exists but is foreign: require_tags wants {wanted}, it has {found}",
                "what belongs to others is left as it is",
                "choose another name, or tag it by hand if this deployment is to own it",
            ),
        )


def changed_among(plan: Plan, immutable: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """The fields of an update that AWS cannot change, with their values before and after.

    A value known only after apply is let pass.
    """
    if plan.action != "update":
        return {}
    return {
        name: values for name, values in plan.changes.items() if name in immutable and not contains_unknown(values[1])
    }


def refuse_immutable(label: str, changes: Mapping[str, tuple[Any, Any]], remedy: str) -> None:
    """Raise Refused for fields that AWS cannot change."""
    if changes:
        found = "; ".join(f"{name} is {before!r}, wanted is {after!r}" for name, (before, after) in changes.items())
        raise Refused(
            f"change {label}", Problem(found, f"AWS cannot change {', '.join(changes)} of what is there", remedy)
        )


def listed(changes: Mapping[str, tuple[Any, Any]]) -> str:
    """Changes as text: "launch_type ('EC2' to 'FARGATE')"."""
    return ", ".join(f"{name} ({before!r} to {after!r})" for name, (before, after) in changes.items())
