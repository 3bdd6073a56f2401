# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The one way a resource of this collection is managed: read -> plan (pure) -> apply -> result.

A module describes its resource as a subclass of Resource and hands it to run(). docs/adding-a-resource.md shows how.
Nothing here is global: a module's main() may run in a process of its own or inside ansible-playbook's worker.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from ansible.module_utils.common.text.converters import to_native
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .calls import Stale, aws_call
from .compare import contains_unknown, normalise, overlay
from .plan import (
    Current,
    Plan,
    immutable_changes,
    listed,
    plan_absent,
    plan_present,
    refuse_foreign,
    refuse_immutable,
)
from .shapes import (
    KNOWN_AFTER_APPLY,
    Document,
    InvalidParameters,
    canonical,
    members,
    to_request,
    to_snake,
    without_empty,
)
from .tags import is_reserved, settable_tags

if TYPE_CHECKING:
    from botocore.model import ServiceModel, Shape


REPLACE = "replace"


def common_arguments(replaceable: bool = False) -> dict[str, Any]:
    """The options of every resource; documented by the fragments quilt.mcp_server.resource and .replaceable."""
    more = {REPLACE: {"type": "bool", "default": False}} if replaceable else {}
    return {
        **more,
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        "purge_tags": {"type": "bool", "default": False},
        "require_tags": {"type": "dict", "default": {}},
    }


