# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse an invalid inventory before the first AWS call."""

from __future__ import annotations

import os
import re
import tempfile
import uuid
from collections.abc import Container, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars
from ansible_collections.quilt.mcp_server.plugins.plugin_utils import connection, dependencies
from ansible_collections.quilt.mcp_server.plugins.plugin_utils.given import given_inputs
from ansible_collections.quilt.mcp_server.plugins.plugin_utils.inputs import (
    Default,
    Known,
    Spec,
    Undefined,
    problems,
    unused,
    warnings,
)
from ansible_collections.quilt.mcp_server.plugins.plugin_utils.preload import preload

# libyaml's, where PyYAML has it: the specs of all roles are read in a tenth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
RESULT = re.compile(r"^  register: ([a-z]\w*)$", re.MULTILINE)
COLLECTION = Path(__file__).resolve().parents[2]


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    return loaded


def _role_specs(forms: Mapping[str, Any]) -> tuple[dict[str, Spec], list[str]]:
    """Return the inputs of all roles, and the prefixes of their names."""
    specs: dict[str, Spec] = {}
    prefixes = []
    for path in sorted(COLLECTION.glob("roles/*/meta/argument_specs.yml")):
        prefix = f"{path.parents[1].name}_"
        prefixes.append(prefix)
        for entry_point in _load(path)["argument_specs"].values():
            for name, option in entry_point["options"].items():
                # An empty value replaces the default, so it is right only where that is empty too.
                own = {"required": False, "filled": option.get("default") != ""}
                specs[name] = Spec.make(name, option, own, forms.get(name, {}))
    return specs, prefixes


def _registered() -> dict[str, Spec]:
    """The results that the roles register: set by the roles themselves, so they are known, and they are no inputs."""
    texts = (path.read_text(encoding="utf-8") for path in COLLECTION.glob("roles/*/tasks/*.yml"))
    return {name: Spec(name, type="dict") for text in texts for name in RESULT.findall(text)}


@cache
def _known() -> Known:
    """Every variable that there is, as the files of the collection say."""
    inputs = _load(COLLECTION / "meta" / "inputs.yml")
    deployment = {name: Spec.make(name, option) for name, option in (inputs["deployment"] | inputs["run"]).items()}
    roles, prefixes = _role_specs(inputs["roles"])
    playbooks = [*COLLECTION.glob("playbooks/*.yml"), *COLLECTION.glob("playbooks/tasks/*.yml")]
    given = given_inputs((_load(path) for path in sorted(playbooks)), [*deployment, *roles])
    return Known(deployment, {**_registered(), **roles}, tuple(prefixes), given)


@cache
def _raw_defaults() -> dict[str, Any]:
    """The defaults of all roles' inputs, not templated."""
    loader, raw = DataLoader(), dict[str, Any]()
    for path in sorted(COLLECTION.glob("roles/*/defaults/main.yml")):
        raw |= loader.load_from_file(str(path), trusted_as_template=True)
    return raw


# This is imported in the parent of all workers, by the first task of every playbook: once for all hosts.
_known()
_raw_defaults()
preload()


def _of_awx(names: list[str]) -> list[str]:
    """What a result says of AWX's extra variables that are not used."""
    text = f"extra variables of AWX that are no inputs of this collection are not used: {', '.join(names)}"
    return [text] if names else []


class ActionModule(ActionBase):
    """See the documentation in plugins/modules/check_inputs.py."""

    _requires_connection = False
    _VALID_ARGS: frozenset[str] = frozenset()

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return how many values were checked, or fail with all errors in one message."""
        super().run(tmp, task_vars)
        complaint = dependencies.complaint(dependencies.required(COLLECTION))
        if complaint:
            return {"failed": True, "changed": False, "msg": complaint}
        variables, known, defaults = task_vars or {}, _known(), _raw_defaults()
        of_host = variables["hostvars"][variables["inventory_hostname"]]
        # The play's variables have the defaults of its roles too, which the inventory did not set.
        given_values = {
            name for name, raw in variables.items() if name not in defaults or raw != defaults[name] or name in of_host
        }
        values = {name: self._value(variables[name]) for name in {*known.deployment, *known.roles} & given_values}
        names = [name for name in given_values if isinstance(name, str)]
        typed, unset = load_extra_vars(self._loader), self._defaults(defaults, given_values, variables)
        found = problems(values, names, known, unset, typed)
        if isinstance(values.get("mcp_server_aws"), Mapping):
            found += connection.problems(values["mcp_server_aws"], os.environ)
        if not found:
            # Not created before there is something to keep; modules of this run share it.
            snapshot = Path(tempfile.gettempdir()) / f"quilt-mcp-server-{uuid.uuid4()}.json"
            result = {"changed": False, "checked": len(values), "snapshot_file": str(snapshot)}
            said = [*_of_awx(unused(names, typed, known)), *warnings(values, unset)]
            return {**result, **({"warnings": said} if said else {})}
        host = variables.get("inventory_hostname", "this host")
        listing = "\n".join(f"- {fault}" for fault in found)
        title = f"The inventory of {host} has {len(found)} fault(s). Nothing was touched. Correct them and run again:"
        return {"failed": True, "changed": False, "msg": f"{title}\n{listing}"}

    def _defaults(
        self, raw: Mapping[str, Any], given: Container[str], variables: Mapping[str, Any]
    ) -> dict[str, Default]:
        """What the roles' inputs hold where they are not given; what does not resolve yet is left out."""
        templar = self._templar.copy_with_new_env(available_variables={**raw, **variables})
        found = {}
        for name, value in raw.items():
            if name in given:
                continue
            with suppress(AnsibleError):
                template = str(value) if "{{" in str(value) else ""
                found[name] = Default(templar.template(value) if template else value, template)
        return found

    def _value(self, raw: Any) -> Any:
        try:
            return self._templar.template(raw)
        except AnsibleError as error:
            return Undefined(str(error.message).splitlines()[0])
