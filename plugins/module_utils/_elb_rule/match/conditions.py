# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Rule conditions: from any spelling (a task's, either echo of DescribeRules) to one value to compare and to send."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Optional

from ..._core.problem import Problem
from ..._elb.fingerprints import CONFIGS as SECRET_CONFIGS
from ..._elb.fingerprints import fingerprint, is_fingerprint
from . import glob_pattern
from .glob_pattern import Glob

CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
CONFIG_OPTIONS = {kind: kind.replace("-", "_") + "_config" for kind in CONFIGS}  # the same in a task's spelling
REPEATABLE = ("http-header", "query-string")
WITH_REGEX = ("host-header", "path-pattern", "http-header")
MAX_VALUES = 5  # hard quota "Condition Values per Rule"
MAX_WILDCARDS = 5  # quota "Condition Wildcards per Rule", adjustable
MAX_LENGTH = 128
MAX_NAME_LENGTH = 40  # of a header name and of a method
FINGERPRINT_REASON = "results show it in place of a value of a header or a query string, which it does not give back"

Pair = tuple[Optional[str], str]


@dataclass(frozen=True)
class Condition:
    """One condition; two are equal exactly if they mean the same to the service.

    Values are sorted and without duplicates; those which the service compares without case are in lower case, networks
    are in their canonical form. A query-string value is a (key or None, value) pair.
    """

    field: str
    values: tuple[str | Pair, ...] = ()
    regexes: tuple[str, ...] = ()
    name: str = ""  # of the header, in lower case
    written: Mapping[str, Any] = dataclasses.field(default_factory=dict, compare=False, repr=False)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Asked for at every look into a cache."""
        return hash((self.field, self.values, self.regexes, self.name))

    @property
    def opaque(self) -> bool:
        """Whether its meaning cannot be decided: a regex, or values that an old botocore dropped from the reply."""
        return not self.values

    @cached_property
    def globs(self) -> tuple[Glob, ...]:
        """The values of a host, path or header condition as patterns; hosts and headers in lower case."""
        fold = self.field != "path-pattern"
        return tuple(glob_pattern.parse(value, fold=fold) for value in self.values if isinstance(value, str))

    @property
    def slot(self) -> tuple[str, str]:
        """The part of a request that it looks at."""
        return self.field, self.name

    @property
    def secret(self) -> bool:
        """Whether its values may be somebody's secret: those of headers and query strings."""
        return self.field in SECRET_CONFIGS

    @cached_property
    def _spelling(self) -> dict[str | Pair, str]:
        """Each value as it was written, which is what a fingerprint is made of."""
        written = self.written.get(CONFIGS.get(self.field, ""), {}).get("Values", ())
        return {
            _value(self.field, value): str(value.get("Value") or "" if isinstance(value, Mapping) else value)
            for value in written
        }

    def written_value(self, value: str | Pair) -> str:
        """The text of one of the values as it was written; of a pair that of its value."""
        return self._spelling.get(value, value if isinstance(value, str) else value[1])

    @property
    def written_texts(self) -> list[str]:
        """The texts of all values as they were written."""
        return [*map(self.written_value, self.values), *self.regexes]

    def _shown(self, value: str | Pair) -> str:
        """The text of a value for people: a fingerprint where it may be a secret."""
        return fingerprint(self.written_value(value)) if self.secret else str(value)

    @property
    def _shown_regexes(self) -> list[str]:
        return [fingerprint(regex) if self.secret else regex for regex in self.regexes]

    def document(self) -> dict[str, Any]:
        """For a result or a diff: field, http_header_name, and values or regex_values; secrets as fingerprints."""
        values = [
            self._shown(value) if isinstance(value, str) else {"key": value[0], "value": self._shown(value)}
            for value in self.values
        ]
        return {
            "field": self.field,
            **({"http_header_name": self.name} if self.name else {}),
            **({"regex_values": self._shown_regexes} if self.regexes else {"values": values}),
        }

    def text(self) -> str:
        """For messages, such as ``path-pattern /mcp, /mcp/*``; secrets as fingerprints."""
        keys = ["" if isinstance(value, str) or value[0] is None else f"{value[0]}=" for value in self.values]
        shown = [f"{key}{self._shown(value)}" for key, value in zip(keys, self.values, strict=True)]
        shown += [f"regex {regex}" for regex in self._shown_regexes]
        name = f" {self.name}" if self.name else ""
        return f"{self.field}{name} {', '.join(shown) or '(unknown values)'}"