class Resource(ABC):
    """A description of one kind of AWS resource, bound to the parameters of one run."""

    kind: ClassVar[str]
    """What an operator calls it: "log group"."""
    service: ClassVar[str]
    """The boto3 client's name."""
    result_key: ClassVar[str]
    """The key of the resource in the module's result."""
    identifier: ClassVar[str]
    """The parameter that names it."""
    request: ClassVar[str]
    """The operation that creates it; its input shape types and checks the parameters."""
    fields: ClassVar[Sequence[str]]
    """The parameters that are compared."""
    beside: ClassVar[Sequence[str]] = ()
    """Fields that other operations write, so the creating request does not know them."""
    facts: ClassVar[Sequence[str]] = ()
    """What only the service decides; in the result, never in the diff."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """What the service fills in, by dotted path."""
    unordered: ClassVar[Sequence[str]] = ()
    """Lists whose order means nothing, by dotted path."""
    immutable: ClassVar[Sequence[str]] = ()
    """Fields that AWS cannot change."""
    way_out: ClassVar[str] = "Delete it first (state: absent) and run again, or give the new one another name"
    """What the operator can do when such a field differs."""
    attempts: ClassVar[int] = 3
    """How often a plan is made when the world changes between read and write."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.params: Mapping[str, Any] = module.params
        self._clients: dict[str, Any] = {}

    # What a resource brings

    @abstractmethod
    def read(self) -> Current | None:
        """The resource as it is now, or None. `self.current()` makes it from the service's answer."""

    @abstractmethod
    def create(self, plan: Plan) -> None:
        """Create it from `plan.wanted` with `plan.tags_after`; everything of `beside` included."""

    @abstractmethod
    def update(self, plan: Plan) -> None:
        """Write `plan.changes` (never empty)."""

    @abstractmethod
    def delete(self, current: Current) -> None:
        """Delete it; that it is already gone is no failure."""

    @abstractmethod
    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        """Set these tags and leave the others."""

    @abstractmethod
    def untag(self, current: Current, keys: Sequence[str]) -> None:
        """Remove these tags."""

    # What a resource may refine

    def validate(self) -> None:  # noqa: B027  (most have nothing to add to the model)
        """Raise InvalidParameters for what can be refused before the first call."""

    def normalised(self, document: Mapping[str, Any]) -> Document:
        """A document as the service would echo it; applied to what is wanted and to what was read."""
        beside = {name: document[name] for name in self.beside if name in document}
        return normalise({**without_empty(document, self.request_shape), **beside}, self.defaults, self.unordered)

    def after(self, wanted: Document, current: Current | None) -> Document:
        """The whole document that will be there: unset fields keep their value."""
        return self.normalised(overlay(current.document, wanted) if current else wanted)

    def plan(self, current: Current | None) -> Plan:
        """Decide what to do. Makes no call that writes."""
        if self.params["state"] == "absent":
            return plan_absent(current)
        wanted = self.wanted()
        purge = self.params["purge_tags"] and self.params["tags"] is not None
        plan = plan_present(wanted, self.after(wanted, current), current, self.wanted_tags(), purge)
        stuck = self.stuck(plan)
        if stuck and self.params.get(REPLACE):
            return self._replacement(wanted, plan, stuck)
        offer = f". {REPLACE}: true deletes it and creates it again in one run" if REPLACE in self.params else ""
        refuse_immutable(self.label, stuck, f"{self.way_out}{offer}")
        return plan

    def stuck(self, plan: Plan) -> dict[str, tuple[Any, Any]]:
        """The changes of a plan that AWS cannot make, with the values before and after."""
        return immutable_changes(plan, self.immutable)

    def _replacement(self, wanted: Document, plan: Plan, stuck: Mapping[str, tuple[Any, Any]]) -> Plan:
        """Delete and create again, from the parameters alone: what fitted the old one may not fit the new one."""
        warning = f"AWS cannot change {listed(stuck)}: {self.label} is deleted and created again"
        after = self.after(wanted, None)
        return Plan("replace", plan.current, wanted, after, settable_tags(plan.tags_after), warnings=(warning,))

    def predict(self, plan: Plan) -> Document:
        """Facts of a resource that check mode would create or change; the others become `known-after-apply`."""
        return {}

    def apply(self, plan: Plan) -> None:
        """Make the plan true."""
        if plan.current is not None and plan.action in ("delete", "replace"):
            self.delete(plan.current)
        if plan.action in ("create", "replace"):
            self.create(plan)
        elif plan.current is not None and plan.action == "update":
            if plan.changes:
                self.update(plan)
            if plan.set_tags:
                self.tag(plan.current, plan.set_tags)
            if plan.unset_tags:
                self.untag(plan.current, plan.unset_tags)

    def finish(self, plan: Plan) -> Document:
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
        service = service or self.service
        if service not in self._clients:
            self._clients[service] = self.module.client(service)
        return self._clients[service]

    @property
    def model(self) -> ServiceModel:
        model: ServiceModel = self.client().meta.service_model
        return model

    @property
    def request_shape(self) -> Shape:
        return self.shape_of(self.request)

    def shape_of(self, operation: str) -> Shape:
        """The input shape of an operation."""
        return cast("Shape", self.model.operation_model(operation).input_shape)

    def wanted(self) -> Document:
        """The given parameters, checked and typed by the service model; an unset one is not in it."""
        given = {name: _without_none(self.params[name]) for name in self.fields if self.params.get(name) is not None}
        beside = {name: given.pop(name) for name in self.beside if name in given}
        return {**canonical(given, self.request_shape), **beside}

    def wanted_tags(self) -> dict[str, str] | None:
        """The tags to set, the owner's included, or None when tags are to be left alone."""
        tags, required = self.params["tags"], self.params["require_tags"]
        if tags is None and not required:
            return None
        return {str(key): to_native(value) for key, value in {**required, **(tags or {})}.items()}

    def current(self, answer: Mapping[str, Any], shape: str, tags: Mapping[str, str], **more: Any) -> Current:
        """What was read, from a service's answer of the named shape; `more` are further fields or facts (canonical)."""
        described = {**to_snake(answer, self.model.shape_for(shape)), **more}
        document = self.normalised({name: described[name] for name in self.fields if name in described})
        return Current(document, {name: described.get(name) for name in self.facts}, dict(tags))

    def request_for(self, document: Mapping[str, Any], operation: str = "") -> Document:
        """The members of a document that an operation takes, in the API's names."""
        return to_request(document, self.shape_of(operation or self.request))

    def arn(self, resource: str, service: str = "") -> str:
        """The ARN that the resource will have, `known-after-apply` when the account cannot be told."""
        meta = self.client().meta
        if self.account_id == KNOWN_AFTER_APPLY:
            return KNOWN_AFTER_APPLY
        return f"arn:{meta.partition}:{service or self.service}:{meta.region_name}:{self.account_id}:{resource}"

    @cached_property
    def account_id(self) -> str:
        """The account of the credentials; `known-after-apply` when they may not ask."""
        try:
            return _account_id(self.client("sts"))
        except AnsibleAWSError:
            return KNOWN_AFTER_APPLY


