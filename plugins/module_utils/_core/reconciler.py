# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The one way a resource of this collection is managed: read -> plan (pure) -> apply -> result.

A module describes its resource as a subclass of Reconciler and hands it to run(). Most are subclasses of ModelResource
(resource.py), which is described by the botocore model; docs/adding-a-resource.md shows how. A subclass keeps nothing
in its attributes from one step to the next: what was read, planned and written is in the Run that each step is given.
Nothing here is global: a module's main() may run in a process of its own or inside ansible-playbook's worker.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from ansible.module_utils.common.text.converters import to_native
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .calls import LostAnswer, Stale
from .clients import Clients
from .compare import contains_unknown
from .module import exit_with
from .plan import Current, Plan, Reading
from .problem import Problem
from .refusal import InvalidParameters
from .shapes import KNOWN_AFTER_APPLY, Document
from .tag_rules import tag_problems

if TYPE_CHECKING:
    from botocore.model import ServiceModel


Read = TypeVar("Read", bound=Reading)
Planned = TypeVar("Planned", bound=Plan)


@dataclass(frozen=True)
class Run(Generic[Read, Planned]):
    """How far a run is: what was read, what was planned, and what the writes returned (None before them)."""

    reading: Read
    plan: Planned
    written: Any = None


class Reconciler(ABC, Generic[Read, Planned]):
    """One resource of AWS, bound to the parameters of one run."""

    kind: ClassVar[str]
    """What an operator calls it: "log group"."""
    service: ClassVar[str]
    """The boto3 client's name."""
    result_key: ClassVar[str]
    """The key of the resource in the module's result."""
    identifier: ClassVar[str]
    """The parameter that names it."""
    fields: ClassVar[Sequence[str]]
    """What is compared."""
    computed: ClassVar[Sequence[str]] = ()
    """What only the service decides; in the result, never in the diff."""
    attempts: ClassVar[int] = 3
    """How often a plan is made when the world changes between read and write."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.params: Mapping[str, Any] = module.params
        self.clients = Clients(module)

    # What a resource brings

    @abstractmethod
    def check_parameters(self) -> None:
        """Raise InvalidParameters for all that can be refused before the first call. Only asked when it is to be."""

    @abstractmethod
    def read(self, lost: Sequence[Stale]) -> Read:
        """Everything that the plan depends on. `lost`: why the attempts before this one could not be applied."""

    @abstractmethod
    def plan(self, reading: Read) -> Planned:
        """Decide what to do. Pure: makes no call. Raises Refused for what is not to be done."""

    @abstractmethod
    def apply(self, run: Run[Read, Planned]) -> Any:
        """Make the plan true. Returns what the later steps need of the writes, as `run.written`."""

    @abstractmethod
    def read_back(self, run: Run[Read, Planned]) -> Current | None:
        """The resource after the writes; None when the service does not show it yet."""

    # What a resource may refine

    def before_apply(self, run: Run[Read, Planned]) -> None:
        """Before the first write of a plan, outside check mode."""

    def predict(self, plan: Planned) -> Document:
        """Computed values of a resource that check mode would write; the others become `known-after-apply`."""
        return {}

    def after_apply(self, run: Run[Read, Planned]) -> Document:
        """After the writes, or at once when there are none: wait, and return further keys of the result."""
        return {}

    # What a resource is given

    @property
    def name(self) -> str:
        return str(self.params[self.identifier])

    @property
    def label(self) -> str:
        return f"{self.kind} {self.name}"

    def client(self, service: str = "") -> Any:
        """The boto3 client, made once per run."""
        return self.clients(service or self.service)

    @property
    def model(self) -> ServiceModel:
        model: ServiceModel = self.client().meta.service_model
        return model

    def wanted_tags(self) -> dict[str, str] | None:
        """The tags to set, the owner's included, or None when tags are to be left alone."""
        tags, required = self.params["tags"], self.params["require_tags"]
        if tags is None and not required:
            return None
        return {str(key): to_native(value) for key, value in {**required, **(tags or {})}.items()}

    def refuse_unknown(self, given: Mapping[str, Any]) -> None:
        """Raise InvalidParameters for parameters that a real run cannot write, as check mode predicted them."""
        unknown = [name for name, value in given.items() if contains_unknown(value)]
        if unknown and not self.module.check_mode:
            raise InvalidParameters(
                Problem(
                    f"{KNOWN_AFTER_APPLY!r} in {', '.join(unknown)}",
                    "it is what check mode predicts and cannot be written",
                    "give what a real run has returned, or use check mode here too",
                )
            )

    def arn(self, resource: str, service: str = "") -> str:
        """The ARN that the resource will have, `known-after-apply` when the account is not known."""
        meta = self.client().meta
        if self.account_id == KNOWN_AFTER_APPLY:
            return KNOWN_AFTER_APPLY
        return f"arn:{meta.partition}:{service or self.service}:{meta.region_name}:{self.account_id}:{resource}"

    @property
    def account_id(self) -> str:
        """The account of the credentials; `known-after-apply` when they may not ask."""
        return self.clients.account_id


