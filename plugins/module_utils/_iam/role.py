# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An IAM role with its inline policies: how it is read, compared and written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from .._core.plan import Current, Plan, Reading
from .._core.problem import Problem
from .._core.refusal import InvalidParameters, Refused
from .._core.resource import ModelResource
from .._core.shapes import Document
from .._core.tags import tags_from
from .client import Roles
from .policy import canonical_policy, permissions_of, trusted_services

TRUST = "assume_role_policy_document"

ARGUMENTS: dict[str, Any] = {
    "role_name": {"type": "str", "required": True},
    "managed": {"type": "bool", "default": True},
    "path": {"type": "str"},
    "description": {"type": "str"},
    TRUST: {"type": "dict"},
    "permissions_boundary": {"type": "str"},
    "max_session_duration": {"type": "int"},
    "policies": {"type": "dict"},
}


class Role(ModelResource):
    """A role. `policies` are inline policies by name; those of other names are left alone."""

    kind = "IAM role"
    service = "iam"
    result_key = "role"
    identifier = "role_name"
    request = "CreateRole"
    fields = ("role_name", "path", "description", TRUST, "permissions_boundary", "max_session_duration", "policies")
    # The trust policy is a text in the model and a document here.
    set_separately = (TRUST, "policies")
    computed = ("arn", "role_id", "create_date")
    defaults: ClassVar[Mapping[str, Any]] = {"path": "/", "max_session_duration": 3600}
    immutable: ClassVar[Mapping[str, str]] = {
        "path": "leave path as it is, or create a role of another name and use that one"
    }

    @property
    def is_managed(self) -> bool:
        """Whether the role is this deployment's to write; otherwise it is only read."""
        return bool(self.params["managed"])

    @cached_property
    def roles(self) -> Roles:
        return Roles(self.client())

    def validate(self) -> None:
        problems = []
        if not self.params[TRUST]:
            problems.append(Problem(f"{TRUST} is empty", "a role cannot be without one", f"give {TRUST}"))
        if self.params["permissions_boundary"] == "":
            problems.append(
                Problem(
                    "permissions_boundary is empty",
                    "a boundary limits what the role may do",
                    "remove the boundary by hand, and leave permissions_boundary out",
                )
            )
        empty = [name for name, document in (self.params["policies"] or {}).items() if not document]
        problems += [
            Problem(f"policies.{name} is empty", "a policy needs a statement", "give it one, or leave the policy out")
            for name in empty
        ]
        if problems:
            raise InvalidParameters(*problems)

    # Reading

    def describe(self) -> Current | None:
        answer = self.roles.get(self.name)
        if answer is None:
            return None
        boundary = answer.pop("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        trust = answer.pop("AssumeRolePolicyDocument", {})
        tags = tags_from(answer.get("Tags", []))
        more = {TRUST: trust, "permissions_boundary": boundary, "policies": self._policies()}
        return self.current(answer, "Role", tags, **more)

    def _policies(self) -> Document:
        """The inline policies that are parameters; of a role that is only read its policies are not looked at."""
        wanted = self.params["policies"] or {}
        if not self.is_managed or self.params["state"] == "absent":
            return {}
        found = {name: self.roles.policy(self.name, name) for name in sorted(wanted)}
        return {name: document for name, document in found.items() if document is not None}

    def normalized(self, document: Mapping[str, Any]) -> Document:
        normal: Document = super().normalized(document)
        if TRUST in normal:
            normal[TRUST] = canonical_policy(normal[TRUST])
        normal["policies"] = {name: canonical_policy(one) for name, one in (normal.get("policies") or {}).items()}
        return normal

    # Planning

    def plan(self, reading: Reading) -> Plan:
        if self.is_managed:
            return super().plan(reading)
        current = reading.current
        if self.params["state"] == "absent":
            return Plan("none", current)
        if current is None:
            raise Refused(
                f"use {self.label}",
                Problem(
                    "there is no such role in this account",
                    "a role that is not managed must exist",
                    "correct role_name or the profile",
                ),
            )
        path = self.params["path"]
        if path and path != current.document["path"]:
            raise Refused(
                f"use {self.label}",
                Problem(
                    f"its path is {current.document['path']}, wanted is {path}",
                    "an account has one role of a name, so it is another role than the one that is meant",
                    "correct the path or the ARN",
                ),
            )
        lacking = sorted(trusted_services(self.params[TRUST]) - trusted_services(current.document[TRUST]))
        if lacking:
            names = ", ".join(lacking)
            raise Refused(
                f"use {self.label}",
                Problem(
                    f"its trust policy does not name {names}",
                    f"{names} could not assume the role",
                    f"have {names} added to the trust policy",
                ),
            )
        return Plan("none", current, after=current.document, warnings=tuple(self._needs()))

    def _needs(self) -> list[str]:
        """What a role that is only read must allow, which is not checked."""
        needs = [one for document in (self.params["policies"] or {}).values() for one in permissions_of(document)]
        return [f"{self.label} is left as it is. It must allow: {'; '.join(needs)}"] if needs else []

    def predict(self, plan: Plan) -> Document:
        if plan.current:
            return {}
        arn = self.arn(f"role{plan.after['path']}{self.name}")
        # IAM has no regions.
        parts = arn.split(":", 5)
        return {"arn": ":".join([*parts[:3], "", *parts[4:]]) if len(parts) > 5 else arn}

    # Writing

    def create(self, plan: Plan) -> None:
        trust = {"AssumeRolePolicyDocument": json.dumps(plan.after[TRUST])}
        self.roles.create({**self.request_for(plan.wanted), **trust}, plan.tags_after)
        self._write_policies(plan.after["policies"], {})

    def update(self, plan: Plan) -> None:
        if TRUST in plan.changes:
            self.roles.trust(self.name, plan.after[TRUST])
        if "permissions_boundary" in plan.changes:
            self.roles.bound(self.name, plan.after["permissions_boundary"])
        if {"description", "max_session_duration"} & plan.changes.keys():
            # UpdateRole replaces both: a description that is left out is removed.
            self.roles.update(
                {
                    "RoleName": self.name,
                    "Description": plan.after.get("description", ""),
                    "MaxSessionDuration": plan.after["max_session_duration"],
                }
            )
        if "policies" in plan.changes:
            self._write_policies(plan.after["policies"], plan.before["policies"])

    def _write_policies(self, policies: Document, there: Document) -> None:
        for name, document in policies.items():
            if there.get(name) != document:
                self.roles.put_policy(self.name, name, document)

    def delete(self, current: Current) -> None:
        self.roles.delete(self.name)

    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.roles.tag(self.name, tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.roles.untag(self.name, keys)