def run(module: Any, kind: type[Resource]) -> None:
    """Bring the resource to the state its parameters ask for, and end the module."""
    try:
        result = execute(kind(module))
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    else:
        module.exit_json(**result)


def execute(resource: Resource) -> Document:
    """Read, plan and (outside check mode) apply; again when the world changed in between. Returns the result."""
    _refuse_nonsense(resource)
    first = plan = _read_and_plan(resource)
    attempt = 1
    while plan.changed and not resource.module.check_mode:
        try:
            resource.apply(plan)
            break
        except Stale:
            if attempt == resource.attempts:
                raise
        attempt += 1
        plan = _read_and_plan(resource)
    for warning in dict.fromkeys(plan.warnings):
        resource.module.warn(warning)
    return {
        "changed": first.changed,
        "diff": {"before": first.diff["before"], "after": plan.diff["after"]},
        resource.result_key: _described(resource, plan),
        **resource.finish(plan),
    }


def _read_and_plan(resource: Resource) -> Plan:
    current = resource.read()
    refuse_foreign(resource.label, current, resource.params["require_tags"])
    return resource.plan(current)


def _refuse_nonsense(resource: Resource) -> None:
    """Everything that is wrong with the parameters alone, before the first call."""
    problems = _wrong_tags(resource.params["tags"] or {}, resource.params["require_tags"])
    if resource.params["state"] == "present":
        try:
            _check_parameters(resource)
        except InvalidParameters as error:
            problems.append(error.message)
    if problems:
        raise InvalidParameters(message="; ".join(problems))


def _wrong_tags(tags: Mapping[str, Any], required: Mapping[str, Any]) -> list[str]:
    clash = [key for key, value in required.items() if tags.get(key, value) != value]
    reserved = [str(key) for key in {**required, **tags} if is_reserved(str(key))]
    problems = [f"tags and require_tags disagree about {', '.join(clash)}"] if clash else []
    if reserved:
        problems.append(f"{', '.join(reserved)}: keys that begin with aws: are AWS's own; give these tags another name")
    return problems


def _check_parameters(resource: Resource) -> None:
    params = resource.params
    known = members(resource.request_shape)
    missing = [n for n in resource.fields if n not in resource.beside and n not in known and params[n] is not None]
    if missing:
        raise InvalidParameters(
            message=f"{', '.join(missing)}: not known to the installed botocore; upgrade boto3 and botocore"
        )
    unknown = [name for name, value in resource.wanted().items() if contains_unknown(value)]
    if unknown and not resource.module.check_mode:
        raise InvalidParameters(
            message=f"{', '.join(unknown)}: {KNOWN_AFTER_APPLY!r} is what check mode predicts and cannot be written"
        )
    resource.validate()


def _described(resource: Resource, plan: Plan) -> Document:
    """The resource as the result shows it: the same keys whether it is there, was written, or would be."""
    if plan.action == "delete" or (plan.action == "none" and plan.current is None):
        return {}
    if plan.action == "none" and plan.current is not None:
        document, facts, tags = plan.current.document, plan.current.facts, plan.current.tags
    elif resource.module.check_mode:
        plan = replace(plan, current=None) if plan.action == "replace" else plan
        known = plan.current.facts if plan.current else dict.fromkeys(resource.facts, KNOWN_AFTER_APPLY)
        document, facts, tags = plan.after, {**known, **resource.predict(plan)}, plan.tags_after
    else:
        written = _read_back(resource)
        document, facts, tags = written.document, written.facts, written.tags
    return {**dict.fromkeys(resource.fields), **document, **facts, "tags": dict(tags)}


def _read_back(resource: Resource) -> Current:
    """Read what was just written; some services show a new resource only after a moment."""
    for pause in (0, 1, 2, 4):
        time.sleep(pause)
        current = resource.read()
        if current is not None:
            return current
    raise AnsibleAWSError(message=f"{resource.label} was written but cannot be read; run again")


def _without_none(value: Any) -> Any:
    """Ansible fills every unset suboption with None."""
    if isinstance(value, Mapping):
        return {name: _without_none(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value


@aws_call("ask which account the credentials belong to")
def _account_id(sts: Any) -> str:
    account: str = sts.get_caller_identity()["Account"]
    return account
