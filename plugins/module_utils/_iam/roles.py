# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Several IAM roles together: all are read and planned before the first is written."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .._core.clients import Clients
from .._core.module import exit_with
from .._core.problem import ending_in
from .._core.reconciler import Run, complete, prepare
from .._core.refusal import InvalidParameters, Refused
from .._core.shapes import Document
from .role import Role

AT_ONCE = 4  # roles that are read; a boto3 client may be shared by threads
COMMON = ("state", "tags", "purge_tags", "require_tags", "leave_foreign")


class RoleModule:
    """The module as one of its roles sees it. `given` are that role's own parameters."""

    def __init__(self, module: Any, given: Mapping[str, Any]) -> None:
        self.client, self.warn, self.check_mode = module.client, module.warn, module.check_mode
        self.params = {**given, **{name: module.params[name] for name in COMMON}}


def run(module: Any) -> None:
    """Bring the roles to the state that the parameters ask for, and end the module."""
    exit_with(module, lambda: execute(module))


def execute(module: Any) -> Document:
    """Prepare all roles, then complete them one after the other. Raises Refused with every reason."""
    roles = {given["purpose"]: Role(RoleModule(module, given)) for given in module.params["roles"]}
    clients = Clients(module)
    clients(Role.service)  # before the threads that share it
    for role in roles.values():
        role.clients = clients
    prepared = _prepared(roles, module.params)
    results = {purpose: complete(roles[purpose], run) for purpose, run in prepared.items()}
    return {
        "changed": any(result["changed"] for result in results.values()),
        "diff": {
            moment: {roles[purpose].name: result["diff"][moment] for purpose, result in results.items()}
            for moment in ("before", "after")
        },
        "roles": {purpose: result["role"] for purpose, result in results.items()},
        "arns": {purpose: result["role"].get("arn", "") for purpose, result in results.items()},
    }


def _prepared(roles: Mapping[str, Role], params: Mapping[str, Any]) -> dict[str, Run[Any, Any]]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        prepared = dict(zip(roles, pool.map(_prepare, roles.values()), strict=True))
    refused = {purpose: found for purpose, found in prepared.items() if not isinstance(found, Run)}
    if refused:
        problems = [one.at(roles[purpose].label) for purpose, found in refused.items() for one in found.problems]
        hint = params["refusal_hint"]
        names = ", ".join(roles[purpose].name for purpose in refused)
        raise Refused(f"use the IAM roles {names}", *(ending_in(problems, hint) if hint else problems))
    return {purpose: found for purpose, found in prepared.items() if isinstance(found, Run)}


def _prepare(role: Role) -> Run[Any, Any] | Refused | InvalidParameters:
    try:
        return prepare(role)
    except (Refused, InvalidParameters) as refusal:
        return refusal