def from_service(conditions: Iterable[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """Conditions in the service's spelling (CamelCase), with top-level ``Values``, a ``*Config``, or both."""
    return tuple(_from_service(condition) for condition in conditions)


def from_task(conditions: Iterable[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """Conditions in a task's spelling (snake_case), flat or with a ``*_config`` as the results show them."""
    return from_service(_renamed(condition) for condition in conditions)


def same(one: Iterable[Condition], other: Iterable[Condition]) -> bool:
    """Whether two rules ask the same: order and duplicates of conditions do not matter."""
    return frozenset(one) == frozenset(other)


def to_service(conditions: Iterable[Condition]) -> list[dict[str, Any]]:
    """What CreateRule and ModifyRule are sent: one form only (both are refused), values as they were written."""
    return [dict(condition.written) for condition in dict.fromkeys(conditions)]


def text(conditions: Iterable[Condition]) -> str:
    """All conditions of a rule for a message."""
    return "; ".join(condition.text() for condition in conditions) or "no conditions"


def _renamed(condition: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(condition.get("field") or "")
    config = {**condition, **_without_none(condition.get(CONFIG_OPTIONS.get(kind, "")) or {})}
    values = [_pair_of(value) if isinstance(value, Mapping) else value for value in config.get("values") or []]
    return {
        "Field": kind,
        CONFIGS.get(kind, "Config"): {
            "HttpHeaderName": config.get("http_header_name"),
            "Values": values,
            "RegexValues": config.get("regex_values"),
        },
    }


def _from_service(condition: Mapping[str, Any]) -> Condition:
    kind = str(condition.get("Field") or "")
    config = dict(condition.get(CONFIGS.get(kind, "")) or {})
    values = [_text(value) for value in config.get("Values") or condition.get("Values") or []]
    regexes = list(config.get("RegexValues") or condition.get("RegexValues") or [])
    name = str(config.get("HttpHeaderName") or "")
    if kind == "query-string":
        values = [value if isinstance(value, Mapping) else {"Value": str(value)} for value in values]
    parsed = {_value(kind, value): value for value in values}
    written: dict[str, Any] = {"HttpHeaderName": name} if name else {}
    if parsed:
        written["Values"] = list(parsed) if kind == "source-ip" else list(parsed.values())
    if regexes:
        written["RegexValues"] = list(dict.fromkeys(regexes))
    return Condition(
        field=kind,
        values=tuple(sorted(parsed, key=_order)),
        regexes=tuple(sorted(set(regexes))),
        name=name.lower(),
        written={"Field": kind, CONFIGS.get(kind, "Config"): written},
    )


def _value(kind: str, value: Any) -> str | Pair:
    if kind == "query-string":
        key = value.get("Key")
        return (str(key).lower() if key else None), str(value.get("Value") or "").lower()
    if kind == "source-ip":
        try:
            return str(ipaddress.ip_network(str(value), strict=False))
        except ValueError:
            return str(value)
    return str(value).lower() if kind in ("host-header", "http-header") else str(value)


def _without_none(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if item is not None}


def _pair_of(value: Mapping[str, Any]) -> dict[str, Any]:
    return _without_none({"Key": _text(value.get("key")), "Value": _text(value.get("value"))})


def _text(value: Any) -> Any:
    """Digits that YAML has read as a whole number as the text that they are."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _order(value: str | Pair) -> tuple[str, str]:
    return ("", value) if isinstance(value, str) else (value[0] or "", value[1])


# Judging what a task asks for, before any call


def problems(conditions: Sequence[Condition]) -> list[Problem]:
    """What the service would refuse; empty when there is nothing."""
    found = problems_of_each(conditions)
    total = number_of_values(conditions)
    if total > MAX_VALUES:
        found.append(
            Problem(
                f"the conditions have {total} values in all",
                f"a rule takes at most {MAX_VALUES}",
                "use wildcards, or two rules",
            )
        )
    return found


def number_of_values(conditions: Sequence[Condition]) -> int:
    """How many values a rule with these conditions has in all."""
    return sum(len(condition.values) + len(condition.regexes) for condition in dict.fromkeys(conditions))


def problems_of_each(conditions: Sequence[Condition]) -> list[Problem]:
    """What the service would refuse of these conditions in any rule; empty when there is nothing."""
    found = [
        Problem(
            f"condition field {kind} is given {count} times",
            "a rule takes it once",
            "put all values into one condition",
        )
        for kind, count in Counter(condition.field for condition in dict.fromkeys(conditions)).items()
        if count > 1 and kind not in REPEATABLE
    ]
    for condition in conditions:
        found += _problems(condition)
    return found


def _problems(condition: Condition) -> list[Problem]:
    kind, label = condition.field, condition.text()
    if kind not in CONFIGS:
        accepted = ", ".join(sorted(CONFIGS))
        return [Problem(f"condition field {kind!r}", "ELB has no such condition", f"use one of {accepted}")]
    found = []
    if not condition.values and not condition.regexes:
        found.append(Problem(f"condition {kind} has no value", "ELB refuses an empty condition", "give a value"))
    if condition.values and condition.regexes:
        both = f"condition {kind} has values and regex_values"
        found.append(Problem(both, "a condition has one kind of value", "give one of the two"))
    if condition.regexes and kind not in WITH_REGEX:
        only = f"only {', '.join(WITH_REGEX)} take them"
        found.append(Problem(f"condition {kind} has regex_values", only, "give values"))
    if kind == "http-header" and not 0 < len(condition.name) <= MAX_NAME_LENGTH:
        found.append(
            Problem(
                f"condition {label}: http_header_name has {len(condition.name)} characters",
                f"it must have 1 to {MAX_NAME_LENGTH} characters",
                "name the header in http_header_name",
            )
        )
    if kind != "http-header" and condition.name:
        found.append(
            Problem(
                f"condition {kind} has an http_header_name",
                "only http-header takes one",
                "leave it out, or use field http-header",
            )
        )
    if kind == "http-header" and condition.name == "host":
        found.append(
            Problem(
                f"condition {label} looks at the header host",
                "ELB has a condition of its own for the host",
                "use field host-header",
            )
        )
    limit = MAX_NAME_LENGTH if kind == "http-request-method" else MAX_LENGTH
    for value in [*_texts(condition), *condition.regexes]:
        if not 0 < len(value) <= limit:
            shown = "" if condition.secret else f" {value!r}"
            found.append(
                Problem(
                    f"condition {kind}: value{shown} has {len(value)} characters",
                    f"it must have 1 to {limit} characters",
                    "shorten it" if value else "leave it out",
                )
            )
    found += [
        Problem(
            f"condition {kind}: value {value} is a fingerprint",
            FINGERPRINT_REASON,
            "give the value itself",
        )
        for value in _fingerprints(condition)
    ]
    if kind == "source-ip":
        found += [
            Problem(f"condition source-ip: {value}", "it is not a CIDR block", "give a CIDR block such as 10.0.0.0/8")
            for value in _no_networks(condition)
        ]
    return found


def _texts(condition: Condition) -> list[str]:
    """The single texts of the values; the parts of a query-string pair are limited one by one."""
    texts: list[str] = []
    for value in condition.values:
        texts += [value] if isinstance(value, str) else [part for part in value if part is not None]
    return texts


def _fingerprints(condition: Condition) -> list[str]:
    texts = [*_texts(condition), *condition.regexes]
    return [text for text in texts if condition.secret and is_fingerprint(text)]


def _no_networks(condition: Condition) -> list[str]:
    wrong = []
    for value in condition.values:
        try:
            ipaddress.ip_network(str(value))
        except ValueError:
            wrong.append(str(value))
    return wrong


def lint(conditions: Sequence[Condition]) -> list[str]:
    """What the service accepts and the author probably did not mean, each as a sentence."""
    found: list[str] = []
    kinds = {condition.field for condition in conditions}
    for condition in conditions:
        if condition.field == "path-pattern":
            found += _lint_paths(
                [value for value in condition.values if isinstance(value, str)], "host-header" in kinds
            )
    wildcards = sum(text.count("*") + text.count("?") for condition in conditions for text in _wild_texts(condition))
    if wildcards > MAX_WILDCARDS:
        found.append(
            f"the conditions have {wildcards} wildcards; the quota of a rule is {MAX_WILDCARDS} unless it was raised"
        )
    return found


def _lint_paths(paths: Sequence[str], with_host: bool) -> list[str]:
    found = []
    for path in paths:
        parent = path.removesuffix("/*")
        globs = [glob for other in paths for glob in glob_pattern.parse_path(other)]
        if (
            path != parent
            and parent
            and not set("*?") & set(parent)
            and not any(glob.matches(parent) for glob in globs)
        ):
            found.append(f"path-pattern {path} does not match {parent} itself; add {parent} if it should")
        if with_host and glob_pattern.EVERY_PATH in glob_pattern.parse_path(path):
            found.append(f"path-pattern {path} matches every path; with host-header it can be left out")
        if not glob_pattern.parse_path(path):
            found.append(f"path-pattern {path} never matches: every path begins with /")
    return found


def _wild_texts(condition: Condition) -> list[str]:
    return [] if condition.field in ("http-request-method", "source-ip") else _texts(condition)
