# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""Judge the inventory's values before anything is touched. Pure: values in, sentences out."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from .rules import RULES, task
from .rules.numbers import as_int

Values = Mapping[str, Any]

# Inputs are compared with these so that a misspelled name is found, and another project's variable is left alone.
CLOSE = 0.8
VERY_CLOSE = 0.9

# AWX gives every job one of these as an extra variable; the second is its older name.
AWX_VARIABLES = frozenset({"awx_job_id", "tower_job_id"})


@dataclass(frozen=True)
class Undefined:
    """A value whose template did not resolve."""

    reason: str


@dataclass(frozen=True)
class Default:
    """What a role's input holds where the inventory does not set it, and the template that says so, if it is one."""

    value: Any
    template: str = ""

    def follows(self, names: Iterable[str]) -> list[str]:
        """Those of the names that the value follows from."""
        return sorted(set(re.findall(r"\w+", self.template)) & set(names))


@dataclass(frozen=True)
class Spec:
    """What one variable may hold."""

    name: str
    type: str = "str"
    elements: str | None = None
    required: bool = False
    filled: bool = False  # it may be left out, but not be empty: that would take the place of a default
    choices: tuple[Any, ...] = ()
    pattern: str = ""
    range: tuple[int, int] | None = None
    keys: tuple[str, ...] = ()
    form: str = ""

    @classmethod
    def make(cls, name: str, *parts: Mapping[str, Any]) -> Spec:
        """Return the spec that the parts make together; a later part wins."""
        merged: dict[str, Any] = {}
        for part in parts:
            merged |= {key: value for key, value in part.items() if key in cls.__dataclass_fields__}
        for key in ("choices", "keys"):
            merged[key] = tuple(merged.get(key) or ())
        if merged.get("range"):
            merged["range"] = tuple(merged["range"])
        return cls(name=name, **merged)

    @property
    def accepted(self) -> str:
        """The accepted form, for people."""
        if self.form:
            return self.form
        if self.range:
            return f"a whole number from {self.range[0]} to {self.range[1]}"
        if self.choices:
            kind = "a list of" if self.type == "list" else "one of"
            return f"{kind} {', '.join(str(choice) for choice in self.choices)}"
        kinds = {"bool": "true or false", "dict": "a map", "int": "a whole number", "list": "a list", "str": "a text"}
        return kinds.get(self.type, f"a {self.type}")


@dataclass(frozen=True)
class Known:
    """Every variable that there is, by name, and the prefixes of the roles.

    Only a deployment's variable can be required here: the rest of a role's inputs come from the playbook.
    ``given`` are inputs of roles that are no inventory values, each with what is set instead, or nothing.
    """

    deployment: Mapping[str, Spec]
    roles: Mapping[str, Spec]
    prefixes: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, name: object) -> bool:
        return name in self.deployment or name in self.roles

    @property
    def all_prefixes(self) -> tuple[str, ...]:
        """The prefix of the deployment's variables and those of the roles."""
        return ("mcp_server_", *self.prefixes)

    @property
    def settable(self) -> list[str]:
        """The variables that an operator sets, sorted."""
        return sorted({*self.deployment, *self.roles} - set(self.given))


def _shown(name: str, value: Any) -> str:
    if re.search(r"token|secret|password|_aws$|_conditions$|_headers$", name):
        return "a value that is not shown here"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool) or str(value).lower() in {"true", "false", "yes", "no", "on", "off", "1", "0"}


_KINDS: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str | int | float) and not isinstance(value, bool),
    "path": lambda value: isinstance(value, str),
    "int": lambda value: as_int(value) is not None,
    "bool": _is_bool,
    "list": lambda value: isinstance(value, list | tuple),
    "dict": lambda value: isinstance(value, Mapping),
}


def _right(spec: Spec, value: Any) -> bool:
    if not _KINDS[spec.type](value):
        return False
    items = value if spec.type == "list" else list(value.values()) if spec.type == "dict" else [value]
    if spec.type == "list" and spec.elements and not all(_KINDS[spec.elements](item) for item in items):
        return False
    if spec.choices and not all(str(item) in {str(choice) for choice in spec.choices} for item in items):
        return False
    if spec.pattern and not all(re.fullmatch(spec.pattern, str(item)) for item in items):
        return False
    if spec.range:
        number = as_int(value)
        return number is not None and spec.range[0] <= number <= spec.range[1]
    return True


def _value_problem(spec: Spec, value: Any) -> str | None:
    if value is None or value == "":
        if spec.filled:
            return f"{spec.name}: wanted {spec.accepted}; found nothing; leave it out where the default is right"
        return f"{spec.name}: wanted {spec.accepted}; found nothing" if spec.required else None
    if not _right(spec, value):
        return f"{spec.name}: wanted {spec.accepted}; found {_shown(spec.name, value)}"
    unknown = sorted(set(value) - set(spec.keys)) if spec.keys else []
    if unknown:
        return f"{spec.name}: wanted only the keys {', '.join(spec.keys)}; found {', '.join(unknown)}"
    return None