def run(module: Any, kind: type[Reconciler[Any, Any]]) -> None:
    """Bring the resource to the state its parameters ask for, and end the module."""
    exit_with(module, lambda: execute(kind(module)))


def execute(resource: Reconciler[Any, Any]) -> Document:
    """Read, plan and (outside check mode) apply; again after a concurrent change. Returns the result."""
    return complete(resource, prepare(resource))


def prepare(resource: Reconciler[Read, Planned]) -> Run[Read, Planned]:
    """Check the parameters, read and plan. Raises InvalidParameters, Refused or AnsibleAWSError; writes nothing."""
    _validate_parameters(resource)
    return _read_and_plan(resource, ())


def complete(resource: Reconciler[Any, Any], current: Run[Any, Any]) -> Document:
    """Apply what prepare() planned, outside check mode. Returns the result."""
    lost: list[Stale] = []
    first = current.plan
    while current.plan.changed and not resource.module.check_mode:
        try:
            resource.before_apply(current)
            current = replace(current, written=resource.apply(current))
            break
        except Stale as stale:
            lost.append(stale)
            if len(lost) == resource.attempts:
                raise
            if isinstance(stale, LostAnswer):  # the service is troubled, and may show what it did a moment later
                time.sleep(2 ** len(lost))
        current = _read_and_plan(resource, lost)
    for warning in dict.fromkeys(current.plan.warnings):
        resource.module.warn(warning)
    return {
        "changed": first.changed,
        "diff": {"before": first.diff["before"], "after": current.plan.diff["after"]},
        resource.result_key: _described(resource, current),
        **resource.after_apply(current),
    }


def _read_and_plan(resource: Reconciler[Read, Planned], lost: Sequence[Stale]) -> Run[Read, Planned]:
    reading = resource.read(lost)
    try:
        return Run(reading, resource.plan(reading))
    except InvalidParameters as error:
        raise InvalidParameters(*error.problems, label=resource.label) from error


def _validate_parameters(resource: Reconciler[Any, Any]) -> None:
    """Everything that is wrong with the parameters alone, before the first call."""
    problems = _wrong_tags(resource.params["tags"] or {}, resource.params["require_tags"], resource.service)
    if resource.params["state"] == "present":
        try:
            resource.check_parameters()
        except InvalidParameters as error:
            problems += error.problems
    if problems:
        raise InvalidParameters(*problems, label=resource.label)


def _wrong_tags(tags: Mapping[str, Any], required: Mapping[str, Any], service: str) -> list[Problem]:
    clash = [key for key, value in required.items() if tags.get(key, value) != value]
    problems = list(tag_problems({**required, **tags}, service=service))
    if clash:
        names = ", ".join(clash)
        problems.append(
            Problem(
                f"tags and require_tags disagree about {names}",
                "a resource without the tags of require_tags is foreign",
                f"give {names} the same value in both, or leave it out of tags",
            )
        )
    return problems


def _described(resource: Reconciler[Read, Planned], run: Run[Read, Planned]) -> Document:
    """The resource as the result shows it: the same keys whether it is there, was written, or would be."""
    plan = run.plan
    if plan.action == "delete" or (plan.action == "none" and plan.current is None):
        return {}
    if plan.action == "none" and plan.current is not None:
        shown = plan.current
    elif resource.module.check_mode:
        shown = _predicted(resource, plan)
    else:
        shown = _written(resource, run)
    return {**dict.fromkeys(resource.fields), **shown.document, **shown.computed, "tags": dict(shown.tags)}


def _predicted(resource: Reconciler[Read, Planned], plan: Planned) -> Current:
    plan = replace(plan, current=None) if plan.action == "replace" else plan
    known = plan.current.computed if plan.current else dict.fromkeys(resource.computed, KNOWN_AFTER_APPLY)
    return Current(plan.after, {**known, **resource.predict(plan)}, plan.tags_after)


def _written(resource: Reconciler[Read, Planned], run: Run[Read, Planned]) -> Current:
    """Read what was just written; some services show a new resource only after a moment."""
    for pause in (0, 1, 2, 4):
        time.sleep(pause)
        current = resource.read_back(run)
        if current is not None:
            return current
    raise AnsibleAWSError(message=f"{resource.label} was written but cannot be read; run again")
