# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A resource that the botocore model describes: what is compared, what the service fills in, which calls write."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from .arguments import REPLACE
from .calls import Stale
from .compare import normalize, overlay
from .plan import (
    Current,
    Plan,
    Reading,
    changed_among,
    is_foreign,
    listed,
    plan_absent,
    plan_present,
    refuse_foreign,
    refuse_immutable,
)
from .problem import Problem
from .reconciler import Reconciler, Run
from .refusal import InvalidParameters
from .shapes import Document, canonical, members, to_request, to_snake, without_empty, without_none
from .tags import settable_tags

if TYPE_CHECKING:
    from botocore.model import Shape


class ModelResource(Reconciler[Reading, Plan]):
    """A description of one kind of AWS resource by the names and types of its creating request."""

    request: ClassVar[str]
    """The operation that creates it; its input shape types and checks the parameters."""
    set_separately: ClassVar[Sequence[str]] = ()
    """Fields that other operations write, so the creating request does not know them."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """What the service fills in, by dotted path."""
    unordered: ClassVar[Sequence[str]] = ()
    """Lists whose order means nothing, by dotted path."""
    immutable: ClassVar[Mapping[str, str]] = {}
    """Fields that AWS cannot change, each with what the operator can do without an outage when it differs."""

    # What a resource brings

    @abstractmethod
    def describe(self) -> Current | None:
        """The resource as it is now, or None. `self.current()` makes it from the service's answer."""

    @abstractmethod
    def create(self, plan: Plan) -> Any:
        """Create it from `plan.wanted` with `plan.tags_after`; everything of `set_separately` included."""

    @abstractmethod
    def update(self, plan: Plan) -> Any:
        """Write `plan.changes` (never empty)."""

    @abstractmethod
    def delete(self, current: Current) -> Any:
        """Delete it; that it is already gone is no failure."""

    @abstractmethod
    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        """Set these tags and leave the others."""

    @abstractmethod
    def untag(self, current: Current, keys: Sequence[str]) -> None:
        """Remove these tags."""

    # What a resource may refine

    def validate(self) -> None:
        """Raise InvalidParameters for what can be refused before the first call."""

    def read(self, lost: Sequence[Stale]) -> Reading:
        return Reading(self.describe())

    def wanted(self) -> Document:
        """The given parameters, checked and typed by the service model; an unset one is not in it."""
        given = {name: without_none(self.params[name]) for name in self.fields if self.params.get(name) is not None}
        separate = {name: given.pop(name) for name in self.set_separately if name in given}
        return {**canonical(given, self.request_shape), **separate}

    def wanted_given(self, reading: Reading) -> Document:
        """What is wanted in view of what was read."""
        return self.wanted()

    def normalized(self, document: Mapping[str, Any]) -> Document:
        """A document as the service would echo it; applied to what is wanted and to what was read."""
        separate = {name: document[name] for name in self.set_separately if name in document}
        return normalize({**without_empty(document, self.request_shape), **separate}, self.defaults, self.unordered)

    def after(self, wanted: Document, current: Current | None) -> Document:
        """The whole document that will be there: unset fields keep their value."""
        return self.normalized(overlay(current.document, wanted) if current else wanted)

    def immutable_changes(self, plan: Plan) -> dict[str, tuple[Any, Any]]:
        """The changes of a plan that AWS cannot make, with the values before and after."""
        return changed_among(plan, list(self.immutable))

    def remedy_for(self, field: str) -> str:
        """What the operator can do without an outage when a field differs that AWS cannot change."""
        return self.immutable[field]

    def plan(self, reading: Reading) -> Plan:
        current, required = reading.current, self.params["require_tags"]
        is_absent = self.params["state"] == "absent"
        if is_absent and self.params.get("leave_foreign") and is_foreign(current, required):
            return Plan("none", None)
        refuse_foreign(f"{'delete' if is_absent else 'change'} {self.label}", current, required)
        if is_absent:
            return plan_absent(current)
        wanted = self.wanted_given(reading)
        purge = self.params["purge_tags"] and self.params["tags"] is not None
        plan = plan_present(wanted, self.after(wanted, current), current, self.wanted_tags(), purge)
        changes = self.immutable_changes(plan)
        if changes and self.params.get(REPLACE):
            return self._replacement(wanted, plan, changes)
        how = f"set {REPLACE}: true" if REPLACE in self.params else "run with state: absent first"
        last = f"with an outage, {how}, which deletes it, and it is created again"
        refuse_immutable(self.label, changes, "; ".join([*dict.fromkeys(map(self.remedy_for, changes)), last]))
        return plan

    def apply(self, run: Run[Reading, Plan]) -> Any:
        plan, written = run.plan, None
        if plan.current is not None and plan.action in ("delete", "replace"):
            written = self.delete(plan.current)
        if plan.action in ("create", "replace"):
            written = self.create(plan)
        elif plan.current is not None and plan.action == "update":
            if plan.changes:
                written = self.update(plan)
            if plan.set_tags:
                self.tag(plan.current, plan.set_tags)
            if plan.unset_tags:
                self.untag(plan.current, plan.unset_tags)
        return written

    def read_back(self, run: Run[Reading, Plan]) -> Current | None:
        return self.describe()

    # What a resource is given

    @property
    def request_shape(self) -> Shape:
        return self.shape_of(self.request)

    def shape_of(self, operation: str) -> Shape:
        """The input shape of an operation."""
        return cast("Shape", self.model.operation_model(operation).input_shape)

    def current(self, answer: Mapping[str, Any], shape: str, tags: Mapping[str, str], **more: Any) -> Current:
        """What was read, from a service's answer of the named shape; `more` are further values (canonical)."""
        described = {**to_snake(answer, self.model.shape_for(shape)), **more}
        document = self.normalized({name: described[name] for name in self.fields if name in described})
        return Current(document, {name: described.get(name) for name in self.computed}, dict(tags))

    def request_for(self, document: Mapping[str, Any], operation: str = "") -> Document:
        """The members of a document that an operation takes, in the API's names."""
        return to_request(document, self.shape_of(operation or self.request))

    def check_parameters(self) -> None:
        known = {*members(self.request_shape), *self.set_separately}
        missing = [name for name in self.fields if name not in known and self.params[name] is not None]
        if missing:
            raise InvalidParameters(
                Problem(
                    f"{', '.join(missing)}: not known to the installed botocore",
                    "it cannot send what it does not know",
                    "upgrade boto3 and botocore",
                )
            )
        self.refuse_unknown(self.wanted())
        self.validate()

    def _replacement(self, wanted: Document, plan: Plan, changes: Mapping[str, tuple[Any, Any]]) -> Plan:
        """Delete and create again, from the parameters alone: what fitted the old one may not fit the new one."""
        warning = f"AWS cannot change {listed(changes)}: {self.label} is deleted and created again"
        after = self.after(wanted, None)
        return Plan("replace", plan.current, wanted, after, settable_tags(plan.tags_after), warnings=(warning,))