def _name_problems(names: Iterable[str], typed: Iterable[str], known: Known) -> Iterator[str]:
    """Yield a sentence for each variable that is misspelled or not for an inventory.

    Misspelled is every unknown name under the collection's prefix, a near miss, and what is typed for this run with
    nothing but the prefix left out: in an inventory such a name may be unrelated. AWX's extra variables are
    not typed by an operator where they have no prefix of the collection: see `unused`.
    """
    typed = set(typed)
    for name in sorted(known.given.keys() & set(names)):
        instead = known.given[name]
        yield f"{name}: the playbooks give it, so it is not set; {f'set {instead}' if instead else 'leave it out'}"
    for name in sorted(_unknown(names, known) - set(unused(names, typed, known))):
        meant = _meant(name, typed, known)
        if meant:
            yield f"{name}: there is no such variable; did you mean {' or '.join(meant)}?"
        elif name.startswith("mcp_server_"):
            yield f"{name}: there is no such variable; meta/inputs.yml lists those that begin with mcp_server_"


def unused(names: Iterable[str], typed: Iterable[str], known: Known) -> list[str]:
    """The extra variables of an AWX job that only look like inputs of the collection, sorted.

    AWX passes a job the extra variables of its workflow and of earlier jobs' set_stats, in addition to its own. A name
    without a prefix of the collection may be for another job, while at a terminal it is a mistake.
    """
    typed = set(typed)
    if not typed & AWX_VARIABLES:
        return []
    return sorted(
        name
        for name in _unknown(names, known) & typed
        if not name.startswith(known.all_prefixes) and _meant(name, typed, known)
    )


def _unknown(names: Iterable[str], known: Known) -> set[str]:
    return {name for name in names if name not in known and not name.startswith("_")}


def _meant(name: str, typed: Container[str], known: Known) -> list[str]:
    """The inputs that an unknown name may be meant to be."""
    cutoff = CLOSE if name.startswith(known.all_prefixes) else VERY_CLOSE
    close = get_close_matches(name, known.settable, n=1, cutoff=cutoff)
    if close or name not in typed:
        return close
    whole = [f"{prefix}{name}" for prefix in known.all_prefixes if f"{prefix}{name}" in known]
    return list(dict.fromkeys(filter(None, (known.given.get(one, one) for one in whole))))


def _template_problems(values: Values) -> Iterator[str]:
    """Yield a sentence for each cause of templates that do not resolve: one cause often has many victims."""
    victims: dict[str, list[str]] = {}
    for name, value in values.items():
        if isinstance(value, Undefined):
            victims.setdefault(value.reason, []).append(name)
    for reason, names in victims.items():
        yield f"{', '.join(sorted(names))}: the template does not resolve: {reason}"


def _default_problems(known: Known, defaults: Mapping[str, Default], faulty: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with a default that follows from values which are right by themselves."""
    for name, default in defaults.items():
        spec = known.roles.get(name) or known.deployment.get(name)
        if not default.template or spec is None or default.follows(faulty):
            continue
        # An empty one is for the playbook to fill.
        problem = _value_problem(replace(spec, filled=False), default.value)
        if problem:
            sources = " and ".join(default.follows(known.settable))
            yield f"{problem}, which follows from {sources}; set it, or correct that"


def problems(
    values: Values,
    names: Iterable[str],
    known: Known,
    defaults: Mapping[str, Default] | None = None,
    typed: Iterable[str] = (),
) -> list[str]:
    """Return every fault of an inventory, one sentence each, sorted; empty when it is right.

    ``values`` holds the known variables that are set, ``names`` every variable of the host, ``typed`` those among them
    that were given for this run alone, ``defaults`` what the roles' inputs hold without an inventory.
    """
    names = list(names)
    unset = {name: default for name, default in (defaults or {}).items() if name not in values}
    unresolved = {name for name, value in values.items() if isinstance(value, Undefined)}
    present = {name: value for name, value in values.items() if name not in unresolved}
    specs = [
        spec for name, spec in known.deployment.items() if name not in unresolved and (spec.required or name in present)
    ]
    specs += [spec for name, spec in known.roles.items() if name in present]
    wrong = {spec.name: problem for spec in specs if (problem := _value_problem(spec, present.get(spec.name)))}
    # What follows from a wrong value would be said twice.
    sound = {name: default for name, default in unset.items() if not default.follows({*wrong, *unresolved})}
    whole = _whole(values, sound)
    found = {
        *_name_problems(names, typed, known),
        *_template_problems(values),
        *wrong.values(),
        *_default_problems(known, unset, {*wrong, *unresolved}),
        *(problem for rule in RULES for problem in rule.problems(whole)),
    }
    return sorted(found)


def warnings(values: Values, defaults: Mapping[str, Default]) -> list[str]:
    """Return what of a right inventory will be wrong in some case, one sentence each."""
    return list(task.warnings(_whole(values, defaults)))


def _whole(values: Values, defaults: Mapping[str, Default]) -> dict[str, Any]:
    """The values that are set and resolve, and the defaults of all others."""
    unset = {name: default.value for name, default in defaults.items() if name not in values}
    return {**unset, **{name: value for name, value in values.items() if not isinstance(value, Undefined)}}
